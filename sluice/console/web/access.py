"""Who may use the console: the person who started it, in a browser, from the console's own pages.

Everything on this machine reaches the loopback interface: pages of any site in the developer's browser, programs of
other users, servers on other ports, to which browsers send the cookies of this one. So the first address has a token,
which becomes a cookie for one path that nobody can guess; pages are given only to direct navigation and to the
console's own pages (https://www.w3.org/TR/fetch-metadata/), and a request that changes something needs the console's
exact origin (https://fetch.spec.whatwg.org/#origin-header) and the token of its page (`forms`).
"""

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "sluice_console"
_READING = ("GET", "HEAD")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""The headers of every response that does not set them itself."""


class Keys:
    """The secrets of one console, new at each start.

    Attributes:
        token: The token in the first address.
        session: The cookie's value.
        page_token: The token that a page sends with each change.
        path: The path of all pages, which keeps the cookie from servers on other ports.
    """

    def __init__(self) -> None:
        self.token, self.session, self.page_token = (secrets.token_urlsafe(32) for _ in range(3))
        self.path = f"/{secrets.token_hex(16)}"


class Access:
    """An ASGI application that passes on to another one only what a person's browser requests from its own pages."""

    def __init__(self, application: ASGIApp, keys: Keys, port: int) -> None:
        self._application, self._keys = application, keys
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or refuses it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._answer(scope)
        await (answer or self._application)(scope, receive, send_closed)

    def _answer(self, scope: Scope) -> Response | None:
        """The response in place of a page: a refusal, or the redirect from the first address to the pages."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _refusal("the console's only host names are 127.0.0.1 and localhost")
        if scope["path"] == "/":
            return self._entrance(scope)
        if not self._has_session(headers):
            return _refusal("open the address that `python -m sluice console` prints: it lets this browser in")
        site, origins = headers.get("sec-fetch-site"), headers.getlist("origin")
        if scope["method"] in _READING:
            if site not in ("none", "same-origin"):
                return _refusal("only a browser may look, at the address itself or from one of the console's pages")
        elif site != "same-origin" or origins != [f"http://{hosts[0]}"]:
            return _refusal("only the console's own pages may change something")
        return None

    def _entrance(self, scope: Scope) -> Response:
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        if scope["method"] not in _READING or len(tokens) != 1 or not _same(tokens[0], self._keys.token):
            return _refusal("open the address that `python -m sluice console` prints, with its token")
        answer = RedirectResponse(f"{self._keys.path}/", status_code=303)
        answer.set_cookie(_COOKIE, self._keys.session, path=f"{self._keys.path}/", httponly=True, samesite="strict")
        return answer

    def _has_session(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie("; ".join(headers.getlist("cookie"))).get(_COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._keys.session)


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode(), kept.encode())


def _refusal(reason: str) -> Response:
    return PlainTextResponse(f"Refused: {reason}.\n", 403)
