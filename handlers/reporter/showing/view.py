"""The content of a report in any form: the report, compared with earlier runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from handlers.reporter.report import GroupReport, Past, Report, Row, Table


class Point(NamedTuple):
    """A total of the history."""

    at: datetime
    total: int


class GroupView(NamedTuple):
    """A group and how it compares."""

    group: GroupReport
    tables: Sequence[Table[Row]]
    """Its tables, compared."""
    gone: list[str]
    """Tables that the last report had and this one lacks, as far as the last row tells."""
    history: Sequence[Point]
    """The totals up to this report's, oldest first."""
    change: int | None
    """The total minus the last report's; None for the first report."""

    @property
    def since(self) -> datetime:
        """The time of the last report; this one's if there is none."""
        return self.history[-2 if len(self.history) > 1 else -1].at


class View(NamedTuple):
    """A report and how it compares."""

    at: datetime
    """The scheduled time."""
    environment: str
    groups: Sequence[GroupView]
    location: str
    """Of its page."""

    @property
    def total(self) -> int:
        """The items of all groups."""
        return sum(view.group.total for view in self.groups)

    @property
    def table_count(self) -> int:
        """The number of tables of all groups."""
        return sum(len(view.tables) for view in self.groups)

    @property
    def approximate(self) -> bool:
        """Whether any count is approximate."""
        return any(view.group.approximate for view in self.groups)


def compare(report: Report, histories: Mapping[str, Sequence[Past]], location: str) -> View:
    """Compares a report with its past.

    Args:
        report: the report.
        histories: group name -> its rows before the report, oldest first; a group may be missing.
        location: of the report's page.
    """
    at = datetime.fromisoformat(report.generated_at)
    groups = [_group(group, histories.get(group.name, ()), at) for group in report.groups]
    return View(at=at, environment=report.environment, groups=groups, location=location)


def _group(group: GroupReport, history: Sequence[Past], at: datetime) -> GroupView:
    last = history[-1] if history else None
    current = group.counts
    largest = max(current.values(), default=0)
    return GroupView(
        group=group,
        tables=[_table(table, last, largest) for table in group.tables],
        gone=sorted((last.tables if last else {}).keys() - {table.name for table in group.tables}),
        history=[Point(datetime.fromisoformat(past.generated_at), past.total) for past in history]
        + [Point(at, group.total)],
        change=group.total - last.total if last else None,
    )


def _table(table: Table[Row], last: Past | None, largest: int) -> Table[Row]:
    before = last.tables.get(table.name) if last else None
    return table._replace(
        change=None if before is None else table.total - before,
        new=last is not None and before is None and not last.truncated,
        share=table.total / largest if largest else 0.0,
    )
