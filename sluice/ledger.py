"""The import ledger, as its readers see it: one entry a file and version."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from sluice.target import Target
from sluice.terminal import note

Entry = dict[str, Any]
"""The fields of the contract: `object`, `version`, `status`, counters, times and `error`."""

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
PARTIAL = "PARTIAL"
FAILED = "FAILED"
IGNORED = "IGNORED"
_FIELDS = (
    "object",
    "version",
    "status",
    "rows_read",
    "rows_written",
    "rows_rejected",
    "rows_skipped",
    "bytes_read",
    "bytes_total",
    "chunks_total",
    "chunks_done",
    "started_at",
    "finished_at",
    "error",
)


def place(entry: Entry) -> tuple[str, str]:
    """Returns the bucket and the key of an entry's object."""
    bucket, _, key = entry["object"].partition("/")
    return bucket, key


def entries(target: Target, name: str | None = None) -> list[Entry]:
    """The entries of all objects, or of the named one (`bucket/key`), the latest begun last."""
    query: dict[str, Any] = {
        "TableName": target["import_ledger_table_name"],
        "FilterExpression": "attribute_exists(#status)",
        "ExpressionAttributeNames": {"#status": "status"},
    }
    if name:
        query["KeyConditionExpression"] = "#object = :object"
        query["ExpressionAttributeNames"]["#object"] = "object"
        query["ExpressionAttributeValues"] = {":object": {"S": name}}
    pages = target.client("dynamodb").get_paginator("query" if name else "scan").paginate(**query)
    ledger = [_plain(item) for page in pages for item in page["Items"]]
    return sorted(ledger, key=lambda entry: entry["started_at"] or "")


def followed(
    target: Target,
    until: Callable[[list[Entry]], bool],
    name: str | None = None,
    seconds: float = 0.3,
    patience: float = 60,
) -> Iterator[list[Entry]]:
    """The entries (see `entries`) again and again, until they are as wanted.

    A look that fails is told once and tried again: an import runs on, whoever looks at it.

    Raises:
        BotoCoreError, ClientError, OSError: the first look failed, or all did for so many seconds (`patience`).
    """
    from botocore.exceptions import BotoCoreError, ClientError  # in no hurry: the clients need it too

    last_read, noted = -math.inf, False
    while True:
        try:
            ledger = entries(target, name)
        except (BotoCoreError, ClientError, OSError) as error:
            if time.monotonic() - last_read > patience:
                raise
            if not noted:
                note((f"The ledger cannot be read ({error}). The import runs on; this is tried again.", "yellow"))
            noted = True
        else:
            last_read, noted = time.monotonic(), False
            yield ledger
            if until(ledger):
                return
        time.sleep(seconds)


def _plain(item: dict[str, Any]) -> Entry:
    entry = {name: _value(item.get(name)) for name in _FIELDS}
    return {**entry, "rows_skipped": entry["rows_skipped"] or 0}  # entries of version 0.1 have none


def _value(attribute: dict[str, Any] | None) -> Any:
    if not attribute or "NULL" in attribute:
        return None
    return int(attribute["N"]) if "N" in attribute else attribute["S"]
