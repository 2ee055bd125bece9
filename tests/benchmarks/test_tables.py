from benchmarks import tables
from benchmarks.measure import Sample
from benchmarks.verdicts import figures
from benchmarks.workloads import Contender, Goal, Workload

GOALS = (Goal("peer", 1 / 10, "1/10"), Goal("peer", 1 / 30, "1/30"))
WORKLOAD = Workload("work", "rows", (Contender("Sluice", "a.b"), Contender("peer", "a.c")), GOALS)
START = Workload("start", "start", (Contender("Sluice", "a.b"),))
TAKEN = {"Sluice": [Sample(1000, 0.01, 0.5, 20.0)], "peer": [Sample(1000, 0.2, 1.5, 50.0)]}


def rendered(**more) -> dict[str, list[list[str]]]:
    """The cells of each row by the heading above."""
    results = {
        "machine": {"processor": "P", "cores": 2, "python": "3", "load": {"median": 2.0, "low": 1.6, "high": 9.0}},
        "rounds": 1,
        "start_rounds": 1,
        "workloads": [],
        "single": [],
        "capacities": [],
        "growth": [],
        "embedded": [],
        "costs": [],
        "not_measured": [],
        **more,
    }
    sections = tables.render(results).split("### ")[1:]
    return {
        section.partition("\n")[0]: [
            [cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| ")
        ]
        for section in sections
    }


def test_a_peer_is_shown_as_so_many_times_sluice():
    rows = rendered(workloads=[figures(WORKLOAD, TAKEN, 0)])["Side by side"][2:]
    assert rows == [
        ["**work**, 1,000 rows", "Sluice", "10.0", "10.0 to 10.0", "", "0.50", "20"],
        ["", "peer", "200", "200 to 200", "20.0 x", "1.50", "50"],
    ]


def test_a_start_is_shown_in_milliseconds_of_one():
    taken = {"Sluice": [Sample(1, 0.064, 0.05, 20.0)]}
    (row,) = rendered(workloads=[figures(START, taken, 0)])["Side by side"][2:]
    assert row[:3] == ["**start**", "Sluice", "64.0"]


def test_a_goal_is_met_or_stands_out():
    rows = rendered(workloads=[figures(WORKLOAD, TAKEN, 0)])["Goals"][2:]
    assert [row[2:] for row in rows] == [["1/20.0", "met"], ["1/20.0", "**missed**"]]


def test_what_the_embedded_cloud_did_is_sorted_by_rows():
    found = [
        {"workers": count, "rows": rows, "seconds": 1.0, "peak_mb": 35.0} for count in (1, 2) for rows in (10, 100)
    ]
    shown = rendered(embedded=found)["How an import grows, embedded cloud"][2:]
    assert [row[:2] for row in shown] == [["10", "1"], ["10", "2"], ["100", "1"], ["100", "2"]]


def test_what_was_not_measured_leaves_no_empty_table():
    assert "How an import grows, embedded cloud" not in rendered()
