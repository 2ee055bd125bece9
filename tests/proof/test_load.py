"""Load: what the pipelines do with much at once. The full form measures; `docs/limits.md` has the figures of one run.

The short form moves little and asserts the same: nothing lost, nothing doubled.
"""

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from benchmarks.workers import Workers
from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.ledger import entries
from sluice.rejects import rejects
from tests.stacks import configured, eventually, imports_of

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def stack(cloud: EmbeddedCloud) -> Stack:
    return cloud.deploy("local", config=configured(mail={"enabled": False}))


def _told(promise: str, count: int, seconds: float, workers: Workers, lag: float | None = None) -> str:
    shown = f"{promise}: {count / seconds:,.0f}/s, {workers.peak_mib:.0f} MiB at most a worker"
    return shown + (f", {lag:.1f} s from the last one written to idle" if lag is not None else "")


def test_many_stream_records(stack, cloud, promised, full):
    count = 50_000 if full else 500
    with Workers(cloud.server.pid) as workers:
        began = time.monotonic()
        _write(stack, count)
        written = time.monotonic()
        stack.wait_idle(900)
        ended = time.monotonic()
    archived = _archived(stack)
    lost = [n for n in range(count) if not archived[f"load-{n}"]]
    doubled = [key for key, times in archived.items() if times > 1]
    promise = _told(f"{count:,} stream records", count, ended - began, workers, ended - written)
    promised(promise, cases=count, lost=len(lost), doubled=len(doubled))
    assert (lost, doubled) == ([], [])


def _write(stack: Stack, count: int) -> None:
    dynamodb, table = stack.cloud.client("dynamodb"), stack.output("streams.users.tables.0.name")

    def put(start: int) -> None:
        puts = [
            {"PutRequest": {"Item": {"userId": {"S": f"load-{n}"}, "name": {"S": "x"}}}}
            for n in range(start, min(start + 25, count))
        ]
        dynamodb.batch_write_item(RequestItems={table: puts})

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(put, range(0, count, 25)))


def _archived(stack: Stack) -> Counter[str]:
    s3, bucket = stack.cloud.client("s3"), stack.outputs["archive_bucket_name"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="changes/")
    keys = [held["Key"] for page in pages for held in page.get("Contents", [])]
    bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    return Counter(json.loads(line)["keys"]["userId"] for body in bodies for line in body.splitlines())


def _finished(stack: Stack, prefix: str, count: int) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]]:
        ours = [entry for entry in entries(imports_of(stack)) if f"/incoming/{prefix}" in entry["object"]]
        return ours if len(ours) == count and all(entry["status"] != "RUNNING" for entry in ours) else []

    return eventually(look, 600)


def test_many_files_at_once(stack, cloud, promised, full):
    files, rows = (20, 5_000) if full else (5, 100)
    with Workers(cloud.server.pid) as workers:
        began = time.monotonic()
        _upload(stack, "at-once", files, rows)
        ended = _finished(stack, "at-once", files)
        seconds = time.monotonic() - began
    written = sum(entry["rows_written"] for entry in ended)
    promise = _told(f"{files} files at once, rows", files * rows, seconds, workers)
    promised(promise, cases=files * rows, lost=files * rows - written, doubled=0)
    assert {entry["status"] for entry in ended} == {"SUCCEEDED"}
    assert written == files * rows


def test_events_that_waited_while_the_function_was_away(stack, cloud, promised, full):
    files = 1_000 if full else 20
    (mapping,) = (
        one
        for one in stack.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
        if ":sqs:" in one.inputs["eventSourceArn"]
    )
    lambda_ = stack.cloud.client("lambda")
    lambda_.update_event_source_mapping(UUID=mapping.id, Enabled=False)
    _upload(stack, "waited", files, 1)
    with Workers(cloud.server.pid) as workers:
        began = time.monotonic()
        lambda_.update_event_source_mapping(UUID=mapping.id, Enabled=True)
        ended = _finished(stack, "waited", files)
        seconds = time.monotonic() - began
    written = sum(entry["rows_written"] for entry in ended)
    promised(
        _told(f"{files:,} events that waited", files, seconds, workers), cases=files, lost=files - written, doubled=0
    )
    assert {entry["status"] for entry in ended} == {"SUCCEEDED"}
    assert written == files


def _upload(stack: Stack, prefix: str, files: int, rows: int) -> None:
    s3, bucket = stack.cloud.client("s3"), stack.output("imports.items.bucket_name")
    for number in range(files):
        body = b"id,text\n" + b"".join(b"%s-%d-%d,some text\n" % (prefix.encode(), number, n) for n in range(rows))
        s3.put_object(Bucket=bucket, Key=f"incoming/{prefix}-{number}.csv", Body=body)


def test_a_million_rows(stack, cloud, promised, full):
    if not full:
        pytest.skip("in the full form only: make proof")
    rows, key = 1_000_000, "incoming/million.csv"
    line = ",".join(["x" * 20] * 6)
    body = b"id,a,b,c,d,e,f\n" + b"".join(b"%d,%s\n" % (n, line.encode()) for n in range(rows))
    stack.cloud.client("s3").put_object(Bucket=stack.output("imports.items.bucket_name"), Key=key, Body=body)
    with Workers(cloud.server.pid) as workers:
        began = time.monotonic()

        def look() -> Any:
            found = next((one for one in entries(imports_of(stack)) if one["object"].endswith(key)), None)
            return found if found and found["status"] != "RUNNING" else None

        entry = eventually(look, 1800)
        seconds = time.monotonic() - began
    promise = _told(
        f"1,000,000 rows of {len(body) >> 20} MiB in {entry['chunks_total']} chunks", rows, seconds, workers
    )
    promised(promise, cases=rows, lost=rows - entry["rows_written"], doubled=0)
    assert (entry["status"], entry["rows_read"], entry["rows_written"]) == ("SUCCEEDED", rows, rows)
    assert entry["chunks_total"] > 1
    assert workers.peak_mib < 200


@pytest.mark.parametrize("chunk_mib", [1, 32])
def test_a_quote_that_is_never_closed_hides_no_row_behind_it(promised, full, chunk_mib):
    """A public report (cockroachdb/cockroach#39809 and others): 300,000 rows lay within the open quote."""
    if not full:
        pytest.skip("in the full form only: make proof")
    behind = b"".join(b"u%d,plain,%d\n" % (number, number) for number in range(300_000))
    with EmbeddedCloud() as cloud:
        stack = cloud.deploy("local", config=configured(imports={"chunkMiB": chunk_mib}))
        bucket, key = stack.output("imports.items.bucket_name"), "incoming/unclosed.csv"
        body = b'id,name,n\nu-a,fine,1\nu-b,"12 inch,2\n' + behind
        stack.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        (entry,) = eventually(lambda: [one for one in entries(imports_of(stack)) if one["status"] != "RUNNING"], 900)
        rejected = rejects(imports_of(stack)[0].target, bucket, key)
        told = [(reject.line, reject.reason) for reject in rejected]
    assert told == [(3, "the quote opened in column 2 is not closed")]
    assert (entry["status"], entry["rows_read"]) == ("PARTIAL", 300_002)
    assert (entry["rows_written"], entry["rows_rejected"], entry["rows_skipped"]) == (300_001, 1, 0)
    assert (entry["chunks_total"] > 1) == (chunk_mib == 1)
    promised(f"300,001 rows beside an open quote, {entry['chunks_total']} chunks", cases=300_001, lost=0, doubled=0)
