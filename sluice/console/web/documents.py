"""Documents from outside the console, such as a mail, rendered in a frame where they can run and load nothing."""

from starlette.responses import HTMLResponse, Response

_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def document(html: str | bytes) -> Response:
    """Returns a response with a document for a frame; opened directly, it is restricted just the same."""
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})
