"""Forms that change something, each sent with the token of its page."""

import hmac
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sluice.console.web.rendering import console_of, keys_of, url

TOKEN_HEADER = "X-Page-Token"  # noqa: S105 a header's name
_LARGEST = 1 << 20
"""The most bytes of a form: the ids of all failures on a page are less."""

Form = dict[str, list[str]]
"""The fields of a form, each with its values."""


class Done(NamedTuple):
    """The result of an action, and the page that follows."""

    notice: str
    """A sentence."""
    to: str
    """A route's name,"""
    of: dict[str, str] = {}  # noqa: RUF012 nobody changes it
    """and its parameters."""


def action(act: Callable[[Request, Form], Done]) -> Callable[[Request], Awaitable[Response]]:
    """Makes an endpoint of a function that acts on a form: it runs in a thread, and redirects to a page afterwards."""

    async def endpoint(request: Request) -> Response:
        form = await _form(request)
        check(request, form.get("token", [""])[0])
        done = await run_in_threadpool(act, request, form)
        console_of(request).forget()
        notice = console_of(request).keep_notice(done.notice)
        return RedirectResponse(f"{url(request, done.to, **done.of)}?notice={notice}", 303)

    return endpoint


def check(request: Request, token: str | None = None) -> None:
    """Checks that a request comes from one of our pages, and that the stack may be changed.

    Args:
        request: The request.
        token: The page's token; by default that in the header `TOKEN_HEADER`.

    Raises:
        HTTPException: The request is refused.
    """
    given = request.headers.get(TOKEN_HEADER, "") if token is None else token
    if not hmac.compare_digest(given.encode(), keys_of(request).page_token.encode()):
        raise HTTPException(403, "This page is from before the console was restarted: load it again.")
    if console_of(request).is_read_only:
        raise HTTPException(403, "The console changes nothing in a stack in AWS: use the commands with --outputs.")


async def _form(request: Request) -> Form:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise HTTPException(413, "This form is larger than any of the console's.")
    return parse_qs(body.decode(errors="replace"), keep_blank_values=True)
