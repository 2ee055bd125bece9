"""The imports: their progress, their rejected rows, and the trial of a file before its upload."""

import time
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.aws_errors import code
from sluice.console.console import Console
from sluice.console.drafts import Draft
from sluice.console.questions import PATIENCE_SECONDS
from sluice.console.web.forms import Done, Form, action, check
from sluice.console.web.paging import number_of
from sluice.console.web.rendering import console_of, render, shortened
from sluice.dry_run import dry_run_apart
from sluice.importing import put_again, readable, send
from sluice.ledger import RUNNING, Entry, entries, latest, place, running, version_of
from sluice.pipelines import Pipeline, chosen, pipelines
from sluice.rejects import Mark, rejects_from
from sluice.target import Target
from sluice.uploads import Upload, unreadable

_SHOWN = 50
_LETTERS = 2000
"""How many characters of a row are shown."""
_RUNNING_SECONDS = 60
"""How long a list of running imports counts in AWS: it takes a read of the whole ledger, which AWS bills."""
_GONE = ("404", "NoSuchKey", "NoSuchBucket", "412", "PreconditionFailed")


class Import(NamedTuple):
    """An entry of the ledger as a page shows it."""

    entry: Entry
    pipeline: Pipeline
    bucket: str
    key: str
    address: str
    """The query of its own page."""
    rate: str
    """How fast it is; empty if it is not running."""


def show(request: Request) -> Response:
    """Shows the ledger of an import, the newest entry first, and takes files."""
    console, query = console_of(request), request.query_params
    there = pipelines(console.target, "imports")
    pipeline = chosen(console.target, "imports", query.get("pipeline") or there[0].name) if there else None
    before = query.get("before", "")
    values: dict[str, Any] = {"under_way": None, "ended": None, "next": "", "before": before}
    if pipeline:
        values |= _ledger(console, pipeline, before)
    return render(request, "imports.html", pipeline=pipeline, there=there, **values)


def _ledger(console: Console, pipeline: Pipeline, before: str) -> dict[str, Any]:
    """The running and the ended imports, as far as they are known."""
    name = pipeline.name
    until = time.monotonic() + PATIENCE_SECONDS
    asks = {f"ended {name} {before}": partial(_of, name=name, ask=partial(latest, before=before, at_most=_SHOWN))}
    (ended,) = console.known(asks, until=until).values()
    asks = {f"running {name}": partial(_of, name=name, ask=running)}
    (under_way,) = console.known(asks, _RUNNING_SECONDS if console.is_read_only else None, until).values()
    found, is_more = ended or ([], False)
    return {
        "under_way": None if under_way is None else [_import(pipeline, entry) for entry in under_way],
        "ended": None if ended is None else [_import(pipeline, entry) for entry in found],
        "next": urlencode({"pipeline": name, "before": found[-1]["finished_at"]}) if is_more else "",
    }


def _of(target: Target, name: str, ask: Any) -> Any:
    return ask(chosen(target, "imports", name))


def _import(pipeline: Pipeline, entry: Entry) -> Import:
    address = {"pipeline": pipeline.name, "object": entry["object"], "version": entry["version"]}
    return Import(entry, pipeline, *place(entry), urlencode(address), _rate(entry))


def _rate(entry: Entry) -> str:
    """Rows and megabytes a second since a running import began."""
    if entry["status"] != RUNNING or not entry["started_at"]:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(entry["started_at"])).total_seconds()
    if seconds < 1:
        return ""
    return f"{entry['rows_read'] / seconds:,.0f} rows/s, {entry['bytes_read'] / seconds / 1e6:,.1f} MB/s"


def show_one(request: Request) -> Response:
    """Shows an import with its rejected rows, and the other imports of its file.

    Raises:
        HTTPException: The ledger has no such import.
    """
    console, query = console_of(request), request.query_params
    pipeline = chosen(console.target, "imports", query.get("pipeline") or None)
    known = entries([pipeline], query.get("object", "/"))
    one = next((entry for entry in reversed(known) if entry["version"] == query.get("version", "")), None)
    if one is None:
        raise HTTPException(404, f"The ledger of {pipeline} has no such import.")
    start = Mark(query.get("chunk", ""), number_of(query.get("offset", "")))
    is_last = one is known[-1]  # only the newest import's rejects are kept
    found = list(islice(rejects_from(console.target, *place(one), start), _SHOWN + 1)) if is_last else []
    mark = found[_SHOWN - 1][1] if len(found) > _SHOWN else None
    values = {
        "it": _import(pipeline, one),
        "others": [_import(pipeline, entry) for entry in reversed(known) if entry is not one],
        "rejects": [(reject, shortened(reject.row_text, _LETTERS)) for reject, _ in found[:_SHOWN]],
        "next": urlencode({"chunk": mark.name, "offset": mark.offset}) if mark else "",
        "is_first": not start.name,
        "is_last": is_last,
    }
    return render(request, "import.html", **values)


