"""The audit trail: the lines of the archive, read back and shown."""

import gzip
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sluice.target import Target
from sluice.terminal import print_table

Line = dict[str, Any]
"""What the archive holds of one change; docs/stream.md says what is in it."""


def lines_of(target: Target, table: str | None = None) -> list[Line]:
    """Returns the lines of the archive, of all tables or one, in order of the stream."""
    s3, bucket = target.client("s3"), target["archive_bucket_name"]
    prefix = f"changes/table={table}/" if table else "changes/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    lines = [json.loads(line, parse_float=Decimal) for body in bodies for line in body.splitlines()]
    return sorted(lines, key=lambda line: line["sequence_number"])


def show(lines: Iterable[Line]) -> None:
    """Prints lines as a table: what happened, when, to which item, and its name before and after."""
    print_table(("event", "at", "item", "name before", "name after"), *map(_row, lines))


def _row(line: Line) -> tuple[str, ...]:
    names = (str((line[side] or {}).get("name", "")) for side in ("old", "new"))
    return line["event"], line["at"], " ".join(map(str, line["keys"].values())), *names
