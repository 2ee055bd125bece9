"""A request to an AWS service before it is signed: what to do, and whether it may be done twice."""

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


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
    """Codes of errors that end it at once, although they may pass: the caller does not wait for that."""
    tag: Any = None
    """The caller's own."""


def json_body(payload: Mapping[str, Any] | str | bytes) -> bytes:
    """Returns a payload as the bytes of its JSON; text and bytes are taken to be JSON already."""
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))).encode()
