"""The stream batches that failed for good: Lambda's documents on them, and redriving their records."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from sluice.aws_errors import code
from sluice.failures import lease
from sluice.failures.batches import PREFIX, listed, named
from sluice.failures.failure import REFUSED, Detail, Discarded, Failure, Redriven, Wanted, everyone
from sluice.function_answers import error_text, failed_items
from sluice.pipelines import pipelines
from sluice.target import Target

_THREADS = 8
_HANDED_BACK = "it handed them back"
_TOO_LARGE = ("RequestTooLargeException", "RequestEntityTooLargeException", "413")
_GONE = ("NoSuchKey", "404")
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "412")


def stream_failures(target: Target) -> Iterator[Failure]:
    """The stream batches that exhausted their retries, oldest first."""
    with ThreadPoolExecutor(_THREADS) as pool:
        read = partial(_failure_at, target, _pipelines_of(target))
        yield from filter(None, pool.map(read, _objects(target)))


def read_batch(target: Target, key: str) -> tuple[Failure, Detail] | None:
    """Returns a failed batch with its records and Lambda's number of attempts; None if there is none (any more)."""
    is_one = key.startswith(PREFIX) and key != lease.KEY
    if not is_one or "archive_bucket_name" not in target.outputs:
        return None
    document = _document(target, _pipelines_of(target), {"Key": key, "LastModified": datetime.now(UTC)})
    return (document.failure, _detail(document)) if document else None


def stream_details(target: Target, wanted: Wanted) -> Iterator[tuple[Failure, Detail]]:
    """The selected batches, with their records and Lambda's number of attempts."""
    for document in _documents(target, wanted):
        yield document.failure, _detail(document)


def discard_stream(target: Target, wanted: Wanted) -> Iterator[Discarded]:
    """Removes the selected batches; an object that is not a failure stays."""
    for document in _documents(target, wanted):
        error = document.error
        if document.content:
            try:
                target.client("s3").delete_object(Bucket=target["archive_bucket_name"], Key=document.key)
            except REFUSED as refusal:
                error = str(refusal)
        yield Discarded(document.failure, error)


def redrive_stream(target: Target, wanted: Wanted = everyone) -> Iterator[Redriven]:
    """Sends each selected batch to its function again, oldest first, and removes the records that succeed.

    A batch that another redrive has removed meanwhile is skipped, and never written back.
    """
    for document in _documents(target, wanted):
        if not document.content:
            yield Redriven(document.failure, 0, 0, document.error)
            continue
        function = document.content["requestContext"]["functionArn"]
        left, error = send(target.client("lambda"), function, document.records)
        settled = _settled(target, document, left, error)
        is_handed_back = settled.left and error == _HANDED_BACK
        yield settled._replace(handed_back=left[-1]["dynamodb"]["SequenceNumber"] if is_handed_back else "")


class _Document(NamedTuple):
    failure: Failure
    key: str
    etag: str = ""
    content: dict[str, Any] | None = None
    """None if it cannot be read."""
    records: list[dict[str, Any]] = []  # noqa: RUF012 nobody changes it
    error: str = ""
    """Why it cannot be read."""


def _documents(target: Target, wanted: Wanted) -> Iterator[_Document]:
    """Lambda's documents on the selected batches: one at a time, because each may hold megabytes."""
    pipelines_of = _pipelines_of(target)
    for item in _objects(target):
        if wanted(named(target, item)) and (document := _document(target, pipelines_of, item)):
            yield document


def _detail(document: _Document) -> Detail:
    context = (document.content or {}).get("requestContext", {})
    return Detail(document.records, context.get("approximateInvokeCount"))


def _objects(target: Target) -> list[dict[str, Any]]:
    """What lies among the failures, oldest first."""
    objects = [item for page in listed(target) for item in page]
    return sorted(objects, key=lambda item: item["LastModified"])


def _pipelines_of(target: Target) -> dict[str, str]:
    """Function -> its stream."""
    return {
        pipeline[f"{consumer}_function_name"]: str(pipeline)
        for pipeline in pipelines(target, "streams")
        for consumer in ("archiver", "notifier")
    }


def _failure_at(target: Target, pipelines_of: dict[str, str], item: dict[str, Any]) -> Failure | None:
    """The failure in an object, without its records."""
    document = _document(target, pipelines_of, item)
    return document.failure if document else None


