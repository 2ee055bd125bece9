"""docs/performance.md shows what the benchmark measures now; its figures are those of one run."""

from benchmarks.workloads import COLD_STARTS, WORKLOADS
from tests.docs.markdown import ROOT

PAGE = (ROOT / "docs/performance.md").read_text()


def test_every_workload_and_contender_has_its_row():
    rows = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| ")]
    shown, title = set(), ""
    for first, contender in rows:
        title = first.strip().partition("**, ")[0].strip("* ") or title
        shown.add((title, contender.strip()))
    wanted = {
        (workload.title, contender.name) for workload in (*WORKLOADS, *COLD_STARTS) for contender in workload.contenders
    }
    assert wanted <= shown


def test_every_goal_has_its_verdict():
    for workload in (*WORKLOADS, *COLD_STARTS):
        for goal in workload.goals:
            assert f"at most {goal.said} of {goal.peer}" in PAGE, workload.title
