"""The totals tables: one row per group and run, the history with which the report compares itself.

A row: `group`, `generated_at` (its keys), `total`, `tables` (table -> count), `expires_at` (epoch seconds, its time to
live). DynamoDB takes items of 400 KB: if a group's tables would take more than 300 KB, `tables` holds those with the
largest counts, and `tables_truncated` is true; `total` includes all.

Before 0.2 a run marked its mails in the row's attribute `mail` while the bucket was unavailable. UpdateItem keeps and
returns that, so that such a run, repeated after the update, mails nobody twice. This can go with 0.3.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.reporter.keeping.marks import Mark, read_mark
from handlers.reporter.report import GroupReport, Past
from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import AwsClient
from handlers.shared.deadlines import Deadlines

HISTORY = 48
"""How many earlier reports the chart shows: four hours, with one every five minutes."""

_MOST = 300_000  # bytes of `tables`; the rest of 400 KB is spare
_MARK = "mail"
_ENTRY = 24  # bytes of an entry besides its name: DynamoDB's overhead, and a number of any size


class Totals:
    """The totals table of one group; `notes` names damaged rows."""

    def __init__(self, client: AwsClient, table: str, group: str, deadlines: Deadlines) -> None:
        self.notes: list[str] = []
        self._client = client
        self._table = table
        self._group = group
        self._deadlines = deadlines

    def put(self, group: GroupReport, generated_at: str, expires_at: int) -> Mark | None:
        """Writes a run's row, perhaps again; returns the mark of mails that it has from before 0.2."""
        counts = _within(group.counts)
        values: dict[str, Any] = {
            "total": {"N": str(group.total)},
            "tables": {"M": {name: {"N": str(count)} for name, count in counts.items()}},
            "expires_at": {"N": str(expires_at)},
        }
        truncated = "tables_truncated"
        if len(counts) < len(group.counts):
            values[truncated] = {"BOOL": True}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        payload = {
            "TableName": self._table,
            "Key": {"group": {"S": self._group}, "generated_at": {"S": generated_at}},
            "UpdateExpression": expression if truncated in values else f"{expression} REMOVE #{truncated}",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*values, truncated)},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
            "ReturnValues": "ALL_OLD",
        }
        request = dynamodb.request("UpdateItem", payload, repeatable=True)
        row = self._client.call(request, deadline=self._deadlines.call()).json().get("Attributes", {})
        if _MARK not in row:
            return None
        return read_mark(row[_MARK].get("S", ""), f"{self._table}, row of this run", self.notes.append)

    def before(self, generated_at: str) -> list[Past]:
        """Reads the rows of at most `HISTORY` earlier runs, oldest first; ignores damaged ones."""
        payload = {
            "TableName": self._table,
            "KeyConditionExpression": "#group = :group AND #generated_at < :generated_at",
            "ExpressionAttributeNames": {"#group": "group", "#generated_at": "generated_at"},
            "ExpressionAttributeValues": {":group": {"S": self._group}, ":generated_at": {"S": generated_at}},
            "ScanIndexForward": False,
            "Limit": HISTORY,
        }
        page = self._client.call(dynamodb.request("Query", payload), deadline=self._deadlines.call()).json()
        rows = [self._past(row) for row in reversed(page["Items"])]
        return [row for row in rows if row]

    def _past(self, row: Mapping[str, Any]) -> Past | None:
        generated_at = row["generated_at"]["S"]
        try:
            if datetime.fromisoformat(generated_at).tzinfo is None:
                raise ValueError("no offset")
            return Past(
                generated_at=generated_at,
                total=int(row["total"]["N"]),
                tables={name: int(count["N"]) for name, count in row["tables"]["M"].items()},
                truncated=row.get("tables_truncated", {}).get("BOOL") is True,
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            self.notes.append(f"{self._table} has a damaged row, {generated_at[:40]!r}: it is ignored")
            return None


def _within(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Returns the counts that a row has room for, the largest first; if all fit, unchanged."""
    if sum(len(name.encode()) + _ENTRY for name in counts) <= _MOST:
        return counts
    entries: dict[str, int] = {}
    left = _MOST
    for name, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        left -= len(name.encode()) + _ENTRY
        if left < 0:
            break
        entries[name] = count
    return entries
