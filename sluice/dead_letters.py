"""The dead letter queues of a stack: what lies in them, and sending it again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sluice.failures import Failure, Redriven
from sluice.target import Target

_HIDDEN_SECONDS = 60
"""How long messages are hidden while they are looked at."""


def import_failures(target: Target) -> Iterator[Failure]:
    """The pieces of work that the importer gave up, oldest first."""
    url = target["import_dead_letter_queue_url"]
    for message in _messages(target, url):
        yield _failure("import", target["import_function_name"], _reason(message), url, message)


def redrive_imports(target: Target) -> Iterator[Redriven]:
    """Puts each message back into the import queue, which is what its function reads."""
    url, sqs = target["import_dead_letter_queue_url"], target.client("sqs")
    for message in _messages(target, url):
        sqs.send_message(QueueUrl=target["import_queue_url"], MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        failure = _failure("import", target["import_function_name"], _reason(message), url, message)
        yield Redriven(failure, done=1, left=0)


def report_failures(target: Target) -> Iterator[Failure]:
    """The runs of the reporter that failed for good, oldest first."""
    url = _report_queue(target)
    for message in _messages(target, url):
        yield _failure("report", target["report_function_name"], _run_reason(message), url, message)


def redrive_reports(target: Target) -> Iterator[Redriven]:
    """Runs each failed report again, for its own scheduled time."""
    url, sqs = _report_queue(target), target.client("sqs")
    for message in _messages(target, url):
        body = json.loads(message["Body"])
        payload = json.dumps(body.get("requestPayload", body)).encode()
        answer = target.client("lambda").invoke(FunctionName=target["report_function_name"], Payload=payload)
        failed = "FunctionError" in answer
        if not failed:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        failure = _failure("report", target["report_function_name"], _run_reason(message), url, message)
        yield Redriven(failure, done=int(not failed), left=int(failed))


def _report_queue(target: Target) -> str:
    """The queue that the reporter's failures go to, as its function is told."""
    name = target["report_function_name"]
    config = target.client("lambda").get_function_event_invoke_config(FunctionName=name)
    arn = config["DestinationConfig"]["OnFailure"]["Destination"]
    return target.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


def _messages(target: Target, url: str) -> list[dict[str, Any]]:
    """All messages of a queue, oldest first; they are visible again at once."""
    sqs, found = target.client("sqs"), {}
    while True:
        received = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        if not received:
            break
        found.update({message["MessageId"]: message for message in received})
    for message in found.values():
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return sorted(found.values(), key=lambda message: int(message["Attributes"]["SentTimestamp"]))


def _failure(pipeline: str, function: str, reason: str, url: str, message: dict[str, Any]) -> Failure:
    at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    where = f"{url.rpartition('/')[2]}, message {message['MessageId']}"
    return Failure(pipeline, function, reason, at.isoformat(timespec="milliseconds"), 1, where)


def _reason(message: dict[str, Any]) -> str:
    """What the importer says of a message that it gave up itself; SQS says nothing of those that failed too often."""
    given = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
    return given or "it failed every time it was received; the function's log has the errors"


def _run_reason(message: dict[str, Any]) -> str:
    body = json.loads(message["Body"])
    told = (body.get("responsePayload") or {}).get("errorMessage")
    return told or body.get("requestContext", {}).get("condition", "the schedule could not deliver it")
