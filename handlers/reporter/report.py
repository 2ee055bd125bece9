"""The report: its JSON, which is the record of a run, and what the other outcomes read from that JSON.

    {"generated_at", "environment", "groups": {"RA": {"label", "total", "tables": [
        {"name", "count", "approximate", "items": [{"name", "date", "key"}], "items_truncated"}]}}}

A name and a date are as the item has them (cut after a thousand characters), null where it has none; a key is an
object, attribute -> value. A table that could not be read has a `status` too: DynamoDB's (`CREATING`, `DELETING`, ...),
`VANISHED`, `UNREADABLE` or `FAILED`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, TypeVar

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


@dataclass(frozen=True)
class TableRead:
    """What a run knows of one table.

    Attributes:
        name: the table.
        count: its items; DescribeTable's count, or more where more were seen, if approximate.
        approximate: whether it was not read to its end.
        items: the newest first; a sample if approximate.
        status: why it was not read to its end, or at all; None where nothing came in between.
    """

    name: str
    count: int
    approximate: bool = False
    items: Sequence[Item] = ()
    status: str | None = None


@dataclass(frozen=True)
class Row:
    """An item as the report lists it; values as `json` reads them, None where there is none."""

    name: Any
    date: Any
    key: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table as the report lists it."""

    name: str
    count: int
    approximate: bool
    items: Sequence[Row]
    items_truncated: bool
    status: str | None = None

    @property
    def locked(self) -> bool:
        """Whether it is there and may not be read."""
        return self.status in _LOCKED


@dataclass(frozen=True)
class GroupReport:
    """A group as the report lists it."""

    name: str
    label: str
    total: int
    tables: Sequence[Table]

    @property
    def approximate(self) -> bool:
        """Whether some table's count, and so the total, is approximate."""
        return any(table.approximate for table in self.tables)

    @property
    def counts(self) -> dict[str, int]:
        """Table -> count, of the tables that are there: not those being made, being deleted or gone."""
        return {table.name: table.count for table in self.tables if table.status not in _ABSENT}


@dataclass(frozen=True)
class Past:
    """A group's row of an earlier run.

    Attributes:
        generated_at: the scheduled time of the run.
        total: the items of all its tables.
        tables: table -> count.
        truncated: whether the row had no room for all tables, so that one that it lacks may have been there.
    """

    generated_at: str
    total: int
    tables: Mapping[str, int]
    truncated: bool = False


@dataclass(frozen=True)
class Report:
    """A report as read from its JSON."""

    generated_at: str
    environment: str
    groups: Sequence[GroupReport]


def render(
    generated_at: str, environment: str, groups: Sequence[Group], tables: Mapping[str, Sequence[TableRead]]
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


def _group(group: Group, tables: Sequence[TableRead]) -> str:
    total = sum(table.count for table in tables)
    return f'{{"label":{quoted(group.label)},"total":{total},"tables":[{",".join(map(_table, tables))}]}}'


def _table(table: TableRead) -> str:
    fields = {
        "name": quoted(table.name),
        "count": str(table.count),
        "approximate": json.dumps(table.approximate),
        "items": f"[{','.join(item.json() for item in table.items)}]",
        "items_truncated": json.dumps(len(table.items) < table.count),
    }
    if table.status:
        fields["status"] = quoted(table.status)
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _parsed_group(name: str, group: dict[str, Any]) -> GroupReport:
    tables = [_parsed_table(table) for table in group["tables"]]
    return GroupReport(name=name, label=_a(str, group["label"]), total=_a(int, group["total"]), tables=tables)


def _parsed_table(table: dict[str, Any]) -> Table:
    return Table(
        name=_a(str, table["name"]),
        count=_a(int, table["count"]),
        approximate=_a(bool, table["approximate"]),
        items=[Row(item["name"], item["date"], _a(dict, item["key"])) for item in table["items"]],
        items_truncated=_a(bool, table["items_truncated"]),
        status=_a(str, table["status"]) if "status" in table else None,
    )


def _a(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:  # True is no number here
        raise TypeError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value
