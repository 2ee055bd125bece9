"""The proofs: each promise of the design with what was counted, in one table at the end (`make proof`)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

_PROPERTY = "promise"

Promised = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full` runs what takes longer than a test suite may."""
    parser.addoption("--full", action="store_true", help="the proofs in full: all seeds, loads and sabotages")
    parser.addoption("--minutes", type=float, help="how long the week of use takes; a day of seconds by default")
    parser.addoption("--seed", type=int, help="what happens in the week of use; 1 by default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.proof)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the proofs run in full."""
    return bool(request.config.getoption("--full", default=False))


@pytest.fixture
def promised(record_property: Callable[[str, object], None]) -> Promised:
    """`promised("no change is lost", cases=5, lost=0)` says what a test looked at; the verdict is the test's own."""

    def promised(promise: str, *, cases: int, lost: int | None = None, doubled: int | None = None) -> None:
        record_property(_PROPERTY, json.dumps([promise, cases, lost, doubled]))

    return promised


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints promise, cases, lost, doubled, verdict."""
    table = Table("promise", "cases", "lost", "doubled", "verdict", title="Proof", box=None, title_justify="left")
    for verdict in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(verdict, []):
            if report.when == "call" or verdict != "passed":
                for row in _rows(report, verdict):
                    table.add_row(*row)
    if table.row_count:
        Console(width=160).print(table)


def _rows(report: Any, verdict: str) -> list[list[str]]:
    told = [json.loads(value) for name, value in report.user_properties if name == _PROPERTY]
    verdict = {"passed": "holds"}.get(verdict, "BROKEN")
    if not told and verdict == "BROKEN" and "tests/proof" in report.nodeid:
        told = [[report.nodeid.rpartition("::")[2], "", None, None]]
    return [[promise, str(cases), _shown(lost), _shown(doubled), verdict] for promise, cases, lost, doubled in told]


def _shown(count: int | None) -> str:
    return "-" if count is None else str(count)