async def drop(request: Request) -> Response:
    """Takes a file and shows what its import would do.

    Raises:
        HTTPException: The file cannot be stored.
    """
    check(request)
    console, name = console_of(request), request.path_params["pipeline"]
    pipeline = chosen(console.target, "imports", name)
    try:
        draft = console.drafts.begin(request.query_params.get("name", ""))
    except ValueError as error:
        raise HTTPException(400, f"The file is not taken: {error}.") from None
    try:
        with draft.path.open("wb") as file:
            async for part in request.stream():
                await run_in_threadpool(file.write, part)
    except (OSError, ClientDisconnect) as error:
        await run_in_threadpool(console.drafts.drop, draft)
        raise HTTPException(507, f"The file could not be stored: {error}.") from None
    console.drafts.keep(name, draft)
    return await run_in_threadpool(_try, request, console, pipeline, draft)


def _try(request: Request, console: Console, pipeline: Pipeline, draft: Draft) -> Response:
    """Shows what the import of a file would do."""
    if reason := unreadable(draft.path):
        result: dict[str, Any] = {"error": f"{reason}."}
    elif console.program is None:
        result = {"unknown": "The program of this stack is not known here, so the file cannot be tried."}
    else:
        result = dry_run_apart(draft.path, console.stack, console.program, pipeline.name)
    values = {
        "items": [
            (item["line"], shortened(readable(item["item"]), _LETTERS)) for item in result.get("first_items", [])
        ],
        "rejects": [
            (one["line"], one["reason"], shortened(readable(one["row"]), _LETTERS))
            for one in result.get("first_rejects", [])
        ],
    }
    is_refused = bool(reason)
    return render(
        request, "dry_run.html", pipeline=pipeline, draft=draft, result=result, is_refused=is_refused, found=values
    )


def _send(request: Request, form: Form) -> Done:
    """Uploads the waiting file."""
    console = console_of(request)
    name, token = form.get("pipeline", [""])[0], form.get("draft", [""])[0]
    pipeline, draft = chosen(console.target, "imports", name), console.drafts.kept(name, token)
    if draft is None:
        return Done("This file is no longer waiting: it was sent, or another one took its place.", "imports")
    again = "again" in form
    sent = send(pipeline, [Upload(draft.path, draft.name)], lambda *_: None, again=again)
    if sent.unchanged:
        (before,) = sent.unchanged
        return Done(
            f"{draft.name}: the same content was imported at {before['finished_at']} ({before['status']}). "
            "Nothing was done: choose to import it again.",
            "imports",
        )
    console.drafts.drop(draft)
    return Done(f"{draft.name} was sent: its import is below as soon as it begins.", "imports")


def _again(request: Request, form: Form) -> Done:
    """Imports a file of the bucket once more."""
    target = console_of(request).target
    pipeline = chosen(target, "imports", form.get("pipeline", [""])[0])
    known = entries([pipeline], form.get("object", ["/"])[0])
    entry = next((one for one in known if one["version"] == form.get("version", [""])[0]), None)
    if entry is None:
        return Done("The ledger has no such import.", "imports")
    bucket, key = place(entry)
    try:
        if version_of(pipeline.client("s3").head_object(Bucket=bucket, Key=key)) != entry["version"]:
            return Done(
                f"{key} has been replaced by another file meanwhile, which has an import of its own.", "imports"
            )
        put_again(pipeline, entry, again=True)
    except ClientError as error:
        if code(error) not in _GONE:
            raise
        return Done(f"{key} is gone: put the file again.", "imports")
    return Done(f"{key} is being imported again.", "imports")


ROUTES = [
    Route("/imports", show, name="imports"),
    Route("/imports/file", show_one, name="import"),
    Route("/imports/send", action(_send), methods=["POST"], name="send_import"),
    Route("/imports/again", action(_again), methods=["POST"], name="import_again"),
    Route("/imports/drop/{pipeline}", drop, methods=["POST"], name="drop_import"),
]
