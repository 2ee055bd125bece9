"""The report: its JSON, which is the record of a run, and the objects that the other outcomes read from it.

    {"generated_at", "environment", "groups": {"RA": {"label", "total", "tables": [
        {"name", "count", "approximate", "items": [{"name", "date", "key"}], "items_truncated"}]}}}

Names and dates are as in the item (cut after a thousand characters), or null if it has none; a key is an object,
attribute -> value. A table that could not be read also has a `status`: DynamoDB's (`CREATING`, `DELETING`, ...),
`VANISHED`, `UNREADABLE` or `FAILED`. A group with expectations has a verdict, as do all groups if mails depend on one:
`broken`, the broken expectations, and `changed`, whether a count differs from the last report's; both are null if the
run could not tell.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Breach, Verdict
from handlers.reporter.settings import Group

VANISHED = "VANISHED"
"""The status of a table that was deleted after it was listed."""

UNREADABLE = "UNREADABLE"
"""The status of a table that may not be read: describing or reading it was refused permanently."""

FAILED = "FAILED"
"""The status of a table whose reading ended in an outage; a repeated run reads it again."""

_T = TypeVar("_T")

_ABSENT = ("CREATING", "DELETING", VANISHED)
# DynamoDB's statuses of tables whose encryption key it may not use; after a week it archives them.
_LOCKED = (UNREADABLE, "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED")


class DamagedReportError(ValueError):
    """The stored object is not a report: somebody wrote or cut it by hand."""


class Row(NamedTuple):
    """An item as the report lists it; values as `json` reads them, None if there is none."""

    name: Any
    date: Any
    key: Mapping[str, Any]


class Table(NamedTuple, Generic[_T]):
    """A table as the report lists it; its items are `Item` while counting, and `Row` when read from JSON."""

    name: str
    total: int
    """The number of items; if approximate, DescribeTable's, or the number seen if that is larger."""
    approximate: bool = False
    """Whether it was not read to its end."""
    items: Sequence[_T] = ()
    """The newest first; a sample if approximate."""
    status: str | None = None
    """Why it was not read to its end, or at all; None if nothing interfered."""
    change: int | None = None
    """Its total minus the last report's; None if there is nothing to compare with, or before comparing."""
    new: bool = False
    """Whether the last report lacks the table; False without a last report, or if its row lacks tables."""
    share: float = 0.0
    """Its total relative to the group's largest, 0 to 1."""

    @property
    def items_truncated(self) -> bool:
        """Whether it has more items than are listed."""
        return len(self.items) < self.total

    @property
    def locked(self) -> bool:
        """Whether it exists but may not be read."""
        return self.status in _LOCKED

    @property
    def unread(self) -> bool:
        """Whether there is no total to show."""
        return self.status is not None and not self.total

    @property
    def moved(self) -> int:
        """The change to show; 0 for none."""
        return 0 if self.unread else self.change or 0


class GroupReport(NamedTuple):
    """A group as the report lists it."""

    name: str
    label: str
    total: int
    tables: Sequence[Table[Row]]
    verdict: Verdict | None = Verdict()
    """None: the run could not tell."""

    @property
    def approximate(self) -> bool:
        """Whether a table's total, and so the group's, is approximate."""
        return any(table.approximate for table in self.tables)

    @property
    def broken(self) -> Sequence[Breach]:
        """The expectations known to be broken."""
        return self.verdict.broken if self.verdict else ()

    @property
    def counts(self) -> dict[str, int]:
        """See `counts_of`."""
        return counts_of(self.tables)


class Past(NamedTuple):
    """A group's row of an earlier run."""

    generated_at: str
    """The scheduled time of the run."""
    total: int
    """The items of all its tables."""
    tables: Mapping[str, int]
    """Table -> total."""
    truncated: bool = False
    """Whether the row had no room for all tables, so that one that it lacks may have existed."""


class Report(NamedTuple):
    """A report as read from its JSON."""

    generated_at: str
    environment: str
    groups: Sequence[GroupReport]


def counts_of(tables: Sequence[Table[Any]]) -> dict[str, int]:
    """Returns table -> total of the existing tables, not those being created, being deleted or gone."""
    return {table.name: table.total for table in tables if table.status not in _ABSENT}


def render(
    generated_at: str,
    environment: str,
    groups: Sequence[Group],
    tables: Mapping[str, Sequence[Table[Item]]],
    verdicts: Mapping[str, Verdict | None] = MappingProxyType({}),
) -> bytes:
    """Writes the report's JSON; numbers keep DynamoDB's digits.

    Args:
        generated_at: the scheduled time.
        environment: the environment's name.
        groups: the groups, in the order of the settings.
        tables: group name -> its tables, in the order of the report.
        verdicts: group name -> its verdict, None if unknown; only groups that need one.
    """
    members = ",".join(
        f"{quoted(group.name)}:{_group(group, tables[group.name], _verdict(group.name, verdicts))}" for group in groups
    )
    text = f'{{"generated_at":{quoted(generated_at)},"environment":{quoted(environment)},"groups":{{{members}}}}}\n'
    return text.encode("ascii")


def parse(body: bytes) -> Report:
    """Reads a report from its JSON; fractions stay text, so that they are shown with all their digits.

    Raises:
        DamagedReportError: it is not a report.
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


def _group(group: Group, tables: Sequence[Table[Item]], verdict: Mapping[str, str]) -> str:
    total = str(sum(table.total for table in tables))
    rows = ",".join(map(_table, tables))
    return _object({"label": quoted(group.label), "total": total, **verdict, "tables": f"[{rows}]"})


def _verdict(name: str, verdicts: Mapping[str, Verdict | None]) -> dict[str, str]:
    if name not in verdicts:
        return {}
    verdict = verdicts[name]
    if verdict is None:
        return {"broken": "null", "changed": "null"}
    broken = [breach.fields() for breach in verdict.broken]
    return {"broken": json.dumps(broken), "changed": json.dumps(verdict.changed)}


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
    return _object(fields)


def _object(fields: Mapping[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _parsed_group(name: str, group: dict[str, Any]) -> GroupReport:
    tables = [_parsed_table(table) for table in group["tables"]]
    return GroupReport(name, _a(str, group["label"]), _a(int, group["total"]), tables, _parsed_verdict(group))


def _parsed_verdict(group: dict[str, Any]) -> Verdict | None:
    broken, changed = group.get("broken", []), group.get("changed", True)
    if broken is None or changed is None:
        return None
    return Verdict(tuple(map(_parsed_breach, _a(list, broken))), _a(bool, changed))


def _parsed_breach(breach: dict[str, Any]) -> Breach:
    before = breach.get("before")
    return Breach(_a(str, breach["expectation"]), _a(int, breach["limit"]), None if before is None else _a(int, before))


def _parsed_table(table: dict[str, Any]) -> Table[Row]:
    return Table(
        name=_a(str, table["name"]),
        total=_a(int, table["count"]),
        approximate=_a(bool, table["approximate"]),
        items=[Row(item["name"], item["date"], _a(dict, item["key"])) for item in table["items"]],
        status=_a(str, table["status"]) if "status" in table else None,
    )


def _a(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:  # True is not a number here
        raise TypeError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value
