"""The dead letter queues of a stack: their messages, and redriving them.

A queue can only be read by receiving: received messages are hidden from others for a while, and become visible again
at the end unless they were deleted.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sluice.failures.failure import REFUSED, UNREADABLE, Detail, Discarded, Failure, Redriven, Wanted, everyone
from sluice.function_answers import error_text
from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target

_LOOKING_SECONDS = 60
_REDRIVING_SECONDS = 900
"""Longer than a run of the reporter."""
_AT_ONCE = 10
_VISIBLE = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"

Message = dict[str, Any]


class Held(NamedTuple):
    """The number of messages in a dead letter queue, as SQS estimates it."""

    visible: int
    in_flight: int
    """Hidden, because somebody views or redrives them."""


def held(target: Target) -> dict[str, Held]:
    """Returns the message counts of all dead letter queues that may be asked, without receiving messages."""
    queues = [(one, one["dead_letter_queue_url"]) for one in pipelines(target, "imports")]
    found: dict[str, Held] = {}
    for pipeline, url in (*queues, *((one, _report_queue(one)) for one in pipelines(target, "reports"))):
        try:
            answer = pipeline.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBLE, _IN_FLIGHT])
        except ClientError:
            continue
        counts = answer.get("Attributes", {})
        found[str(pipeline)] = Held(int(counts.get(_VISIBLE, 0)), int(counts.get(_IN_FLIGHT, 0)))
    return found


def import_failures(target: Target, at_most: int | None = None) -> Iterator[Failure]:
    """The pieces of work that the importer gave up, oldest first.

    Args:
        target: The stack.
        at_most: Receive at least this many from each queue, which hides them meanwhile; all by default.
    """
    for pipeline in pipelines(target, "imports"):
        with _received(pipeline, pipeline["dead_letter_queue_url"], _LOOKING_SECONDS, at_most) as messages:
            yield from (_import_failure(pipeline, message) for message in messages)


def in_other_hands(target: Target) -> Iterator[str]:
    """One sentence for each dead letter queue with messages that somebody else has received, so that they are hidden.

    A queue that may not be asked is left out.
    """
    minutes = _REDRIVING_SECONDS // 60
    for pipeline, counts in held(target).items():
        if count := counts.in_flight:
            yield f"More of {pipeline}, which somebody else views or redrives ({minutes} minutes at most): {count}."


def import_details(target: Target, wanted: Wanted) -> Iterator[tuple[Failure, Detail]]:
    """The selected pieces of work, with their messages."""
    for pipeline in pipelines(target, "imports"):
        with _received(pipeline, pipeline["dead_letter_queue_url"], _LOOKING_SECONDS) as messages:
            for message in messages:
                if wanted(failure := _import_failure(pipeline, message)):
                    yield failure, Detail([_readable(message["Body"])])


def discard_imports(target: Target, wanted: Wanted) -> Iterator[Discarded]:
    """Removes the selected pieces of work."""
    for pipeline in pipelines(target, "imports"):
        url = pipeline["dead_letter_queue_url"]
        yield from _discard(pipeline, url, lambda message, of=pipeline: _import_failure(of, message), wanted)


def redrive_imports(target: Target, wanted: Wanted = everyone) -> Iterator[Redriven]:
    """Puts each selected message back into the import queue, from which its function reads.

    A message that fails again comes back when its retries are used up.
    """
    for pipeline in pipelines(target, "imports"):
        yield from _redrive_import(pipeline, wanted)


def _redrive_import(pipeline: Pipeline, wanted: Wanted) -> Iterator[Redriven]:
    url, sqs = pipeline["dead_letter_queue_url"], pipeline.client("sqs")
    with _received(pipeline, url, _REDRIVING_SECONDS) as messages:
        for message in messages:
            failure, error = _import_failure(pipeline, message), ""
            if not wanted(failure):
                continue
            try:
                sqs.send_message(QueueUrl=pipeline["queue_url"], MessageBody=message["Body"])
            except REFUSED as refusal:
                error = f"not put back: {refusal}"
            else:
                try:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                except REFUSED as refusal:  # the next redrive sends it again, which does no harm
                    error = f"put back, but it is still among the dead letters: {refusal}"
            yield Redriven(failure, int(not error), int(bool(error)), error)


def report_failures(target: Target, at_most: int | None = None) -> Iterator[Failure]:
    """The runs of the reporter that failed for good, oldest first; `at_most` as in `import_failures`."""
    for pipeline in pipelines(target, "reports"):
        url = _report_queue(pipeline)
        with _received(pipeline, url, _LOOKING_SECONDS, at_most) as messages:
            yield from (_report_failure(pipeline, url, message) for message in messages)


def report_details(target: Target, wanted: Wanted) -> Iterator[tuple[Failure, Detail]]:
    """The selected runs, with their events, Lambda's number of attempts and the traceback of the last attempt."""
    for pipeline in pipelines(target, "reports"):
        url = _report_queue(pipeline)
        with _received(pipeline, url, _LOOKING_SECONDS) as messages:
            for message in messages:
                if wanted(failure := _report_failure(pipeline, url, message)):
                    yield failure, _run_detail(message)


def discard_reports(target: Target, wanted: Wanted) -> Iterator[Discarded]:
    """Removes the selected runs."""
    for pipeline in pipelines(target, "reports"):
        url = _report_queue(pipeline)
        yield from _discard(
            pipeline, url, lambda message, of=pipeline, url=url: _report_failure(of, url, message), wanted
        )


