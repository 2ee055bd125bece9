"""The console as a web application: its routes and its error pages."""

from typing import Any

import click
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sluice.aws_errors import AWS_ERRORS
from sluice.console.console import Console
from sluice.console.pages import (
    change,
    changes,
    failures,
    functions,
    imports,
    outbox,
    overview,
    reports,
    tables,
    templates,
)
from sluice.console.web import live
from sluice.console.web.access import Access, Keys
from sluice.console.web.rendering import render

_PAGES = (overview, changes, change, outbox, templates, imports, tables, reports, failures, functions)


class _Static(StaticFiles):
    """Files that a browser asks for once: the console has another path after each start."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        return response


def application(console: Console, keys: Keys, port: int) -> ASGIApp:
    """Returns the application of a console that listens on a port."""
    routes = [route for page in (*_PAGES, live) for route in page.ROUTES]
    static = Mount("/static", _Static(packages=[("sluice.console", "static")]), name="static")
    app = Starlette(
        routes=[Mount(keys.path, routes=[*routes, static])],
        exception_handlers={
            HTTPException: _refused,
            click.ClickException: _impossible,
            **dict.fromkeys(AWS_ERRORS, _unanswered),
            Exception: _broken,
        },
    )
    app.state.console, app.state.keys = console, keys
    return Access(app, keys, port)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 Starlette asks for handlers of any exception
    said = "There is no such page." if error.status_code == 404 and error.detail == "Not Found" else error.detail
    return _error(request, error.status_code, said)


def _impossible(request: Request, error: Exception) -> Response:
    assert isinstance(error, click.ClickException)  # noqa: S101
    return _error(request, 400, error.format_message())


def _unanswered(request: Request, error: Exception) -> Response:
    return _error(request, 502, f"AWS: {error}" if not request.app.state.console.target.endpoint else str(error))


def _broken(request: Request, error: Exception) -> Response:
    return _error(request, 500, f"This page failed ({type(error).__name__}: {error}); the cloud is still running.")


def _error(request: Request, status: int, said: str) -> Response:
    return render(request, "error.html", status=status, said=said)
