"""Keeps rejected rows in S3: `rejected/<source key>/<chunk>.jsonl`, one line per row.

A chunk with many has several objects. Each is written just before its step is counted, and its name contains how many
were counted before, so a repeated step overwrites its object.
"""

import hashlib
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as quoted

from handlers.importer.environment import REJECTED_PREFIX
from handlers.importer.errors import Reject
from handlers.importer.queue.messages import File
from handlers.shared.aws.s3 import Bucket

_KEY_BYTES = 960
"""How much of the source key a name holds: S3 allows 1,024 for the whole name."""


class Rejects:
    """The objects with rejects, in the buckets of their files."""

    def __init__(self, bucket: Callable[[str], Bucket]) -> None:
        """Takes a function from a bucket's name to the bucket."""
        self._bucket = bucket

    def write(self, file: File, task: str, part: int, rejects: Iterable[Reject]) -> None:
        """Writes a step's rejects."""
        lines = [f'{{"line":{line},"reason":{quoted(reason)},"row":{row}}}\n' for line, reason, row in rejects]
        headers = {"content-type": "application/x-ndjson"}
        self._bucket(file.bucket).put(name(file.key, task, part), "".join(lines).encode(), headers=headers)

    def delete(self, file: File, task: str, parts: int) -> None:
        """Deletes the rejects that an earlier import of the object wrote for a task."""
        for part in range(parts):
            self._bucket(file.bucket).delete(name(file.key, task, part))


def name(source_key: str, task: str, part: int) -> str:
    """The key of an object with rejects."""
    source = source_key.encode()
    if len(source) > _KEY_BYTES:
        digest = hashlib.sha256(source).hexdigest()[:16]
        source_key = f"{source[: _KEY_BYTES - 20].decode(errors='ignore')}~{digest}"
    return f"{REJECTED_PREFIX}{source_key}/{task}{f'-{part:05d}' if part else ''}.jsonl"
