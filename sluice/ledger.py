"""The import ledger, for readers: one entry for each file and version."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sluice.pipelines import Pipeline
from sluice.terminal import note

Entry = dict[str, Any]
"""The fields of the contract: `object`, `version`, `status`, counters, times and `error`."""

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
PARTIAL = "PARTIAL"
FAILED = "FAILED"
IGNORED = "IGNORED"
_CURRENT = "#current"
"""The `version` of the item that says which import of an object is the last."""
_INDEX = "ended"
"""The ledger's index of ended imports, by status and time."""
_AT_ONCE = 50
_LOOKED_AT = 1000
"""How many of the newest imports with a status are examined: far more than anybody reads."""
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


def version_of(head: Mapping[str, Any]) -> str:
    """Returns an object's version in the ledger's form, from the response of `head_object`."""
    version = head.get("VersionId", "null")  # "null" if the bucket keeps no versions
    return head["ETag"].strip('"') if version == "null" else version


def place(entry: Entry) -> tuple[str, str]:
    """Returns the bucket and the key of an entry's object."""
    bucket, _, key = entry["object"].partition("/")
    return bucket, key


def entries(imports: Iterable[Pipeline], name: str | None = None) -> list[Entry]:
    """The entries of all objects of some imports, or of the named object (`bucket/key`), the latest begun last."""
    ledger = [entry for pipeline in imports for entry in _entries(pipeline, name)]
    return sorted(ledger, key=lambda entry: entry["started_at"] or "")


def _entries(pipeline: Pipeline, name: str | None) -> list[Entry]:
    query: dict[str, Any] = {
        "TableName": pipeline["ledger_table_name"],
        "FilterExpression": "attribute_exists(#status)",
        "ExpressionAttributeNames": {"#status": "status"},
    }
    if name:
        query["KeyConditionExpression"] = "#object = :object"
        query["ExpressionAttributeNames"]["#object"] = "object"
        query["ExpressionAttributeValues"] = {":object": {"S": name}}
    pages = pipeline.client("dynamodb").get_paginator("query" if name else "scan").paginate(**query)
    return [_plain(item) for page in pages for item in page["Items"]]


def running(pipeline: Pipeline) -> list[Entry]:
    """Returns the running imports, the latest begun first; this reads the whole ledger."""
    query = {
        "TableName": pipeline["ledger_table_name"],
        "FilterExpression": "#status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":status": {"S": RUNNING}},
    }
    # The embedded cloud answers nobody else while it scans a page.
    pages = pipeline.client("dynamodb").get_paginator("scan").paginate(**query, PaginationConfig={"PageSize": 1000})
    found = [_plain(item) for page in pages for item in page["Items"]]
    return sorted(found, key=lambda entry: entry["started_at"] or "", reverse=True)


def latest(pipeline: Pipeline, before: str = "", at_most: int = 50) -> tuple[list[Entry], bool]:
    """Returns the imports that ended last, the latest first, and whether there are more.

    Args:
        pipeline: The import.
        before: Only imports that ended before this time; ISO 8601.
        at_most: How many; more if several ended at the same time.
    """
    found: list[Entry] = []
    for status in (SUCCEEDED, PARTIAL, FAILED, IGNORED):
        answer = pipeline.client("dynamodb").query(
            TableName=pipeline["ledger_table_name"],
            IndexName=_INDEX,
            KeyConditionExpression="#status = :status AND #at < :before",
            ExpressionAttributeNames={"#status": "status", "#at": "finished_at"},
            ExpressionAttributeValues={":status": {"S": status}, ":before": {"S": before or "~"}},
            ScanIndexForward=False,
            Limit=at_most + _AT_ONCE,
        )
        found += map(_plain, answer["Items"])
    found.sort(key=lambda entry: entry["finished_at"], reverse=True)
    end = at_most
    while 0 < end < len(found) and found[end]["finished_at"] == found[end - 1]["finished_at"]:
        end += 1
    return found[:end], end < len(found)


def ended(pipeline: Pipeline, status: str, at_most: int, since: str = "") -> tuple[list[Entry], bool]:
    """Returns the newest imports that ended with a status and were not followed by another import of their object.

    Args:
        pipeline: The import.
        status: How they ended.
        at_most: How many.
        since: Only imports that ended at this time or later; ISO 8601.

    Returns:
        The entries, the latest ended first, and whether there are more. An entry also has `given_up` if a piece of its
        work became a dead letter.
    """
    query: dict[str, Any] = {
        "TableName": pipeline["ledger_table_name"],
        "IndexName": _INDEX,
        "KeyConditionExpression": "#status = :status AND #at >= :since",
        "ExpressionAttributeNames": {"#status": "status", "#at": "finished_at"},
        "ExpressionAttributeValues": {":status": {"S": status}, ":since": {"S": since or "0"}},
        "ScanIndexForward": False,
        "Limit": _AT_ONCE,
    }
    found: list[Entry] = []
    looked_at = 0
    for page in pipeline.client("dynamodb").get_paginator("query").paginate(**query):
        found += _standing(pipeline, page["Items"])
        looked_at += len(page["Items"])
        if len(found) > at_most or looked_at >= _LOOKED_AT:
            return found[:at_most], True
    return found, False


def _standing(pipeline: Pipeline, items: list[dict[str, Any]]) -> list[Entry]:
    """The entries of imports that are still the last of their objects, and have still ended: the index lags behind."""
    kept = ("object", "version")
    keys = [{name: item[name] for name in kept} for item in items]
    keys += [{"object": item["object"], "version": {"S": _CURRENT}} for item in items]
    now: dict[tuple[str, str], dict[str, Any]] = {}
    request = {pipeline["ledger_table_name"]: {"Keys": _each_once(keys), "ConsistentRead": True}}
    while request and items:
        answer = pipeline.client("dynamodb").batch_get_item(RequestItems=request)
        for item in (item for found in answer["Responses"].values() for item in found):
            now[item["object"]["S"], item["version"]["S"]] = item
        request = answer.get("UnprocessedKeys")
    entries_now = [(item, now.get((item["object"]["S"], item["version"]["S"]), {})) for item in items]
    return [
        {**_plain(item), **({"given_up": True} if "given_up" in item else {})}
        for before, item in entries_now
        if item.get("status") == before["status"] and _is_last(now, item)
    ]


def _is_last(now: dict[tuple[str, str], dict[str, Any]], item: dict[str, Any]) -> bool:
    current = now.get((item["object"]["S"], _CURRENT), {})
    return current.get("holder") == item["version"]


def _each_once(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(key["object"]["S"], key["version"]["S"]): key for key in keys}.values())


def followed(
    imports: Sequence[Pipeline],
    until: Callable[[list[Entry]], bool],
    name: str | None = None,
    seconds: float = 0.3,
    patience: float = 60,
) -> Iterator[list[Entry]]:
    """The entries (see `entries`) again and again, until they are as wanted.

    A failed read is reported once and retried, because the import continues without its watcher.

    Raises:
        BotoCoreError, ClientError, OSError: the first read failed, or all did for `patience` seconds.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # in no hurry: the clients need it too

    last_read, noted = -math.inf, False
    while True:
        try:
            ledger = entries(imports, name)
        except (BotoCoreError, ClientError, OSError) as error:
            if time.monotonic() - last_read > patience:
                raise
            if not noted:
                note((f"The ledger cannot be read ({error}). The import continues; this is retried.", "yellow"))
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
