"""The report: its JSON, which is the record of a run, and what the other outcomes read from that JSON.

    {"generated_at", "environment", "groups": {"RA": {"label", "total", "tables": [
        {"name", "count", "approximate", "items": [{"name", "date", "key"}], "items_truncated"}]}}}

A name and a date are as the item has them (cut after a thousand characters), null where it has none; a key is an
object, attribute -> value. A table that could not be read has a `status` too: DynamoDB's (`CREATING`, `DELETING`, ...),
`VANISHED`, `UNREADABLE` or `FAILED`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Generic, NamedTuple, TypeVar

from handlers.reporter.counting.newest import Item
from handlers.reporter.settings import Group

VANISHED = "VANISHED"
"""The status of a table that was listed and is gone."""

UNREADABLE = "UNREADABLE"
"""The status of a table that may not be read: its description or its items were refused, and will be again."""

FAILED = "FAILED"
"""The status of a table whose reading ended in an outage; a repeated run reads it anew."""

_T = TypeVar("_T")

_ABSENT = ("CREATING", "DELETING", VANISHED)
# What DynamoDB calls tables whose key it may not use; after a week it archives them.
_LOCKED = (UNREADABLE, "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED")


class DamagedReportError(ValueError):
    """What is stored as a report is none: somebody wrote or cut it by hand."""


class Row(NamedTuple):
    """An item as the report lists it; values as `json` reads them, None where there is none."""

    name: Any
    date: Any
    key: Mapping[str, Any]


class Table(NamedTuple, Generic[_T]):
    """A table as the report lists it; its items are `Item` as they were counted, and `Row` as the JSON has them."""

    name: str
    total: int
    """Its items; DescribeTable's count, or more where more were seen, if approximate."""
    approximate: bool = False
    """Whether it was not read to its end."""
    items: Sequence[_T] = ()
    """The newest first; a sample if approximate."""
    status: str | None = None
    """Why it was not read to its end, or at all; None where nothing came in between."""
    change: int | None = None
    """Its total less the last report's; None where there is nothing to compare with, and before it is compared."""
    new: bool = False
    """Whether there is a last report and the table is not in it; False where the last row lacks tables."""
    share: float = 0.0
    """Its total as a part of the group's largest, 0 to 1."""

    @property
    def items_truncated(self) -> bool:
        """Whether it has more items than are listed."""
        return len(self.items) < self.total

    @property
    def locked(self) -> bool:
        """Whether it is there and may not be read."""
        return self.status in _LOCKED

    @property
    def unread(self) -> bool:
        """Whether there is no total to show."""
        return self.status is not None and not self.total

    @property
    def moved(self) -> int:
        """The change that is worth showing; 0 for none."""
        return 0 if self.unread else self.change or 0


class GroupReport(NamedTuple):
    """A group as the report lists it."""

    name: str
    label: str
    total: int
    tables: Sequence[Table[Row]]

    @property
    def approximate(self) -> bool:
        """Whether some table's total, and so the group's, is approximate."""
        return any(table.approximate for table in self.tables)

    @property
    def counts(self) -> dict[str, int]:
        """Table -> total, of the tables that are there: not those being made, being deleted or gone."""
        return {table.name: table.total for table in self.tables if table.status not in _ABSENT}


class Past(NamedTuple):
    """A group's row of an earlier run."""

    generated_at: str
    """The scheduled time of the run."""
    total: int
    """The items of all its tables."""
    tables: Mapping[str, int]
    """Table -> total."""
    truncated: bool = False
    """Whether the row had no room for all tables, so that one that it lacks may have been there."""


class Report(NamedTuple):
    """A report as read from its JSON."""

    generated_at: str
    environment: str
    groups: Sequence[GroupReport]


def render(
    generated_at: str, environment: str, groups: Sequence[Group], tables: Mapping[str, Sequence[Table[Item]]]
) -> bytes:
    """Writes the report's JSON; numbers keep the digits that DynamoDB sent.

    Args:
        generated_at: the scheduled time.
        environment: the environment's name.
        groups: the groups, in the order of the settings.
        tables: group name -> its tables, in the order of the report.
    """
    members = ",".join(f"{quoted(group.name)}:{_group(group, tables[group.name])}" for group in groups)
    text = f'{{"generated_at":{quoted(generated_at)},"environment":{quoted(environment)},"groups":{{{members}}}}}\n'
    return text.encode("ascii")


def parse(body: bytes) -> Report:
    """Reads a report from its JSON; fractions stay text, so that they are shown with the digits that they have.

    Raises:
        DamagedReportError: it is no report.
    """
    try:
        report = json.loads(body, parse_float=str)
        if datetime.fromisoformat(report["generated_at"]).tzinfo is None:
            raise ValueError("generated_at has no offset")
        return Report(
            generated_at=report["generated_at"],
            environment=_a(str, report["environment"]),
            groups=[_parsed_group(name, group) for name, group in report["groups"].items()],
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedReportError(f"{type(error).__name__}: {error}") from error


def _group(group: Group, tables: Sequence[Table[Item]]) -> str:
    total = sum(table.total for table in tables)
    return f'{{"label":{quoted(group.label)},"total":{total},"tables":[{",".join(map(_table, tables))}]}}'


def _table(table: Table[Item]) -> str:
    fields = {
        "name": quoted(table.name),
        "count": str(table.total),
        "approximate": json.dumps(table.approximate),
        "items": f"[{','.join(item.json() for item in table.items)}]",
        "items_truncated": json.dumps(table.items_truncated),
    }
    if table.status:
        fields["status"] = quoted(table.status)
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _parsed_group(name: str, group: dict[str, Any]) -> GroupReport:
    tables = [_parsed_table(table) for table in group["tables"]]
    return GroupReport(name=name, label=_a(str, group["label"]), total=_a(int, group["total"]), tables=tables)


def _parsed_table(table: dict[str, Any]) -> Table[Row]:
    return Table(
        name=_a(str, table["name"]),
        total=_a(int, table["count"]),
        approximate=_a(bool, table["approximate"]),
        items=[Row(item["name"], item["date"], _a(dict, item["key"])) for item in table["items"]],
        status=_a(str, table["status"]) if "status" in table else None,
    )


def _a(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:  # True is no number here
        raise TypeError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value
