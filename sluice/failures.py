"""What failed for good, wherever it lies, and how it is sent again."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sluice.target import Target


class Failure(NamedTuple):
    """Something that its function did not take, kept for whoever looks."""

    pipeline: str
    function: str
    reason: str
    at: str
    """When it was given up, ISO 8601."""
    records: int
    where: str
    """Where it lies: the URI of an object, or the queue and message."""


class Redriven(NamedTuple):
    """How sending a failure again went."""

    failure: Failure
    done: int
    """Records that were taken now."""
    left: int
    """Records that failed again and are still among the failures."""


_STREAM_FAILURES = "aws/lambda/"


def stream_failures(target: Target) -> Iterator[Failure]:
    """The batches of the stream that exhausted their retries, oldest first."""
    for key, document in _documents(target):
        context, batch = document["requestContext"], document["DDBStreamBatchInfo"]
        yield Failure(
            pipeline="stream",
            function=context["functionArn"].rpartition(":")[2],
            reason=context["condition"],
            at=document["timestamp"],
            records=batch["batchSize"],
            where=f"s3://{target['archive_bucket_name']}/{key}",
        )


def redrive_stream(target: Target) -> Iterator[Redriven]:
    """Sends each failed batch to its function again; a batch of which nothing is left to do is removed."""
    bucket, s3 = target["archive_bucket_name"], target.client("s3")
    failures = list(stream_failures(target))
    for failure, (key, document) in zip(failures, _documents(target), strict=True):
        records = json.loads(document["payload"])["Records"]
        left = _send(target.client("lambda"), document["requestContext"]["functionArn"], records)
        if not left:
            s3.delete_object(Bucket=bucket, Key=key)
        elif len(left) < len(records):
            document["payload"] = json.dumps({"Records": left})
            document["DDBStreamBatchInfo"]["batchSize"] = len(left)
            s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())
        yield Redriven(failure, len(records) - len(left), len(left))


def _documents(target: Target) -> list[tuple[str, dict[str, Any]]]:
    """Key and content of each object that Lambda left for a failed batch, oldest first."""
    bucket, s3 = target["archive_bucket_name"], target.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_STREAM_FAILURES)
    listed = sorted(
        (held for page in pages for held in page.get("Contents", [])), key=lambda held: held["LastModified"]
    )
    return [(held["Key"], json.loads(s3.get_object(Bucket=bucket, Key=held["Key"])["Body"].read())) for held in listed]


def _send(lambda_: Any, function: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sends records to a function as its mapping would, and returns those that fail even alone."""
    left: list[dict[str, Any]] = []
    waiting = [records]
    while waiting:
        batch = waiting.pop(0)
        answer = lambda_.invoke(FunctionName=function, Payload=json.dumps({"Records": batch}).encode())
        result = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer:
            rest = [] if len(batch) == 1 else [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
            left += batch if len(batch) == 1 else []
        else:
            first = _first_failed(batch, result)
            rest = [batch[first + 1 :]] if first + 1 < len(batch) else []
            left += batch[first : first + 1]
        waiting = rest + waiting
    return left


def _first_failed(batch: list[dict[str, Any]], result: Any) -> int:
    """The place of the first record that a partial batch response names; behind the last where it names none."""
    named = {failed["itemIdentifier"] for failed in (result or {}).get("batchItemFailures") or []}
    places = (place for place, record in enumerate(batch) if record["dynamodb"]["SequenceNumber"] in named)
    return next(places, len(batch))
