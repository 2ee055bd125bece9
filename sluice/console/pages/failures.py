"""The failures: all kinds in one list, each with its details, and the results of redriving or discarding them."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.console.console import Console
from sluice.console.failure_list import failure_page
from sluice.console.web.forms import Done, Form, action
from sluice.console.web.paging import number_of
from sluice.console.web.rendering import console_of, pretty, render
from sluice.failures import sources
from sluice.failures.failure import Failure
from sluice.failures.files import file_details
from sluice.failures.queues import import_details, report_details
from sluice.failures.stream import read_batch
from sluice.terminal import json_text

_KINDS = {"message": import_details, "file": file_details, "run": report_details}
_RECORDS = 20
"""How many records of a failure a page shows,"""
_LETTERS = 20_000
"""and how many characters of each."""
_PATIENCE_SECONDS = 3
"""How long a form waits for its action to end; the page shows the rest."""


class _Record(NamedTuple):
    number: int
    title: str
    text: str
    left_out: int
    """How many characters are not shown."""


def show(request: Request) -> Response:
    """Shows a page of failures."""
    console, query = console_of(request), request.query_params
    page = failure_page(console, number_of(query.get("start", "")), query.get("after", ""))
    return render(
        request, "failures.html", page=page, work=console.failure_work.last, is_first=not query.keys() & _PAGED
    )


_PAGED = {"start", "after"}


def show_one(request: Request) -> Response:
    """Shows a failure with its records.

    Raises:
        HTTPException: There is no failure with that id.
    """
    console, query = console_of(request), request.query_params
    refused: list[str] = []
    shown = _found(console, request.path_params["id"], query.get("kind", ""), query.get("key", ""), refused)
    if shown is None:
        said = f" Not all failures could be read: {'; '.join(refused)}." if refused else ""
        raise HTTPException(404, f"There is no such failure any more: it was redriven or discarded.{said}")
    start = number_of(query.get("from", ""))
    records = [
        _record(number, record)
        for number, record in enumerate(shown.detail.records[start : start + _RECORDS], start + 1)
    ]
    return render(
        request, "failure.html", shown=shown, records=records, start=start, step=_RECORDS, address=_address(request)
    )


def _found(console: Console, name: str, kind: str, key: str, refused: list[str]) -> sources.Shown | None:
    """A failure, searched for by its kind or key; everywhere if neither is given."""
    target, wanted = console.target, sources.Named([name])
    found = read_batch(target, key) if key else None
    if found and found[0].id == name:
        return sources.shown(target, *found)
    if kind in _KINDS:
        (*there,) = sources.one_by_one([_KINDS[kind]], target, wanted, refused)
        return sources.shown(target, *there[0]) if there else None
    return next(iter(sources.details(target, wanted, refused)), None)


def _address(request: Request) -> str:
    """The page's query without the number of its first record; it has at least one parameter."""
    query = request.query_params
    return "?" + urlencode({name: query.get(name, "") for name in ("kind", "key")})


def _record(number: int, record: Any) -> _Record:
    text = pretty(record) if not isinstance(record, str) else record
    return _Record(number, _title(record), text[:_LETTERS], max(len(text) - _LETTERS, 0))


def _title(record: Any) -> str:
    """A record's event and keys."""
    if not isinstance(record, dict):
        return "text"
    changed = record.get("dynamodb")
    keys = changed.get("Keys") if isinstance(changed, dict) else None
    values = keys.items() if isinstance(keys, dict) else ()
    named = [f"{name} {_value(value)}" for name, value in values]
    return " ".join([str(record.get("eventName", "")), *named]).strip() or json_text(list(record))[:100]


def _value(typed: Any) -> str:
    """A key's value without its type."""
    value = next(iter(typed.values()), "") if isinstance(typed, dict) else typed
    return str(value)[:200]


def _redrive(request: Request, form: Form) -> Done:
    """Sends failures to their functions again: the named ones, or all."""
    return _act(request, form, "redrive", "sent again")


def _discard(request: Request, form: Form) -> Done:
    """Removes failures for good: the named ones, or all that failed by now."""
    return _act(request, form, "discard", "discarded")


def _act(request: Request, form: Form, what: str, done: str) -> Done:
    console, ids = console_of(request), form.get("id", [])
    is_all = form.get("which") == ["all"]
    if not ids and not is_all:
        return Done(f"Nothing was {done}: choose some failures.", "failures")
    work, clicked = console.failure_work, datetime.now(UTC)
    wanted = partial(_by_then, clicked) if is_all else sources.Named(ids)
    begin = work.redrive if what == "redrive" else work.discard
    thread = begin(console.target, wanted, console.forget)
    if thread is None:
        return Done("A redrive or discard is running already, see below: wait until it ends.", "failures")
    thread.join(_PATIENCE_SECONDS)
    last = work.last
    return Done(" ".join([last.text, *last.problems]) if last else "", "failures")


def _by_then(clicked: datetime, failure: Failure) -> bool:
    """Whether it had already failed when a person chose all."""
    return datetime.fromisoformat(failure.at) <= clicked


ROUTES = [
    Route("/failures", show, name="failures"),
    Route("/failures/redrive", action(_redrive), methods=["POST"], name="redrive_failures"),
    Route("/failures/discard", action(_discard), methods=["POST"], name="discard_failures"),
    Route("/failures/{id}", show_one, name="failure"),
]
