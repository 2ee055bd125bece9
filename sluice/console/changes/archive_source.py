"""The archive of a stack in AWS, read in place of its streams: the newest hours first, then new lines.

A line has only JSON's types: sets have become lists, and binary values strings. The rules are applied to those.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sluice.aws_errors import code
from sluice.console.changes.changes import KEPT, Change, Changes, change_of
from sluice.pipelines import stream_tables
from sluice.target import Target
from sluice.trail import CHANGES, Line, lines_in, objects

_MOST_OBJECTS = 2000
"""How many of the newest objects are read: a table that changes little has few lines in each."""
_AT_ONCE = 20
"""Objects read at once."""
_LATE_HOURS = 6
"""How late a record can reach the archive, by the settings."""


class ArchiveSource:
    """The lines of all tables of a stack."""

    pause = 10.0

    def __init__(self, target: Target, changes: Changes) -> None:
        self._changes = changes
        tables = [table["name"] for table in stream_tables(target)]
        self._tables = list(dict.fromkeys(tables)) if target.outputs.get("archive_bucket_name") else []
        self._known: dict[str, str] = {}
        self._back: Iterator[dict[str, Any]] | None = None

    def read(self, target: Target) -> bool:
        """Reads some objects; returns whether there are more.

        Raises:
            ClientError, BotoCoreError: The archive may not be read.
        """
        if self._back is None:
            self._back = self._newest_first(target)
        found = self._take(target, self._back)
        if found:
            return True
        for table in self._tables:
            recent = [item for hour in self._late_hours() for item in objects(target, f"{CHANGES}table={table}/{hour}")]
            fresh = iter([item for item in recent if self._known.get(item["Key"]) != item["ETag"]])
            while self._take(target, fresh):
                pass
        return False

    def _take(self, target: Target, items: Iterator[dict[str, Any]]) -> int:
        """Reads the next objects; returns how many."""
        taken = 0
        for item in islice(items, _AT_ONCE):
            try:
                lines = lines_in(target, item["Key"])
            except ClientError as error:
                if code(error) not in ("NoSuchKey", "404"):
                    raise
                lines = []
            self._changes.add(_change(line, item["Key"], target.region) for line in lines)
            self._known[item["Key"]] = item["ETag"]
            taken += 1
        return taken

    def _newest_first(self, target: Target) -> Iterator[dict[str, Any]]:
        """The objects of all tables, hour by hour from the newest back, until enough are read."""
        hours = sorted(
            ((hour, table) for table in self._tables for hour in _hours(target, f"{CHANGES}table={table}/")),
            reverse=True,
        )
        read = 0
        for hour, table in hours:
            listed = objects(target, f"{CHANGES}table={table}/{hour}")
            for item in sorted(listed, key=lambda item: item["LastModified"], reverse=True):
                if read >= _MOST_OBJECTS or len(self._changes.all()) >= KEPT:
                    return
                read += 1
                yield item

    @staticmethod
    def _late_hours() -> list[str]:
        now = datetime.fromtimestamp(time.time(), UTC)
        return [hour_folder(now - timedelta(hours=back)) for back in range(_LATE_HOURS + 1)]


def hour_folder(at: datetime) -> str:
    """Returns the folder of an hour, as the archiver names it."""
    return f"date={at:%Y-%m-%d}/hour={at:%H}/"


class Archived(NamedTuple):
    """A line of the archive, and the object that holds it."""

    key: str
    at: float
    """When the object was last written, in seconds since the epoch."""
    line: Line


def archived(target: Target, change: Change) -> Archived | None:
    """Returns the archive's line for a change; None if it has none, or none yet.

    An object is named after its first record, so only objects that begin at the change or before it are read.

    Raises:
        ClientError, BotoCoreError: The archive may not be read.
    """
    if not target.outputs.get("archive_bucket_name"):
        return None
    folder = f"{CHANGES}table={change.table}/{hour_folder(datetime.fromtimestamp(change.at, UTC))}"
    items = [item for item in objects(target, folder) if not change.archived or item["Key"] == change.archived]
    begun = sorted(items, key=lambda item: _first(item["Key"]))
    older = [item for item in begun if _first(item["Key"]) <= change.order[1]]
    for item in reversed(older[-_AT_ONCE:]):
        for line in lines_in(target, item["Key"]):
            if line["event_id"] == change.id:
                return Archived(item["Key"], item["LastModified"].timestamp(), line)
    return None


def _first(key: str) -> int:
    number = key.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdecimal() else 0


def _hours(target: Target, prefix: str) -> list[str]:
    """The folders of the hours in a table's archive."""
    return [hour.removeprefix(prefix) for date in _folders(target, prefix) for hour in _folders(target, date)]


def _folders(target: Target, prefix: str) -> list[str]:
    pages = target.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=target["archive_bucket_name"], Prefix=prefix, Delimiter="/")
    return [each["Prefix"] for page in found for each in page.get("CommonPrefixes", [])]


def _change(line: Line, key: str, region: str) -> Change:
    from boto3.dynamodb.types import TypeSerializer

    serialize = TypeSerializer().serialize
    at = datetime.fromisoformat(line["at"]).timestamp()
    held: dict[str, Any] = {"ApproximateCreationDateTime": int(at), "SequenceNumber": line["sequence_number"]}
    for name, side in (("Keys", "keys"), ("OldImage", "old"), ("NewImage", "new")):
        if line[side] is not None:
            held[name] = {attribute: serialize(value) for attribute, value in line[side].items()}
    record: dict[str, Any] = {"eventID": line["event_id"], "eventName": line["event"], "awsRegion": region}
    record |= {"dynamodb": held, "eventSourceARN": f"arn:aws:dynamodb:{region}::table/{line['table']}"}
    if by := line.get("by"):
        record["userIdentity"] = {"type": by["type"], "principalId": by["principal"]}
    return change_of(json.dumps(record), archived=key)
