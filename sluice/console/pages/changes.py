"""The changes of the tables, the newest first, each with the state of its mails."""

from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.console.changes.changes import EVENTS, Change
from sluice.console.changes.mail_states import MailState, states
from sluice.console.console import Console
from sluice.console.web.paging import Page, page_of
from sluice.console.web.rendering import console_of, render
from sluice.pipelines import pipelines, stream_tables

MAILED, NOT_MAILED = "yes", "no"


class Row(NamedTuple):
    """A change in the list."""

    change: Change
    mails: list[MailState]
    is_judged: bool


def show(request: Request) -> Response:
    """Shows the list."""
    console, asked = console_of(request), request.query_params
    console.change_log.look(console.target)
    if not console.is_read_only:
        console.outbox.look(console.target)
    words, event, table, mail = (asked.get(name, "") for name in ("q", "event", "table", "mail"))
    found = console.change_log.changes.found(words, event, table)
    unjudged = 0
    if mail:
        judged = [change for change in found if console.change_log.rulings(change) is not None]
        unjudged = len(found) - len(judged) if not console.change_log.problem else 0
        found = [change for change in judged if _is_mailed(console, change) == (mail == MAILED)]
    page = page_of(found, asked.get("page", ""))
    given = {name: value for name in ("q", "event", "table", "mail") if (value := asked.get(name, ""))}
    rows = [_row(console, change) for change in page.rows]
    reading, problem = console.change_log.reading, console.change_log.problem
    is_unjudged = any(not row.is_judged and console.change_log.notifier(row.change) for row in rows)
    return render(
        request,
        "changes.html",
        page=Page(rows, page.number, page.pages),
        is_incomplete=not (reading.is_complete or reading.problem) or bool((unjudged or is_unjudged) and not problem),
        found=len(found),
        total=len(console.change_log.changes.all()),
        dropped=console.change_log.changes.dropped,
        unjudged=unjudged,
        reading=reading,
        problem=problem,
        is_mailing=any(stream["notifier_function_name"] for stream in pipelines(console.target, "streams")),
        tables=_tables(console),
        events=EVENTS,
        asked={"q": words, "event": event, "table": table, "mail": mail},
        is_asked=bool(given),
        address=f"?{urlencode(given)}&page=" if given else "?page=",
    )


def _row(console: Console, change: Change) -> Row:
    rulings = console.change_log.rulings(change)
    return Row(change, states(console, change, rulings or []), rulings is not None)


def _is_mailed(console: Console, change: Change) -> bool:
    """Returns whether a mail was sent for a change; for a stack in AWS, whether its rules ask for one."""
    mailed = console.change_log.mailed
    if change.id in mailed:
        return True
    rulings = console.change_log.rulings(change) or []
    if all(outcome.reason for ruling in rulings for outcome in ruling.outcomes):
        return False
    if console.is_read_only:
        return True
    is_sent = any(mail.sent for mail in states(console, change, rulings))
    if is_sent:  # this is final: thousands of changes are not searched again for each view of the page
        mailed.add(change.id)
    return is_sent


def _tables(console: Console) -> list[str]:
    return [table["name"] for table in stream_tables(console.target)]


ROUTES = [Route("/changes", show, name="changes")]
