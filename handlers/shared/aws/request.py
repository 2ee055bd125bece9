"""An unsigned request to an AWS service, and the answer."""

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from handlers.shared.aws.connection import Connection

Payload = Mapping[str, Any] | str | bytes
"""Arguments as for boto3's client, or their JSON."""


class Request(NamedTuple):
    """A request of one operation."""

    operation: str
    """AWS's name, for errors."""
    body: bytes = b""
    method: str = "POST"
    path: str = "/"
    """Percent-encoded, as on the wire."""
    query: str = ""
    """Likewise, in canonical order."""
    headers: Mapping[str, str] = MappingProxyType({})
    """Lower-case name -> value; all are signed."""
    repeatable: bool = True
    """Sending it twice does no harm. Others are retried only after a clear refusal."""
    stream: bool = False
    """The body of a 2xx answer is left on the connection, for its reader."""
    final: Collection[str] = ()
    """Error codes that are not retried, although transient."""
    tag: Any = None
    """The caller's own."""


class Response(NamedTuple):
    """The answer to a request."""

    status: int
    headers: dict[str, str]
    """Lower-case name -> value."""
    body: bytes
    connection: Connection | None = None
    """Of a streamed body."""

    def json(self) -> Any:
        """Returns the decoded body."""
        return json.loads(self.body)


def json_body(payload: Payload) -> bytes:
    """Returns a payload as JSON."""
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))).encode()
