"""The audit trail: the lines of the archive, read back and shown."""

import gzip
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sluice.target import Target
from sluice.terminal import print_table

CHANGES = "changes/"
"""The prefix of the archive's keys."""
Line = dict[str, Any]
"""The archive's line for one change; docs/stream.md describes its fields."""


def lines_of(target: Target, table: str | None = None) -> list[Line]:
    """Returns the lines of the archive, of all tables or one, in order of the stream."""
    prefix = f"{CHANGES}table={table}/" if table else CHANGES
    lines = [line for item in objects(target, prefix) for line in lines_in(target, item["Key"])]
    return sorted(lines, key=lambda line: line["sequence_number"])


def objects(target: Target, prefix: str) -> list[dict[str, Any]]:
    """Returns the archive's objects below a prefix, as S3 lists them."""
    pages = target.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=target["archive_bucket_name"], Prefix=prefix)
    return [item for page in found for item in page.get("Contents", [])]


def lines_in(target: Target, key: str) -> list[Line]:
    """Returns the lines of one object, in its order."""
    body = target.client("s3").get_object(Bucket=target["archive_bucket_name"], Key=key)["Body"].read()
    return [json.loads(line, parse_float=Decimal) for line in gzip.decompress(body).splitlines()]


def show(lines: Iterable[Line]) -> None:
    """Prints lines as a table: event, time, item, and the item's name before and after."""
    print_table(("event", "at", "item", "name before", "name after"), *map(_row, lines))


def _row(line: Line) -> tuple[str, ...]:
    names = (str((line[side] or {}).get("name", "")) for side in ("old", "new"))
    return line["event"], line["at"], " ".join(map(str, line["keys"].values())), *names
