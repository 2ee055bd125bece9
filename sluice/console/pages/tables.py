"""To be written."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.console.rendering import render


def show(request: Request) -> Response:
    """Shows the page."""
    return render(request, "error.html", said="To be written.")


ROUTES = [Route("/tables", show, name="tables")]
