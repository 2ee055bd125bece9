"""Sending to SQS over its JSON protocol."""

from collections.abc import Mapping
from typing import Any

from handlers.shared.aws.client import Client
from handlers.shared.aws.request import Request, json_body
from handlers.shared.aws.session import Session


def connect(**options: Any) -> Client:
    """Returns a client; takes the keyword arguments of Session."""
    return Client(Session("SQS", "sqs", "sqs", **options))


def send_message(payload: Mapping[str, Any] | str | bytes, *, repeatable: bool = False, tag: Any = None) -> Request:
    """Returns a request that sends a message; `payload` is what boto3 takes. May the message arrive twice?"""
    return _request("SendMessage", payload, repeatable=repeatable, tag=tag)


def send_message_batch(
    payload: Mapping[str, Any] | str | bytes, *, repeatable: bool = False, tag: Any = None
) -> Request:
    """Returns a request that sends at most ten messages; the answer's `Failed` names those not taken."""
    return _request("SendMessageBatch", payload, repeatable=repeatable, tag=tag)


def _request(operation: str, payload: Mapping[str, Any] | str | bytes, *, repeatable: bool, tag: Any) -> Request:
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"AmazonSQS.{operation}",
        "x-amzn-query-mode": "true",  # as the SDK does: also name errors as the older protocol did
    }
    return Request(operation, body=json_body(payload), headers=headers, repeatable=repeatable, tag=tag)
