"""The rows that were not imported, as they lie in the import bucket: `rejected/<source key>/<chunk>.jsonl`."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sluice.aws_errors import code
from sluice.target import Target

PREFIX = "rejected/"
_KEY_BYTES = 960
"""A longer source key has its end replaced by `~` and a hash: S3 allows 1,024 for all of a name."""


class Reject(NamedTuple):
    """A row that was not imported."""

    file: str
    """The key of its file."""
    line: int
    reason: str
    row: Any
    """As it was read: a JSON value."""

    @property
    def row_text(self) -> str:
        """The row as JSON, its letters as they are."""
        return json.dumps(self.row, ensure_ascii=False)


def folder(key: str) -> str:
    """Returns the prefix below which the rejects of a file lie."""
    source = key.encode()
    if len(source) > _KEY_BYTES:
        digest = hashlib.sha256(source).hexdigest()[:16]
        key = f"{source[: _KEY_BYTES - 20].decode(errors='ignore')}~{digest}"
    return f"{PREFIX}{key}/"


class Mark(NamedTuple):
    """A place among the rejects of a file: behind one of them."""

    name: str = ""
    """Of its object,"""
    offset: int = 0
    """and the bytes of it that come before."""


def rejects(target: Target, bucket: str, key: str) -> Iterator[Reject]:
    """Yields the rejects of a file's newest import, chunk by chunk."""
    return (reject for reject, _ in rejects_from(target, bucket, key, Mark()))


def rejects_from(target: Target, bucket: str, key: str, start: Mark) -> Iterator[tuple[Reject, Mark]]:
    """Yields the rejects of a file's newest import from a place on, each with the place behind it.

    Args:
        target: The stack.
        bucket: The file's bucket.
        key: The file's key.
        start: Where to begin.
    """
    s3 = target.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder(key))
    names = [item["Key"] for page in pages for item in page.get("Contents", [])]
    # S3 has a chunk's first object behind its others, because a dot comes behind a dash.
    for name in sorted(names, key=_order):
        if "/" in name.removeprefix(folder(key)):  # of a file in a folder that is named like this file
            continue
        if _order(name) < _order(start.name):
            continue
        offset = start.offset if name == start.name else 0
        try:
            body = s3.get_object(Bucket=bucket, Key=name, **({"Range": f"bytes={offset}-"} if offset else {}))["Body"]
        except ClientError as error:
            if code(error) == "InvalidRange":  # nothing comes behind its last reject
                continue
            raise
        for line in body.iter_lines(keepends=True):
            offset += len(line)
            if line.strip():
                row = json.loads(line)
                yield Reject(key, row["line"], row["reason"], row["row"]), Mark(name, offset)


def _order(name: str) -> str:
    return name.removesuffix(".jsonl")
