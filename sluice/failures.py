"""What failed for good, wherever it lies, and how it is sent again."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from local.streams.batches import failed_items
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

    @property
    def is_home(self) -> bool:
        """Whether nothing of it is left."""
        return not self.left and self.failure.reason != UNREADABLE


UNREADABLE = "Unreadable"
"""The reason of an object that lies among the failures and is none; it is shown, and left alone."""

_STREAM_FAILURES = "aws/lambda/"


def stream_failures(target: Target) -> Iterator[Failure]:
    """The batches of the stream that exhausted their retries, oldest first."""
    for failure, _, _ in _documents(target):
        yield failure


def redrive_stream(target: Target) -> Iterator[Redriven]:
    """Sends each failed batch to its function again, oldest first; what is taken is removed."""
    bucket, s3, lambda_ = target["archive_bucket_name"], target.client("s3"), target.client("lambda")
    for failure, key, content in _documents(target):
        if content is None:
            yield Redriven(failure, 0, 0)
            continue
        records = json.loads(content["payload"])["Records"]
        left = _send(lambda_, content["requestContext"]["functionArn"], records)
        if not left:
            s3.delete_object(Bucket=bucket, Key=key)
        elif len(left) < len(records):
            s3.put_object(Bucket=bucket, Key=key, Body=_with_records(content, left))
        yield Redriven(failure, len(records) - len(left), len(left))


class _Document(NamedTuple):
    failure: Failure
    key: str
    content: dict[str, Any] | None
    """None where it cannot be read."""


def _documents(target: Target) -> Iterator[_Document]:
    """What Lambda left of each failed batch: one at a time, because each may hold megabytes."""
    bucket, s3 = target["archive_bucket_name"], target.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_STREAM_FAILURES)
    listed = [held for page in pages for held in page.get("Contents", [])]
    for held in sorted(listed, key=lambda held: held["LastModified"]):
        body = s3.get_object(Bucket=bucket, Key=held["Key"])["Body"].read()
        where = f"s3://{bucket}/{held['Key']}"
        try:
            content = json.loads(body)
            failure = _failure(content, where)
        except (ValueError, LookupError, TypeError):
            content, failure = None, Failure("stream", "", UNREADABLE, held["LastModified"].isoformat(), 0, where)
        yield _Document(failure, held["Key"], content)


def _failure(content: dict[str, Any], where: str) -> Failure:
    context = content["requestContext"]
    function = context["functionArn"].split(":")[6]
    records = len(json.loads(content["payload"])["Records"])
    return Failure("stream", function, context["condition"], content["timestamp"], records, where)


def _with_records(content: dict[str, Any], records: list[dict[str, Any]]) -> bytes:
    """The same document with fewer records."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    ends = {"startSequenceNumber": numbers[0], "endSequenceNumber": numbers[-1]}
    batch = {**content["DDBStreamBatchInfo"], **ends, "batchSize": len(records)}
    return json.dumps({**content, "DDBStreamBatchInfo": batch, "payload": json.dumps({"Records": records})}).encode()


def _send(lambda_: Any, function: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sends records to a function as its mapping would, and returns those that fail even alone."""
    left: list[dict[str, Any]] = []
    waiting = [records]
    while waiting:
        batch = waiting.pop()
        answer = lambda_.invoke(FunctionName=function, Payload=json.dumps({"Records": batch}).encode())
        body = answer["Payload"].read()
        first = None if "FunctionError" in answer else _first_failed(batch, body)
        if first is not None:
            left += batch[first : first + 1]
            waiting.append(batch[first + 1 :])
        elif len(batch) == 1:
            left += batch
        else:
            half = len(batch) // 2
            waiting += [batch[half:], batch[:half]]
        waiting = [rest for rest in waiting if rest]
    return left


def _first_failed(batch: list[dict[str, Any]], response: bytes) -> int | None:
    """The place of the first record that a partial batch response names; behind the last where it names none.

    None where the response is invalid: Lambda takes the whole batch for failed then.
    """
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(batch)}
    try:
        return min((places[number] for number in failed_items(response)), default=len(batch))
    except (ValueError, KeyError):
        return None
