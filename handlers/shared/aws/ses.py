"""Sends mail with SES v2. A mail cannot be taken back, so no request here is repeatable."""

from typing import Any

from handlers.shared.aws.client import Client
from handlers.shared.aws.request import Payload, Request, json_body
from handlers.shared.aws.session import Session


def connect(**options: Any) -> Client:
    """Returns a client; takes the keyword arguments of Session."""
    return Client(Session("SESv2", "ses", "email", **options))


def send_email(payload: Payload) -> Request:
    """Returns a request that sends one mail."""
    return _request("SendEmail", "emails", payload)


def send_bulk_email(payload: Payload) -> Request:
    """Returns a request that sends a template to at most 50 destinations, with an answer for each."""
    return _request("SendBulkEmail", "bulk-emails", payload)


def _request(operation: str, path: str, payload: Payload) -> Request:
    headers = {"content-type": "application/json"}
    path = f"/v2/email/outbound-{path}"
    return Request(operation, body=json_body(payload), path=path, headers=headers, repeatable=False)
