"""Keeps web pages away from the emulator, whose keys are published: only programs on this machine may use it.

A page that the developer visits reaches the loopback interface, and could create a function and run it. Such requests
are recognised by headers that browsers set and no script can change (https://fetch.spec.whatwg.org/#origin-header,
https://www.w3.org/TR/fetch-metadata/), and by the host name in the request.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any
from urllib.parse import parse_qs

TOKEN_HEADER = "X-Sluice-Token"  # noqa: S105 a header's name
"""The header that carries the token."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_HOST = re.compile(rb"(?P<name>127\.0\.0\.1|\[::1\]|localhost|(?P<below>(?:[a-z0-9_-]+\.)+localhost))(?::[0-9]{1,5})?")
"""Any port: a proxy on this machine forwards requests as they were signed, with its own port in them."""
_EMULATORS = ("/_ministack", "/_localstack", "/_sluice")
"""The emulator, and our code within it, answers these paths on any host, also on a bucket's."""
_HEALTH = "/health"
_NOBODYS_PAGE = (b"none", b"same-origin")
"""A browser's values for requests that no other page made: of a typed address, or of a page in a bucket."""


class Guard:
    """An ASGI application that passes on to another one only requests of programs on this machine."""

    def __init__(self, application: Application, token: str, origins: Collection[str] = ()) -> None:
        """Guards an application.

        Args:
            application: the guarded application.
            token: the token that requests for the emulator's own paths carry in the header `TOKEN_HEADER`.
            origins: origins of pages that may use it nevertheless; compared whole, with scheme, host and port.
        """
        self._application, self._token = application, token.encode()
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or refuses it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif reason := self._refusal(scope):
            await _refuse(reason, scope, receive, send)
        else:
            await self._application(scope, receive, _closed_to_pages(send))

    def _refusal(self, scope: Scope) -> str | None:
        """Why a request is refused; None if it is not."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        path = scope["path"]
        if not path.startswith("/"):
            return "this is no proxy: send requests whose target is a path"
        host = _host(headers.get(b"host", []))
        if host is None:
            return "the embedded cloud's only host names are 127.0.0.1, [::1], localhost and those below localhost"
        origins = headers.get(b"origin", [])
        if any(origin not in self._origins for origin in origins):
            return "the embedded cloud serves no web page: programs on this machine send no header Origin"
        if not origins and (sites := headers.get(b"sec-fetch-site")):
            if any(site not in _NOBODYS_PAGE for site in sites):
                return "the embedded cloud serves no web page: open the address itself, or use a program"
            if not _only_reads(scope):  # a link in a mail can lead to any address, through another site's redirect
                return "a browser may only read objects here: use a program for everything else"
        if _is_emulators(path, is_bucket=bool(host["below"])) and not self._has_token(headers):
            return f"{path} is the emulator's own: send the token of .sluice/<stack>/state.json as {TOKEN_HEADER}"
        return None

    def _has_token(self, headers: dict[bytes, list[bytes]]) -> bool:
        tokens = headers.get(TOKEN_HEADER.lower().encode(), [])
        return len(tokens) == 1 and hmac.compare_digest(tokens[0], self._token)


def _host(values: list[bytes]) -> re.Match[bytes] | None:
    """The parts of a request's host name; None if that is not this machine."""
    return _HOST.fullmatch(values[0].lower()) if len(values) == 1 else None


def _only_reads(scope: Scope) -> bool:
    """Whether a request changes nothing; the older APIs also make changes by `Action` in the query of a GET."""
    parameters = parse_qs(scope.get("query_string", b"").decode(errors="replace"), keep_blank_values=True)
    return scope.get("method") in ("GET", "HEAD") and "Action" not in parameters


def _is_emulators(path: str, *, is_bucket: bool) -> bool:
    return path == _HEALTH or path.startswith(_EMULATORS if is_bucket else "/_")


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})  # before it is accepted: a 403
        return
    body = json.dumps({"__type": "AccessDeniedException", "message": reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _closed_to_pages(send: Send) -> Send:
    """Sends responses without the headers that open them to pages.

    A page opened from a bucket runs no script and has no origin: otherwise it would have the emulator's origin.
    """

    async def send_closed(message: Message) -> None:
        if "headers" in message:
            headers = [(name, value) for name, value in message["headers"] if not _opens(name)]
            message = {**message, "headers": [*headers, (b"content-security-policy", b"sandbox")]}
        await send(message)

    return send_closed


def _opens(name: bytes) -> bool:
    return name.lower().startswith(b"access-control-")
