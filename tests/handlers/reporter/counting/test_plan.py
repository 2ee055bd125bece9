from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.counting.plan import Description, plan

MEGABYTE = 1 << 20


def table(name: str, megabytes: float) -> Description:
    return Description(name, "ACTIVE", int(megabytes * MEGABYTE), 1)


def test_tables_within_the_budget_are_read_to_their_end_the_smallest_first() -> None:
    readings = plan([table("big", 2), table("small", 0), table("middle", 1)], 400)
    assert [(reading.table.name, reading.units) for reading in readings] == [
        ("small", None),
        ("middle", None),
        ("big", None),
    ]


def test_tables_beyond_the_budget_share_what_the_smaller_ones_leave() -> None:
    readings = plan([table("a", 100), table("b", 200), table("small", 1)], 1128)
    assert [(reading.table.name, reading.units) for reading in readings] == [("small", None), ("a", 500), ("b", 500)]


def test_tables_for_which_nothing_is_left_are_not_read() -> None:
    readings = plan([table("a", 1), table("b", 9)], 128)
    assert [(reading.table.name, reading.segments) for reading in readings] == [("a", 1), ("b", 0)]


def test_large_tables_are_read_in_more_segments_but_eight_at_most() -> None:
    readings = plan([table("a", 1), table("b", 12), table("c", 1000)], 10**9)
    assert [reading.segments for reading in readings] == [1, 3, 8]


def test_a_small_share_of_a_large_table_is_read_in_one_segment() -> None:
    [reading] = plan([table("a", 1000)], 300)
    assert (reading.segments, reading.units) == (1, 300)


def test_no_tables_need_no_plan() -> None:
    assert plan([], 100) == []


@given(st.lists(st.integers(0, 10**10), max_size=30), st.integers(1, 10**7))
def test_a_plan_never_exceeds_the_budget_and_forgets_no_table(sizes: list[int], budget: int) -> None:
    readings = plan([Description(str(at), "ACTIVE", size) for at, size in enumerate(sizes)], budget)
    assert sorted(int(reading.table.name) for reading in readings) == list(range(len(sizes)))
    planned = sum(
        max(reading.table.size_bytes / 8192, 0.5) if reading.units is None else reading.units for reading in readings
    )
    assert planned <= budget * (1 + 1e-9)