def _discard(
    pipeline: Pipeline, url: str, failure_of: Callable[[Message], Failure], wanted: Wanted
) -> Iterator[Discarded]:
    with _received(pipeline, url, _LOOKING_SECONDS) as messages:
        for message in messages:
            failure, error = failure_of(message), ""
            if wanted(failure):
                try:
                    pipeline.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                except REFUSED as refusal:
                    error = str(refusal)
                yield Discarded(failure, error)


def redrive_reports(target: Target, wanted: Wanted = everyone) -> Iterator[Redriven]:
    """Runs each selected report again, for its own scheduled time; one that fails again stays."""
    for pipeline in pipelines(target, "reports"):
        yield from _redrive_report(pipeline, wanted)


def _redrive_report(pipeline: Pipeline, wanted: Wanted) -> Iterator[Redriven]:
    url, sqs = _report_queue(pipeline), pipeline.client("sqs")
    with _received(pipeline, url, _REDRIVING_SECONDS) as messages:
        for message in messages:
            failure = _report_failure(pipeline, url, message)
            if not wanted(failure):
                continue
            if failure.reason == UNREADABLE:
                yield Redriven(failure, 0, 0, "this message is not a run of the reporter")
                continue
            payload, error = json.dumps(_event(message)).encode(), ""
            try:
                answer = pipeline.client("lambda").invoke(FunctionName=pipeline["function_name"], Payload=payload)
                if "FunctionError" in answer:
                    error = error_text(answer["Payload"].read())
                else:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            except REFUSED as refusal:
                error = str(refusal)
            yield Redriven(failure, int(not error), int(bool(error)), error)


def _report_queue(pipeline: Pipeline) -> str:
    """The queue for the reporter's failures, from its configuration in Lambda."""
    name = pipeline["function_name"]
    config = pipeline.client("lambda").get_function_event_invoke_config(FunctionName=name)
    arn = config["DestinationConfig"]["OnFailure"]["Destination"]
    return pipeline.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


@contextmanager
def _received(pipeline: Pipeline, url: str, seconds: int, at_most: int | None = None) -> Iterator[list[Message]]:
    """The messages of a queue, oldest first; those not deleted by the end become visible again at once."""
    sqs, messages = pipeline.client("sqs"), dict[str, Message]()
    wait = 0 if pipeline.target.endpoint else 1  # in AWS, 0 would ask only some of SQS's servers
    try:
        while (at_most is None or len(messages) < at_most) and (received := _receive(sqs, url, seconds, wait)):
            messages.update({message["MessageId"]: message for message in received})
        yield sorted(messages.values(), key=lambda message: int(message["Attributes"]["SentTimestamp"]))
    finally:
        handles = [message["ReceiptHandle"] for message in messages.values()]
        for start in range(0, len(handles), _AT_ONCE):
            entries = [
                {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for place, handle in enumerate(handles[start : start + _AT_ONCE])
            ]
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)  # reports the deleted ones as failed


def _receive(sqs: Any, url: str, seconds: int, wait: int) -> list[Message]:
    return sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=seconds,
        WaitTimeSeconds=wait,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp"],
    ).get("Messages", [])


def _import_failure(pipeline: Pipeline, message: Message) -> Failure:
    """The importer and EventBridge say why they gave something up; SQS does not say why something failed too often."""
    undelivered = _attribute(message, "ERROR_MESSAGE")
    reason = _attribute(message, "reason") or (
        f"EventBridge could not send it to the import queue: {undelivered}"
        if undelivered
        else "it failed every time it was received; the function's log has the errors"
    )
    return _failure(pipeline, reason, pipeline["dead_letter_queue_url"], message)


def _report_failure(pipeline: Pipeline, url: str, message: Message) -> Failure:
    return _failure(pipeline, _run_reason(pipeline, message), url, message)


def _failure(pipeline: Pipeline, reason: str, url: str, message: Message) -> Failure:
    at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    where = f"{url.rpartition('/')[2]}, message {message['MessageId']}"
    return Failure(
        str(pipeline),
        pipeline["function_name"],
        reason,
        at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        1,
        where,
    )


def _run_reason(pipeline: Pipeline, message: Message) -> str:
    """The error of the function, of Lambda, or of the schedule that could not deliver the event."""
    try:
        body = json.loads(message["Body"])
        if "requestContext" not in body and list(body) == _scheduled_fields(pipeline):
            detail = _attribute(message, "ERROR_MESSAGE")
            return "the schedule could not deliver it" + (f": {detail}" if detail else "")
        response = body.get("responsePayload") or {}
        return response.get("errorMessage") or body["requestContext"]["condition"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return UNREADABLE


def _scheduled_fields(pipeline: Pipeline) -> list[str]:
    """The fields of the event that the schedule sends."""
    schedule = pipeline.client("scheduler").get_schedule(Name=pipeline["schedule_name"])
    return list(json.loads(schedule["Target"]["Input"]))


def _event(message: Message) -> Any:
    """The event of a failed run: from Lambda's document, or as the schedule sent it."""
    body = json.loads(message["Body"])
    return body.get("requestPayload", body)


def _run_detail(message: Message) -> Detail:
    body = _readable(message["Body"])
    if not isinstance(body, dict):
        return Detail([body])
    context, said = body.get("requestContext"), body.get("responsePayload")
    attempts = context.get("approximateInvokeCount") if isinstance(context, dict) else None
    trace = said.get("stackTrace") if isinstance(said, dict) else None
    lines = "".join(map(str, trace)).splitlines() if isinstance(trace, list) else []
    return Detail([body.get("requestPayload", body)], attempts, tuple(lines))


def _readable(body: str) -> Any:
    """The content of a message; its text if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _attribute(message: Message, name: str) -> str:
    return message.get("MessageAttributes", {}).get(name, {}).get("StringValue", "")
