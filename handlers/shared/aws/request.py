"""A request to an AWS service before it is signed, and the answer to it."""

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from handlers.shared.aws.connection import Connection

Payload = Mapping[str, Any] | str | bytes
"""What boto3's client takes, or its JSON."""


class Request(NamedTuple):
    """A request of one operation."""

    operation: str
    """AWS's name of it, for errors."""
    body: bytes = b""
    method: str = "POST"
    path: str = "/"
    """As it goes over the wire: percent-encoded."""
    query: str = ""
    """Likewise, in canonical order."""
    headers: Mapping[str, str] = MappingProxyType({})
    """Lower-case names to values; all of them are signed."""
    repeatable: bool = True
    """Sending it twice does no harm. The others are sent again only after a clear refusal."""
    stream: bool = False
    """The body of a 2xx answer is left on the connection, for its reader."""
    final: Collection[str] = ()
    """Codes of errors that end it at once, although they may pass."""
    tag: Any = None
    """The caller's own."""


class Response(NamedTuple):
    """The answer to a request."""

    status: int
    headers: dict[str, str]
    """Lower-case names to values."""
    body: bytes
    connection: Connection | None = None
    """Where the body of a streamed one comes."""

    def json(self) -> Any:
        """Returns the decoded body."""
        return json.loads(self.body)


def json_body(payload: Payload) -> bytes:
    """Returns a payload as the bytes of its JSON."""
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))).encode()
