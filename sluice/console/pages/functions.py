"""The functions: how often each ran and failed, what feeds it, its log, and what the alarms mean."""

import click
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.alarms import Alarm, alarms
from sluice.console.function_logs import FunctionLog
from sluice.console.web.rendering import console_of, render
from sluice.mappings import Mapping, mappings
from sluice.target import Target

_ENTRIES = 100
"""How many of a log's newest lines a page shows."""


def show(request: Request) -> Response:
    """Shows all functions."""
    console = console_of(request)
    logs = console.remembered("logs", console.logs.read)
    fed = _by_function(console.remembered("mappings", mappings))
    return render(request, "functions.html", logs=logs, fed=fed, alarms=console.remembered("alarms", _alarms))


def show_one(request: Request) -> Response:
    """Shows a function with its log.

    Raises:
        HTTPException: There is no function of that name.
    """
    console, name = console_of(request), request.path_params["name"]
    log = next((log for log in console.remembered("logs", console.logs.read) if log.function.name == name), None)
    if log is None:
        raise HTTPException(404, f"The stack has no function {name}.")
    kind = request.query_params.get("only", "")
    entries = [entry for entry in log.entries if not kind or entry.kind == kind][-_ENTRIES:]
    fed = _by_function(console.remembered("mappings", mappings)).get(name, [])
    own = [alarm for alarm in console.remembered("alarms", _alarms) if _is_about(alarm, log)]
    values = {"log": log, "entries": list(reversed(entries)), "fed": fed, "alarms": own, "only": kind}
    return render(request, "function.html", **values)


def _by_function(found: list[Mapping]) -> dict[str, list[Mapping]]:
    by_function: dict[str, list[Mapping]] = {}
    for mapping in found:
        by_function.setdefault(mapping.function_name, []).append(mapping)
    return by_function


def _alarms(target: Target) -> list[Alarm]:
    """The alarms; none if the stack has no topic for them."""
    try:
        return alarms(target)
    except click.ClickException:
        return []


def _is_about(alarm: Alarm, log: FunctionLog) -> bool:
    return log.function.name in alarm.name or f"{log.function.pipeline.name}-{log.function.role}" in alarm.name


ROUTES = [
    Route("/functions", show, name="functions"),
    Route("/functions/{name}", show_one, name="function"),
]
