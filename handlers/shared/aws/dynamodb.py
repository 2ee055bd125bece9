"""DynamoDB's JSON protocol. Values are DynamoDB JSON as on the wire, with binary in base64."""

from collections.abc import Collection
from typing import Any

from handlers.shared.aws.client import Client
from handlers.shared.aws.request import Payload, Request, json_body
from handlers.shared.aws.session import Session

_REPEATABLE = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "ListTables",
        "PutItem",
        "Query",
        "Scan",
    }
)


def connect(**options: Any) -> Client:
    """Returns a client; takes the keyword arguments of Session."""
    return Client(Session("DynamoDB", "dynamodb", "dynamodb", **options))


def request(
    operation: str,
    payload: Payload,
    *,
    repeatable: bool | None = None,
    final: Collection[str] = (),
    tag: Any = None,
) -> Request:
    """Returns the request of any operation; see `Request`.

    By default `repeatable` is True for reads, puts and deletes (with a condition, one may then be refused because its
    first attempt succeeded), and False for updates and transactions.
    """
    return Request(
        operation,
        body=json_body(payload),
        headers={
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        },
        repeatable=operation in _REPEATABLE if repeatable is None else repeatable,
        final=final,
        tag=tag,
    )
