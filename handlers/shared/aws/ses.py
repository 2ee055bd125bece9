"""Sending mail with SES v2. A mail cannot be taken back, so no request here is repeatable."""

from collections.abc import Mapping
from typing import Any

from handlers.shared.aws.client import Client
from handlers.shared.aws.request import Request, json_body
from handlers.shared.aws.session import Session


def connect(**options: Any) -> Client:
    """Returns a client; takes the keyword arguments of Session."""
    return Client(Session("SESv2", "ses", "email", **options))


def send_email(payload: Mapping[str, Any] | str | bytes, *, tag: Any = None) -> Request:
    """Returns a request that sends one mail; `payload` is what boto3's `sesv2` takes."""
    return _request("SendEmail", "/v2/email/outbound-emails", payload, tag)


def send_bulk_email(payload: Mapping[str, Any] | str | bytes, *, tag: Any = None) -> Request:
    """Returns a request that sends a template to at most 50 destinations, with an answer for each."""
    return _request("SendBulkEmail", "/v2/email/outbound-bulk-emails", payload, tag)


def _request(operation: str, path: str, payload: Mapping[str, Any] | str | bytes, tag: Any) -> Request:
    headers = {"content-type": "application/json"}
    return Request(operation, body=json_body(payload), path=path, headers=headers, repeatable=False, tag=tag)