def _document(target: Target, pipelines_of: dict[str, str], item: dict[str, Any]) -> _Document | None:
    """The content of an object; None if it is gone, because somebody else redrove it meanwhile."""
    key, unreadable = item["Key"], named(target, item)
    try:
        response = target.client("s3").get_object(Bucket=target["archive_bucket_name"], Key=key)
        body = response["Body"].read()
    except REFUSED as error:
        return None if code(error) in _GONE else _Document(unreadable, key, error=str(error))
    try:
        content = json.loads(body)
        records = json.loads(content["payload"])["Records"]
        return _Document(
            _failure(content, records, unreadable.where, pipelines_of), key, response["ETag"], content, records
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return _Document(unreadable, key, error="this object is not a failure of a stream")


def _failure(
    content: dict[str, Any], records: list[dict[str, Any]], where: str, pipelines_of: dict[str, str]
) -> Failure:
    context = content["requestContext"]
    function = context["functionArn"].split(":")[6]
    _ends(records)
    datetime.fromisoformat(content["timestamp"])
    pipeline = pipelines_of.get(function, "stream")  # a consumer that has been removed, or is another program's
    return Failure(pipeline, function, str(context["condition"]), content["timestamp"], len(records), where)


def _settled(target: Target, document: _Document, left: list[dict[str, Any]], error: str) -> Redriven:
    """Removes the records that succeeded; if somebody else changed the object meanwhile, their change stays."""
    done = len(document.records) - len(left)
    s3, location = target.client("s3"), {"Bucket": target["archive_bucket_name"], "Key": document.key}
    try:
        if not left:
            s3.delete_object(**location)
        elif done:
            s3.put_object(**location, IfMatch=document.etag, Body=_with_records(document.content or {}, left))
        else:
            s3.head_object(**location)
    except REFUSED as refusal:
        if code(refusal) in _GONE:
            left, error = [], ""
        elif code(refusal) not in _CHANGED:
            error = f"it could not be removed from the failures: {refusal}"
    return Redriven(document.failure, done, len(left), error)


def _with_records(content: dict[str, Any], records: list[dict[str, Any]]) -> bytes:
    """The same document with fewer records."""
    first, last = _ends(records)
    ends = {"startSequenceNumber": first, "endSequenceNumber": last}
    batch = {**content["DDBStreamBatchInfo"], **ends, "batchSize": len(records)}
    return _compact({**content, "DDBStreamBatchInfo": batch, "payload": _compact({"Records": records}).decode()})


def _ends(records: list[dict[str, Any]]) -> tuple[str, str]:
    """The first and last sequence numbers."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return numbers[0], numbers[-1]


def send(lambda_: Any, function: str, records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Sends records to a function as its mapping would; returns those that fail even alone, and why the last one did.

    A batch too large for an invocation is halved: Lambda takes 6 MB from callers, and failed batches are as large.
    If Lambda refuses for another reason, the rest is left.

    Args:
        lambda_: The SDK's client.
        function: The function's name or ARN.
        records: The records as in Lambda's event, in the order of their shard.
    """
    left: list[dict[str, Any]] = []
    error, waiting = "", [records]
    while waiting:
        batch = waiting.pop()
        first, reason = None, ""
        try:
            # Not in the shard's order, and perhaps beside another redrive: the function may want to know.
            answer = lambda_.invoke(FunctionName=function, Payload=_compact({"Records": batch, "redriven": True}))
            body = answer["Payload"].read()
            reason = error_text(body) if "FunctionError" in answer else _HANDED_BACK
            first = None if "FunctionError" in answer else _first_failed(batch, body)
        except REFUSED as refusal:
            if code(refusal) not in _TOO_LARGE:
                return [*left, *batch, *(record for rest in reversed(waiting) for record in rest)], str(refusal)
            reason = str(refusal)
        failed, rest = _parted(batch, first)
        error = reason if failed else error
        left += failed
        waiting += rest
    return left, error


def _parted(batch: list[dict[str, Any]], first: int | None) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    """The records of a batch that are left for good, and the batches to send next, the last one first."""
    if first is None and len(batch) > 1:
        half = len(batch) // 2
        return [], [batch[half:], batch[:half]]
    place = first or 0
    rest = batch[place + 1 :]
    return batch[place : place + 1], [rest] if rest else []


def _first_failed(batch: list[dict[str, Any]], response: bytes) -> int | None:
    """The index of the first record that a partial batch response names; the batch's length if it names none.

    None if the response is invalid: Lambda then treats the whole batch as failed.
    """
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(batch)}
    try:
        return min((places[number] for number in failed_items(response)), default=len(batch))
    except (ValueError, KeyError):
        return None


def _compact(value: Any) -> bytes:
    """JSON without spaces or escapes: a batch that came as 6 MB is hardly larger when it is sent."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")  # half a surrogate pair stays an escape
