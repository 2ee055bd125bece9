"""The reports: the latest of each pipeline with its page, earlier ones, and a button to run one now."""

from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice import reports as stored
from sluice.console.web.documents import document
from sluice.console.web.forms import Done, Form, action
from sluice.console.web.rendering import console_of, render
from sluice.pipelines import Pipeline, chosen, pipelines
from sluice.target import Target

_LATEST = "latest"


def show(request: Request) -> Response:
    """Shows the latest report of each pipeline."""
    console = console_of(request)
    there = pipelines(console.target, "reports")
    asks = {f"report {each.name}": partial(_latest, name=each.name) for each in there}
    known = console.known(asks) if asks else {}
    found = [(each, (known[f"report {each.name}"] or (None,))[0]) for each in there]
    is_complete = None not in known.values()
    return render(request, "reports.html", found=found, is_complete=is_complete)


def _latest(target: Target, name: str) -> tuple[dict[str, Any] | None]:
    return (_summary(stored.report(chosen(target, "reports", name))),)


def _summary(report: dict[str, Any] | None) -> dict[str, Any] | None:
    """A report's counts, without its items."""
    if report is None:
        return None
    groups = [
        {
            "name": str(name), "label": str(group["label"]), "total": group["total"],
            "broken": [stored.expectation(breach) for breach in group.get("broken") or ()],
            "tables": [
                {"name": str(table["name"]), "count": table["count"], "is_approximate": bool(table["approximate"]),
                 "status": str(table.get("status") or "")}
                for table in group["tables"]
            ],
        }
        for name, group in report["groups"].items()
    ]  # fmt: skip
    counts = [table["count"] for group in groups for table in group["tables"]]
    return {"at": str(report["generated_at"]), "groups": groups, "most": max([*counts, 1])}


def show_one(request: Request) -> Response:
    """Shows a report with its page, and the others of a day.

    Raises:
        HTTPException: There is no report of that time.
    """
    pipeline, at = _pipeline(request), request.query_params.get("at", _LATEST)
    report = _summary(stored.report(pipeline, _key(pipeline, at)))
    if report is None and at != _LATEST:
        raise HTTPException(404, f"There is no report of {pipeline} at that time.")
    days = stored.days(pipeline)
    day = request.query_params.get("day", "")
    day = day if day in days else (days[0] if days else "")
    others = stored.stored_on(pipeline, day) if day else []
    return render(request, "report.html", pipeline=pipeline, report=report, at=at, days=days, day=day, others=others)


def show_page(request: Request) -> Response:
    """Returns the stored page of a report, for a frame in which nothing runs.

    Raises:
        HTTPException: There is no report of that time.
    """
    pipeline = _pipeline(request)
    page = stored.page_of(pipeline, _key(pipeline, request.query_params.get("at", _LATEST)))
    if page is None:
        raise HTTPException(404, f"There is no report of {pipeline} at that time.")
    return document(page)


def _pipeline(request: Request) -> Pipeline:
    return chosen(console_of(request).target, "reports", request.path_params["name"])


def _key(pipeline: Pipeline, at: str) -> str:
    """The key of a stored report, by its time; nothing else in the bucket is shown."""
    if at == _LATEST:
        return stored.LATEST
    known = {each.at: each.key for each in stored.stored_on(pipeline, at[:10])} if "/" not in at[:10] else {}
    return known.get(at, "reports/none")


def _run(request: Request, form: Form) -> Done:
    """Runs a reporter."""
    pipeline = chosen(console_of(request).target, "reports", form.get("pipeline", [""])[0])
    report = stored.run(pipeline)
    totals = ", ".join(f"{group['total']:,} {group['label']}" for group in report["groups"].values())
    return Done(f"{pipeline} counted {totals}.", "reports")


ROUTES = [
    Route("/reports", show, name="reports"),
    Route("/reports/run", action(_run), methods=["POST"], name="run_report"),
    Route("/reports/{name}", show_one, name="report"),
    Route("/reports/{name}/page", show_page, name="report_page"),
]
