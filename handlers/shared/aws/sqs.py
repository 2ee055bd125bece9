"""Sends to SQS over its JSON protocol."""

from typing import Any

from handlers.shared.aws.client import Client
from handlers.shared.aws.request import Payload, Request, json_body
from handlers.shared.aws.session import Session


def connect(**options: Any) -> Client:
    """Returns a client; takes the keyword arguments of Session."""
    return Client(Session("SQS", "sqs", "sqs", **options))


def send_message(payload: Payload, *, repeatable: bool = False) -> Request:
    """Returns a request that sends a message; `repeatable` if it may arrive twice."""
    return _request("SendMessage", payload, repeatable)


def send_message_batch(payload: Payload, *, repeatable: bool = False) -> Request:
    """Returns a request that sends at most ten messages; the answer's `Failed` names those not taken."""
    return _request("SendMessageBatch", payload, repeatable)


def _request(operation: str, payload: Payload, repeatable: bool) -> Request:
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"AmazonSQS.{operation}",
        "x-amzn-query-mode": "true",  # as the SDK does: errors also have their names in the older protocol
    }
    return Request(operation, body=json_body(payload), headers=headers, repeatable=repeatable)
