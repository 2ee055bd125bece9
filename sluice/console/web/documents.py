"""Documents that others wrote, such as a mail: shown as they look, in a frame where they run and load nothing."""

from starlette.responses import HTMLResponse, Response

_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def document(html: str | bytes) -> Response:
    """Returns an answer with a document for a frame; whoever opens its address itself gets no more of it."""
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})
