"""The rows that were not imported, from the import bucket: `rejected/<source key>/<chunk>.jsonl`."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sluice.aws_errors import code
from sluice.target import Target

PREFIX = "rejected/"
_KEY_BYTES = 960
"""The end of a longer source key is replaced by `~` and a hash: S3 allows 1,024 bytes for a whole key."""


class Reject(NamedTuple):
    """A row that was not imported."""

    file: str
    """The key of its file."""
    line: int
    reason: str
    row: Any
    """The row as it was read: a JSON value."""

    @property
    def row_text(self) -> str:
        """The row as JSON, with letters unescaped."""
        return json.dumps(self.row, ensure_ascii=False)


def folder(key: str) -> str:
    """Returns the prefix of a file's rejects."""
    source = key.encode()
    if len(source) > _KEY_BYTES:
        digest = hashlib.sha256(source).hexdigest()[:16]
        key = f"{source[: _KEY_BYTES - 20].decode(errors='ignore')}~{digest}"
    return f"{PREFIX}{key}/"


class Mark(NamedTuple):
    """A position in the rejects of a file: after one of them."""

    name: str = ""
    """The name of its object,"""
    offset: int = 0
    """and the byte offset in it."""


def rejects(target: Target, bucket: str, key: str) -> Iterator[Reject]:
    """Yields the rejects of a file's newest import, chunk by chunk."""
    return (reject for reject, _ in rejects_from(target, bucket, key, Mark()))


def rejects_from(target: Target, bucket: str, key: str, start: Mark) -> Iterator[tuple[Reject, Mark]]:
    """Yields the rejects of a file's newest import from a position on, each with the position after it.

    Args:
        target: The stack.
        bucket: The file's bucket.
        key: The file's key.
        start: Where to begin.
    """
    s3 = target.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder(key))
    names = [item["Key"] for page in pages for item in page.get("Contents", [])]
    # S3 lists a chunk's first object after its others, because a dot sorts after a dash.
    for name in sorted(names, key=_order):
        if "/" in name.removeprefix(folder(key)):  # a file in a folder with this file's name
            continue
        if _order(name) < _order(start.name):
            continue
        offset = start.offset if name == start.name else 0
        try:
            body = s3.get_object(Bucket=bucket, Key=name, **({"Range": f"bytes={offset}-"} if offset else {}))["Body"]
        except ClientError as error:
            if code(error) == "InvalidRange":  # nothing follows its last reject
                continue
            raise
        for line in body.iter_lines(keepends=True):
            offset += len(line)
            if line.strip():
                row = json.loads(line)
                yield Reject(key, row["line"], row["reason"], row["row"]), Mark(name, offset)


def _order(name: str) -> str:
    return name.removesuffix(".jsonl")
