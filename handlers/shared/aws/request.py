"""A request to an AWS service before it is signed: what to do, and whether it may be done twice."""

import json
from collections.abc import Collection, Mapping
from typing import Any


class Request:
    """A request of one operation.

    Attributes:
        operation: AWS's name of it, for errors.
        path, query: As they go over the wire: percent-encoded, the query in canonical order.
        headers: Lower-case names to values; all of them are signed.
        repeatable: Sending it twice does no harm. The others are sent again only after a clear refusal.
        stream: The body of a 2xx answer is left on the connection, for its reader.
        final: Codes of errors that end it at once, although they may pass: the caller does not wait for that.
        tag: The caller's own.
    """

    __slots__ = ("body", "final", "headers", "method", "operation", "path", "query", "repeatable", "stream", "tag")

    def __init__(
        self,
        operation: str,
        *,
        body: bytes = b"",
        method: str = "POST",
        path: str = "/",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        stream: bool = False,
        final: Collection[str] = (),
        tag: Any = None,
    ):
        self.operation = operation
        self.body = body
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers or {}
        self.repeatable = repeatable
        self.stream = stream
        self.final = final
        self.tag = tag


def json_body(payload: Mapping[str, Any] | str | bytes) -> bytes:
    """Returns a payload as the bytes of its JSON; text and bytes are taken to be JSON already."""
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))).encode()
