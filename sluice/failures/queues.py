"""The dead letter queues of a stack: what lies in them, and sending it again.

Queues can only be looked into by receiving: what is received stays hidden from others for a while, and is let go of at
the end unless it was taken.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sluice.failures.failure import REFUSED, UNREADABLE, Failure, Redriven
from sluice.function_answers import error_text
from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target

_LOOKING_SECONDS = 60
_REDRIVING_SECONDS = 900
"""Longer than a run of the reporter takes."""
_AT_ONCE = 10

Message = dict[str, Any]


def import_failures(target: Target) -> Iterator[Failure]:
    """The pieces of work that the importer gave up, oldest first."""
    for pipeline in pipelines(target, "imports"):
        with _received(pipeline, pipeline["dead_letter_queue_url"], _LOOKING_SECONDS) as messages:
            yield from (_import_failure(pipeline, message) for message in messages)


def redrive_imports(target: Target) -> Iterator[Redriven]:
    """Puts each message back into the import queue, which is what its function reads.

    What fails again comes back when its retries are used up.
    """
    for pipeline in pipelines(target, "imports"):
        yield from _redrive_import(pipeline)


def _redrive_import(pipeline: Pipeline) -> Iterator[Redriven]:
    url, sqs = pipeline["dead_letter_queue_url"], pipeline.client("sqs")
    with _received(pipeline, url, _REDRIVING_SECONDS) as messages:
        for message in messages:
            failure, error = _import_failure(pipeline, message), ""
            try:
                sqs.send_message(QueueUrl=pipeline["queue_url"], MessageBody=message["Body"])
            except REFUSED as refusal:
                error = f"not put back: {refusal}"
            else:
                try:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                except REFUSED as refusal:  # sent once more by the next redrive, which does no harm
                    error = f"put back, but it is still among the dead letters: {refusal}"
            yield Redriven(failure, int(not error), int(bool(error)), error)


def report_failures(target: Target) -> Iterator[Failure]:
    """The runs of the reporter that failed for good, oldest first."""
    for pipeline in pipelines(target, "reports"):
        url = _report_queue(pipeline)
        with _received(pipeline, url, _LOOKING_SECONDS) as messages:
            yield from (_report_failure(pipeline, url, message) for message in messages)


def redrive_reports(target: Target) -> Iterator[Redriven]:
    """Runs each failed report again, for its own scheduled time; what fails again stays."""
    for pipeline in pipelines(target, "reports"):
        yield from _redrive_report(pipeline)


def _redrive_report(pipeline: Pipeline) -> Iterator[Redriven]:
    url, sqs = _report_queue(pipeline), pipeline.client("sqs")
    with _received(pipeline, url, _REDRIVING_SECONDS) as messages:
        for message in messages:
            failure = _report_failure(pipeline, url, message)
            if failure.reason == UNREADABLE:
                yield Redriven(failure, 0, 0, "this message is no run of the reporter")
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
    """The queue that the reporter's failures go to, as Lambda is told."""
    name = pipeline["function_name"]
    config = pipeline.client("lambda").get_function_event_invoke_config(FunctionName=name)
    arn = config["DestinationConfig"]["OnFailure"]["Destination"]
    return pipeline.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


@contextmanager
def _received(pipeline: Pipeline, url: str, seconds: int) -> Iterator[list[Message]]:
    """All messages of a queue, oldest first; those that are still there at the end are visible again at once."""
    sqs, messages = pipeline.client("sqs"), dict[str, Message]()
    try:
        while received := _receive(sqs, url, seconds):
            messages.update({message["MessageId"]: message for message in received})
        yield sorted(messages.values(), key=lambda message: int(message["Attributes"]["SentTimestamp"]))
    finally:
        handles = [message["ReceiptHandle"] for message in messages.values()]
        for start in range(0, len(handles), _AT_ONCE):
            entries = [
                {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for place, handle in enumerate(handles[start : start + _AT_ONCE])
            ]
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)  # names the deleted ones as failed


def _receive(sqs: Any, url: str, seconds: int) -> list[Message]:
    return sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=seconds,
        WaitTimeSeconds=1,  # 0 asks only some of SQS's servers
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp"],
    ).get("Messages", [])


def _import_failure(pipeline: Pipeline, message: Message) -> Failure:
    """Importer and EventBridge say why they gave something up; SQS says nothing of what failed too often."""
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
    """What the function said, or Lambda, or the schedule that could not deliver the event."""
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
    """The event of a run that failed: within Lambda's document, or as the schedule sent it."""
    body = json.loads(message["Body"])
    return body.get("requestPayload", body)


def _attribute(message: Message, name: str) -> str:
    return message.get("MessageAttributes", {}).get(name, {}).get("StringValue", "")
