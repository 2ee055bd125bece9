"""What a reader of a report sees, whatever the form: the report, compared with the runs before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.reporter.report import GroupReport, Past, Report, Table


@dataclass(frozen=True)
class TableView:
    """A table and how it compares.

    Attributes:
        table: the table.
        change: its count less the last report's; None where there is nothing to compare with.
        new: whether there is a last report and the table is not in it; False where the last row lacks tables.
        share: its count as a part of the group's largest, 0 to 1.
    """

    table: Table
    change: int | None
    new: bool
    share: float

    @property
    def unread(self) -> bool:
        """Whether there is no count to show."""
        return self.table.status is not None and not self.table.count

    @property
    def moved(self) -> int:
        """The change that is worth showing; 0 for none."""
        return 0 if self.unread else self.change or 0


@dataclass(frozen=True)
class Point:
    """A total of the history."""

    at: datetime
    total: int


@dataclass(frozen=True)
class GroupView:
    """A group and how it compares.

    Attributes:
        group: the group.
        tables: its tables.
        gone: tables that the last report had and this one has not, as far as the last row tells.
        history: the totals up to this report's, oldest first.
        change: the total less the last report's; None for the first report.
    """

    group: GroupReport
    tables: Sequence[TableView]
    gone: list[str]
    history: Sequence[Point]
    change: int | None

    @property
    def since(self) -> datetime:
        """The time of the last report; this one's where there is none."""
        return self.history[-2 if len(self.history) > 1 else -1].at


@dataclass(frozen=True)
class View:
    """A report and how it compares.

    Attributes:
        at: the time that it stands for.
        environment: the environment's name.
        groups: its groups.
        location: where its page lies.
    """

    at: datetime
    environment: str
    groups: Sequence[GroupView]
    location: str

    @property
    def total(self) -> int:
        """All items of all groups."""
        return sum(view.group.total for view in self.groups)

    @property
    def table_count(self) -> int:
        """All tables of all groups."""
        return sum(len(view.tables) for view in self.groups)

    @property
    def approximate(self) -> bool:
        """Whether some count is approximate."""
        return any(view.group.approximate for view in self.groups)


def compare(report: Report, histories: Mapping[str, Sequence[Past]], location: str) -> View:
    """Compares a report with its past.

    Args:
        report: the report.
        histories: group name -> its rows before the report, oldest first; a group may be missing.
        location: where the report's page lies.
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


def _table(table: Table, last: Past | None, largest: int) -> TableView:
    before = last.tables.get(table.name) if last else None
    return TableView(
        table=table,
        change=None if before is None else table.count - before,
        new=last is not None and before is None and not last.truncated,
        share=table.count / largest if largest else 0.0,
    )
