"""The overview: each pipeline as a picture, with counts of what went through it, waits and failed."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.console.console import Console
from sluice.console.failure_list import failed_batches
from sluice.console.function_logs import FunctionLog
from sluice.console.web.forms import Done, Form, action
from sluice.console.web.rendering import console_of, moment, render
from sluice.events import line
from sluice.log_entries import Entry
from sluice.mappings import lag_text, mappings
from sluice.pipelines import KINDS, Pipeline, pipelines
from sluice.status import ENABLED, PipelineStatus, pipeline_statuses
from sluice.terminal import Part, plural

_EVENTS = 12
"""How many are shown."""
_TOLD_BY_LOGS = ("importer", "reporter")
"""Functions whose work no event of the embedded cloud reports."""


class Node(NamedTuple):
    """A thing in the picture."""

    kind: str
    """`table`, `function`, `bucket`, `queue`, `people` or `schedule`."""
    name: str
    detail: str = ""
    problem: str = ""
    """What is wrong with it; shown in red."""
    route: str = ""
    """The page about it."""


class Step(NamedTuple):
    """An arrow and the node that it leads to."""

    gone: str
    """The count of what has gone along it."""
    node: Node
    function: str = ""
    """The physical name of the function whose work moves along the arrow."""


class Flow(NamedTuple):
    """A pipeline."""

    name: str
    kind: str
    facts: list[str]
    problem: str
    sources: list[Node]
    branches: list[list[Step]]
    is_idle: bool
    """Whether nothing has gone through it yet."""


class _Event(NamedTuple):
    """An event: its time, ISO 8601 in UTC; its function; and its text, in pieces with their styles."""

    at: str
    who: str
    pieces: list[tuple[str, str]]


class _Seen(NamedTuple):
    """The answers of the stack."""

    logs: dict[str, FunctionLog]
    statuses: dict[str, PipelineStatus]
    failed: Counter[str]
    """Physical name of a function -> batches that it gave up, as far as they are counted."""


def show(request: Request) -> Response:
    """Shows the page."""
    console = console_of(request)
    seen = _seen(console)
    flows = [
        *(_stream(pipeline, seen) for pipeline in pipelines(console.target, "streams")),
        *(_import(pipeline, seen) for pipeline in pipelines(console.target, "imports")),
        *(_report(pipeline, seen) for pipeline in pipelines(console.target, "reports")),
    ]
    return render(request, "overview.html", flows=flows, events=_events(console, seen.logs.values()))


def _seen(console: Console) -> _Seen:
    logs = {log.function.name: log for log in console.remembered("logs", console.logs.read)}
    fed = console.remembered("mappings", mappings)
    statuses = console.remembered("pipelines", lambda target: pipeline_statuses(target, fed))
    # Listing ten thousand takes seconds: the page does not wait. The page of failures asks the same question.
    counted = console.known({"failed batches": failed_batches}, until=time.monotonic())["failed batches"]
    by_mapping = counted or Counter[str]()
    failed = Counter[str]()
    for mapping in fed:
        failed[mapping.function_name] += by_mapping[mapping.id]
    return _Seen(logs, {each.pipeline: each for each in statuses}, failed)


def _stream(pipeline: Pipeline, seen: _Seen) -> Flow:
    archiver, notifier = pipeline["archiver_function_name"], pipeline["notifier_function_name"]
    branches = []
    if archiver:
        archived = _total(seen, archiver, "RecordsArchived")
        bucket = Node("bucket", "Audit trail", pipeline.target["archive_bucket_name"], route="changes")
        branches.append([_taken(seen, archiver, "archiver"), Step(_counted(archived, "change"), bucket, archiver)])
    if notifier:
        mailed = _total(seen, notifier, "MailsSent")
        people = Node("people", "People", _skipped(seen, notifier), route="outbox")
        branches.append([_taken(seen, notifier, "notifier"), Step(_counted(mailed, "mail"), people, notifier)])
    tables = [Node("table", "Table", table["name"], route="tables") for table in pipeline["tables"]]
    return _flow(pipeline, seen, tables, branches)


def _taken(seen: _Seen, function: str, role: str) -> Step:
    failed = seen.failed[function]
    problem = f"given up: {failed:,}" if failed else ""
    records = _total(seen, function, "records")
    return Step(_counted(records, "record"), _function(seen, function, role, problem), function)


def _import(pipeline: Pipeline, seen: _Seen) -> Flow:
    function, status = pipeline["function_name"], seen.statuses[str(pipeline)]
    dead = f"given up: {status.dead_letters:,}" if status.dead_letters else ""
    rejected = _total(seen, function, "RowsRejected")
    steps = [
        Step(
            "", Node("queue", "Queue", f"{status.backlog or 0:,} waiting", dead, "failures" if dead else ""), function
        ),
        Step("", _function(seen, function, "importer"), function),
        Step(
            _counted(_total(seen, function, "RowsWritten"), "row"),
            Node(
                "table",
                "Table",
                pipeline["table_name"],
                f"{rejected:,} rejected" if rejected else "",
                "imports" if rejected else "tables",
            ),
            function,
        ),
    ]
    source = Node("bucket", pipeline["prefix"], pipeline["bucket_name"], route="imports")
    return _flow(pipeline, seen, [source], [steps])


def _report(pipeline: Pipeline, seen: _Seen) -> Flow:
    function, log = pipeline["function_name"], seen.logs.get(pipeline["function_name"])
    runs, mailed = log.invocations if log else 0, _total(seen, function, "MailsSent")
    reporter = _function(seen, function, "reporter")
    page = Node("bucket", "Page and JSON", pipeline["bucket_name"], route="reports")
    people = Node("people", "People", route="outbox")
    schedule = Node("schedule", "Schedule", seen.statuses[str(pipeline)].schedule or "")
    counted = _counted(_total(seen, function, "Items"), "item")
    steps = [Step(_counted(runs, "run"), reporter, function), Step(counted, page, function)]
    mail = [Step(_counted(mailed, "mail"), people, function)] if mailed else []
    return _flow(pipeline, seen, [schedule], [steps + mail])


def _flow(pipeline: Pipeline, seen: _Seen, sources: list[Node], branches: list[list[Step]]) -> Flow:
    status = seen.statuses[str(pipeline)]
    facts = [f"lag {lag_text(status.lag_ms)}"] if status.lag_ms else []
    facts += [f"{status.backlog:,} under way"] if status.backlog else []
    problem = "" if status.state == ENABLED else f"It is {status.state.lower()}: nothing goes through it."
    functions = {step.function for branch in branches for step in branch}
    is_idle = not any(seen.logs[name].invocations for name in functions if name in seen.logs)
    return Flow(pipeline.name, KINDS[pipeline.section], facts, problem, sources, branches, is_idle)


def _function(seen: _Seen, name: str, role: str, problem: str = "") -> Node:
    log = seen.logs.get(name)
    errors = f"{plural(log.errors, 'error')}" if log and log.errors else ""
    usual = log.usual_duration if log else None
    detail = f"{usual:,.0f} ms" if usual is not None else ""
    route = "failures" if problem else "functions"
    return Node("function", role, detail, ", ".join(filter(None, (problem, errors))), route)


def _total(seen: _Seen, function: str, metric: str) -> int:
    log = seen.logs.get(function)
    return int(log.totals[metric]) if log else 0


def _skipped(seen: _Seen, function: str) -> str:
    skipped = _total(seen, function, "MailsSkipped")
    return f"{skipped:,} not mailed" if skipped else ""


def _counted(number: int, what: str) -> str:
    return plural(number, what) if number else ""


def _events(console: Console, logs: Iterable[FunctionLog]) -> list[_Event]:
    """The newest events: those of the triggers, mails, and log entries of the other functions.

    For a stack in AWS they are log entries of all functions.
    """
    told = [log for log in logs if console.is_read_only or log.function.role in _TOLD_BY_LOGS]
    events = [_said(entry) for log in told for entry in list(log.entries)[-_EVENTS:] if entry.kind != "line"]
    if not console.is_read_only:
        names = {log.function.name: log.function.short for log in logs}
        newest = console.feed.after(console.feed.told - _EVENTS)
        events += [
            _Event(
                moment(each.event.at), names.get(each.event.function, each.event.function), _pieces(line(each.event))
            )
            for each in newest
        ]
        console.outbox.look(console.target, seconds=0)
        events += [
            _Event(mail.sent_at, "mail", [(f"{', '.join(mail.to)}: {mail.subject}", "")])
            for mail in console.outbox.found()[:_EVENTS]
        ]
    return sorted(events, key=lambda event: event.at, reverse=True)[:_EVENTS]


def _said(entry: Entry) -> _Event:
    text = entry.text or entry.summary_text
    return _Event(entry.at, entry.function, [(text, "red" if entry.kind == "error" else "")])


def _pieces(parts: Iterable[Part]) -> list[tuple[str, str]]:
    return [(part, "") if isinstance(part, str) else part for part in parts]


def _put_samples(request: Request, _form: Form) -> Done:
    """Puts samples into every pipeline."""
    from sluice.putting import put_files, put_tables, put_users  # takes a while to load, and few ask for it

    target = console_of(request).target
    done = []
    for stream in pipelines(target, "streams"):
        count, skipped = put_users(stream)
        done.append(f"{count} users, {len(skipped)} of whom nobody can mail, into {stream}")
    for pipeline in pipelines(target, "imports"):
        ended, unchanged = put_files(pipeline, target.token)
        done.append(f"{plural(len(ended) + len(unchanged), 'file')} into {pipeline}")
    done += [
        f"{plural(len(list(put_tables(report))), 'table')} for {report} to count"
        for report in pipelines(target, "reports")
    ]
    return Done(f"Put {'; '.join(done)}." if done else "This stack has no pipelines.", "overview")


ROUTES = [
    Route("/", show, name="overview"),
    Route("/samples", action(_put_samples), methods=["POST"], name="put_samples"),
]
