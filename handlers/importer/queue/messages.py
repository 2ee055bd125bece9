"""The messages of the import queue: announcements of new objects by S3 or EventBridge, and the importer's own.

The importer sends itself two kinds: a file that has arrived (one of several in an announcement, or one waiting for an
older version of itself), and a task (a plan, a chunk, or the rest of one): `{"sluice": 1, "kind": "file" | "task",
"file": {...}, "moment": {...}, "task": {...}}`. Version 0.1 neither sends nor reads `moment`; while functions are being
replaced, each version reads the other's messages.

S3's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
EventBridge's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from handlers.importer.reading.records import Position
from handlers.shared.aws.percent import percent_decoded

PLAN = "plan"
_FORMAT = 1
_MOMENT = ("digits", "event_time")
_CREATED = ("aws.s3", "Object Created")
"""Source and detail type of EventBridge's events for new objects."""


class MessageError(ValueError):
    """A message that the importer will never understand."""


class File(NamedTuple):
    """One version of one object.

    S3 orders versions by a hexadecimal text, the sequencer. Texts of equal length compare as they are; AWS's pages
    disagree on how to pad shorter ones. If lengths differ, the time of the event decides.
    """

    bucket: str
    key: str
    size: int
    etag: str
    version_id: str
    """`""` in a bucket without versioning."""
    sequencer: str
    """S3's, in capitals and padded on the left; the ledger identifies the version by it."""
    digits: int = 0
    """Length of S3's own text; 0 if unknown, as in entries of version 0.1."""
    event_time: int = 0
    """Of the event, in milliseconds since the epoch; 0 if unknown."""

    @property
    def object(self) -> str:
        """The ledger's name of the object: bucket/key."""
        return f"{self.bucket}/{self.key}"

    @property
    def version(self) -> str:
        """The ledger's name of the version."""
        return self.version_id or self.etag

    def precedes(self, other: "File") -> bool:
        """Tells whether it is surely older: one that may be newer is never taken for late."""
        if self.digits == other.digits or not (self.digits and other.digits):
            # Entries of version 0.1 are compared as it did: S3's texts have always had one length.
            return self.sequencer < other.sequencer
        return 0 < self.event_time < other.event_time


class Task(NamedTuple):
    """A part of the work on a file."""

    name: str
    """`PLAN`, or the number of a chunk."""
    start: int
    end: int
    line: int
    """The number of the line at `start`."""
    hop: int = 0
    """How many invocations have worked on it before and handed it on."""

    @property
    def position(self) -> Position:
        """Where it begins."""
        return Position(self.start, self.line)


def chunk(number: int, start: Position, end: int) -> Task:
    """Returns the task to import a part of a file."""
    return Task(f"{number:05d}", start.offset, end, start.line)


def plan(size: int) -> Task:
    """Returns the task to cut a file into chunks."""
    return Task(PLAN, 0, size, 1)


def parse(body: str, prefix: str) -> list[tuple[File, Task | None]]:
    """Returns the files and tasks of a message: a file without a task has newly arrived.

    Announcements of anything but new objects below the prefix are ignored, as is S3's test message.

    Raises:
        MessageError: The message is none of S3's, EventBridge's or the importer's.
    """
    try:
        message = json.loads(body)
        if message.get("sluice") == _FORMAT:
            task = Task(**message["task"]) if message["kind"] == "task" else None
            return [(File(**message["file"], **message.get("moment", {})), task)]
        if message.get("Event") == "s3:TestEvent":
            return []
        if "detail-type" in message:
            is_creation = (message["source"], message["detail-type"]) == _CREATED
            files = [_announced_by_eventbridge(message)] if is_creation else []
        else:
            files = [_announced(event) for event in message["Records"] if _is_creation(event)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MessageError(f"is no message for the importer: {type(error).__name__}: {error}") from error
    return [(file, None) for file in files if file.key.startswith(prefix) and not file.key.endswith("/")]


def text(file: File, task: Task | None = None) -> str:
    """Returns the body of the importer's own message for a file or a task."""
    kind = {"kind": "task", "task": task._asdict()} if task else {"kind": "file"}
    members = file._asdict()
    moment = {name: members.pop(name) for name in _MOMENT}
    return json.dumps({"sluice": _FORMAT, **kind, "file": members, "moment": moment})


def milliseconds(moment: str) -> int:
    """Returns a moment such as `2026-11-21T10:00:00.000Z` in milliseconds since the epoch."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _is_creation(event: dict[str, Any]) -> bool:
    return event["eventName"].removeprefix("s3:").startswith("ObjectCreated:")


def _announced(event: dict[str, Any]) -> File:
    s3_object = event["s3"]["object"]
    return _file(
        event["s3"]["bucket"]["name"],
        percent_decoded(s3_object["key"]),
        s3_object,
        etag=s3_object["eTag"],
        version_id=s3_object.get("versionId"),
        announced_at=event.get("eventTime"),
    )


def _announced_by_eventbridge(event: dict[str, Any]) -> File:
    s3_object = event["detail"]["object"]
    key = s3_object["key"]  # only S3's own announcements encode it
    if not isinstance(key, str):
        raise TypeError(f"its key is {key!r}")
    return _file(
        event["detail"]["bucket"]["name"],
        key,
        s3_object,
        etag=s3_object["etag"],
        version_id=s3_object.get("version-id"),
        announced_at=event.get("time"),
    )


def _file(
    bucket: str, key: str, s3_object: dict[str, Any], *, etag: str, version_id: str | None, announced_at: str | None
) -> File:
    """Returns the announced file; `s3_object` holds the members that both forms name alike."""
    return File(
        bucket=bucket,
        key=key,
        size=int(s3_object.get("size", 0)),
        etag=etag.strip('"'),
        version_id="" if not version_id or version_id == "null" else version_id,
        sequencer=s3_object["sequencer"].upper().zfill(32),
        digits=len(s3_object["sequencer"]),
        event_time=milliseconds(announced_at) if announced_at else 0,
    )
