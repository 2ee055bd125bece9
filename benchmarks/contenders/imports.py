"""A file in S3 to a DynamoDB table. Each function returns the number of rows that it has written."""
# pyright: reportMissingImports=false
# The peers are installed only in .venv-bench.

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from events import BUCKET, FOLDER, Context, announcement

INPUT = os.environ.get("BENCH_INPUT", "rows.csv")
_TABLE = "imported"
_BOOLEANS = {"true": True, "false": False}


def sluice() -> int:
    """Sluice's importer, from SQS's event to the ledger."""
    import contextlib

    from handlers.importer.handler import handle

    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        answer = handle(announcement(INPUT), Context())
    summary = json.loads(output.getvalue().splitlines()[-1])
    if answer["batchItemFailures"] or bool(summary["RowsRejected"]) != INPUT.startswith("bad"):
        raise RuntimeError(output.getvalue())
    return summary["RowsWritten"] + summary["RowsRejected"]


def batch_writer() -> int:
    """boto3's resource: `Table.batch_writer`, as in its documentation."""
    import boto3

    rows = 0
    with boto3.resource("dynamodb").Table(_TABLE).batch_writer() as writer:
        for row in _rows():
            writer.put_item(Item=row)
            rows += 1
    return rows


def client() -> int:
    """boto3's client: `batch_write_item` of items in DynamoDB JSON, without parameter validation."""
    import boto3
    from botocore.config import Config

    dynamodb = boto3.client("dynamodb", config=Config(parameter_validation=False))
    source, rows = _typed(), 0
    while batch := [{"PutRequest": {"Item": item}} for item in islice(source, 25)]:
        rows += len(batch)
        while batch:
            answer = dynamodb.batch_write_item(RequestItems={_TABLE: batch})
            batch = answer["UnprocessedItems"].get(_TABLE)
    return rows


def awswrangler_csv() -> int:
    """awswrangler: `put_csv`. The file is on the disk, which saves the download."""
    import awswrangler

    path = os.path.join(FOLDER, "incoming", INPUT)
    # It refuses floats, so the price is read as the type that boto3 requires.
    awswrangler.dynamodb.put_csv(path=path, table_name=_TABLE, dtype={"id": str}, converters={"price": Decimal})
    with open(path, encoding="utf-8") as file:
        return sum(1 for _ in file) - 1


def awswrangler_items() -> int:
    """awswrangler: `put_items`, with items from `json.loads`; it requires all of them at once."""
    import awswrangler

    items = list(_rows())
    awswrangler.dynamodb.put_items(items=items, table_name=_TABLE)
    return len(items)


def _rows() -> Iterator[dict[str, Any]]:
    """Yields the rows as boto3's resource takes them."""
    lines = _lines()
    if not INPUT.endswith(".csv"):
        for line in lines:
            yield json.loads(line, parse_float=Decimal)
        return
    for row in csv.DictReader(lines):
        typed: dict[str, Any] = row
        typed["price"] = Decimal(row["price"])
        typed["quantity"] = int(row["quantity"])
        typed["active"] = _BOOLEANS[row["active"]]
        yield typed


def _typed() -> Iterator[dict[str, dict[str, Any]]]:
    """Yields the rows as boto3's client takes them."""
    for row in _rows():
        item: dict[str, dict[str, Any]] = {}
        for name, value in row.items():
            if isinstance(value, bool):
                item[name] = {"BOOL": value}
            else:
                item[name] = {"S": value} if isinstance(value, str) else {"N": str(value)}
        yield item


def _lines() -> Iterable[str]:
    """Returns the lines of the object, streamed in the cheapest way."""
    import boto3

    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"incoming/{INPUT}")["Body"]
    stream: Any = body._raw_stream  # noqa: SLF001 urllib3's own stream can be read by `io`; botocore's is 5 times as slow
    stream.auto_close = False
    raw = gzip.GzipFile(fileobj=stream) if INPUT.endswith(".gz") else stream
    return io.TextIOWrapper(raw, "utf-8", newline="")
