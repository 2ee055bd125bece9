"""From stream records to the objects of the archive: gzipped JSON lines below `changes/`, one line per change.

An object is named after its first record. Lambda retries a batch from its first unfinished record, whole or halved, so
a retry starts where an object started and overwrites it: nothing is archived twice.
"""

import gzip
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from handlers.archiver.environment import PREFIX
from handlers.shared.attributes import json_object

Record = Mapping[str, Any]
"""A record of a DynamoDB stream as Lambda delivers it."""


class Unarchivable(NamedTuple):
    """A record that cannot be archived."""

    sequence_number: str
    reason: str


class Batch(NamedTuple):
    """The objects of a batch of records."""

    objects: dict[str, bytes]
    """Key -> gzipped lines."""
    archived: int
    passed_over: int
    """Records of kinds that are not archived."""
    stopped_at: Unarchivable | None
    """The first record that cannot be archived; the records after it are not in the objects."""


def archive(records: Iterable[Record], events: Collection[str]) -> Batch:
    """Makes the objects of a batch, up to the first record that cannot be archived.

    Args:
        records: Of one shard, in order.
        events: The kinds of change to archive, such as `INSERT`.
    """
    lines: dict[str, list[str]] = {}
    keys: dict[str, str] = {}
    archived = passed_over = 0
    stopped_at = None
    for record in records:
        if record.get("eventName") not in events:
            passed_over += 1
            continue
        try:
            folder, line = _folder_and_line(record)
        except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
            stopped_at = Unarchivable(_sequence_number(record), f"{type(error).__name__}: {error}")
            break
        if folder not in lines:
            lines[folder] = []
            keys[folder] = f"{folder}{record['dynamodb']['SequenceNumber']}-{record['eventID'][:8]}.jsonl.gz"
        lines[folder].append(line)
        archived += 1
    objects = {keys[folder]: _compressed(part) for folder, part in lines.items()}
    return Batch(objects, archived, passed_over, stopped_at)


def _folder_and_line(record: Record) -> tuple[str, str]:
    change = record["dynamodb"]
    table = record["eventSourceARN"].split("/")[1]
    at, hour = _times(change["ApproximateCreationDateTime"])
    line = (
        f'{{"event_id":{quoted(record["eventID"])},"event":{quoted(record["eventName"])},"table":{quoted(table)},'
        f'"at":"{at}","sequence_number":{quoted(change["SequenceNumber"])},'
        f'"keys":{json_object(change["Keys"])},"old":{_image(change.get("OldImage"))},'
        f'"new":{_image(change.get("NewImage"))},"by":{_identity(record)}}}\n'
    )
    return f"{PREFIX}table={table}/{hour}/", line


# Streams have whole seconds, of which a batch has few: 0.77 of the CPU time of an archive. Checked by
# test_changes_of_several_hours_lie_in_several_objects.
@lru_cache(maxsize=100)
def _times(seconds: float) -> tuple[str, str]:
    """Returns a line's time, and the folder of its hour."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}", f"date={at:%Y-%m-%d}/hour={at:%H}"


def _image(image: Mapping[str, Any] | None) -> str:
    return "null" if image is None else json_object(image)


def _identity(record: Record) -> str:
    """Returns who made the change, if DynamoDB says so: it does for expired items, with its own service."""
    identity = record.get("userIdentity")
    if not identity:
        return "null"
    return json.dumps({"type": identity.get("type"), "principal": identity.get("principalId")}, separators=(",", ":"))


def _compressed(lines: list[str]) -> bytes:
    """Always returns the same bytes for the same lines: there is no time stamp in them."""
    return gzip.compress("".join(lines).encode(), compresslevel=6, mtime=0)


def _sequence_number(record: Record) -> str:
    """Returns a failed record's id for Lambda; empty, which fails the whole batch, if even that is missing."""
    change = record.get("dynamodb")
    return str(change.get("SequenceNumber", "")) if isinstance(change, Mapping) else ""
