"""Pages from templates, in which all data is escaped."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sluice.console.console import Console
from sluice.console.web.access import Keys


class Section(NamedTuple):
    """A page of the navigation: the name of its route, and its title."""

    route: str
    title: str


SECTIONS = (
    Section("overview", "Overview"),
    Section("changes", "Changes"),
    Section("outbox", "Outbox"),
    Section("templates", "Templates"),
    Section("imports", "Imports"),
    Section("tables", "Tables"),
    Section("reports", "Reports"),
    Section("failures", "Failures"),
    Section("functions", "Functions"),
)


def console_of(request: Request) -> Console:
    """Returns the console that a request is for."""
    return request.app.state.console


def keys_of(request: Request) -> Keys:
    """Returns the console's secrets."""
    return request.app.state.keys


def url(request: Request, route: str, **parameters: str) -> str:
    """Returns the path of a route."""
    return request.app.url_path_for(route, **parameters)


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Returns a page.

    Args:
        request: The request.
        template: The template's file.
        status: The HTTP status.
        values: The template's variables.
    """
    console = console_of(request)
    page = _templates.get_template(template).render(
        request=request,
        console=console,
        sections=SECTIONS,
        notice=console.notice(request.query_params.get("notice", "")),
        page_token=keys_of(request).page_token,
        url=lambda route, **parameters: url(request, route, **parameters),
        **values,
    )
    return HTMLResponse(page, status)


def load_templates() -> None:
    """Compiles all templates, for which the first pages would wait."""
    for name in _templates.list_templates():
        _templates.get_template(name)


def clock(moment: str | float | None) -> str:
    """Returns the time of day, in UTC, of a time in ISO 8601 or in seconds since the epoch; a dash if there is none."""
    at = _moment(moment)
    return f"{at:%H:%M:%S}" if at else "–"


def moment(moment: str | float | None) -> str:
    """Returns a time in ISO 8601, in UTC; empty if there is none."""
    at = _moment(moment)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else ""


def shortened(text: str, most: int) -> str:
    """Returns the beginning of a text that has more characters than that, and how many are left out."""
    return text if len(text) <= most else f"{text[:most]}… and {len(text) - most:,} more characters"


def pretty(value: Any) -> str:
    """Returns a value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _moment(moment: str | float | None) -> datetime | None:
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC)
    try:
        return datetime.fromisoformat(moment).astimezone(UTC) if moment else None
    except ValueError:
        return None


_templates = Environment(
    loader=PackageLoader("sluice.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(clock=clock, moment=moment, pretty=pretty, count="{:,}".format)
