"""Report: tables of both groups, one empty and one with odd items; totals, a page, a mail."""

from pathlib import Path
from typing import Any

from sluice.cloud.emulator.outbox import mails
from sluice.cloud.program.execution import ROOT
from sluice.commands.report import show
from sluice.demo.scene import Scene
from sluice.putting import make_table
from sluice.reports import run as run_report
from sluice.samples import counted_item, sample
from sluice.terminal import say

TITLE = "Report: how many items the tables have"
PROVED = "tables are counted exactly, and the report is kept, shown as a page and mailed once"

_TABLES = {"RA_headsets": 250, "RA_lenses": 31, "RA_prototypes": 0, "VR_headsets": 117}
_ODD = "VR_odd"
_ODD_ITEMS: list[dict[str, Any]] = [
    {"id": "no name"},
    {"id": "a number", "name": 42, "date": 20261121},
    {"id": "markup", "name": "<script>alert(1)</script>", "date": "yesterday"},
    {"id": "a list", "name": ["a", "b"], "date": None},
]
_PAGE = ROOT / ".build" / "demo-report.html"


def run(scene: Scene) -> None:
    """Makes the tables, runs the reporter and checks its outcomes."""
    users = [user["name"] for user in sample("users.jsonl")]
    for name, count in _TABLES.items():
        _fill(scene, name, [counted_item(number, users) for number in range(count)])
    _fill(scene, _ODD, _ODD_ITEMS)
    report = run_report(scene.pipeline("reports"))
    show(report)
    _check(scene, report)
    page = scene.target.client("s3").get_object(
        Bucket=scene.pipeline("reports")["bucket_name"], Key="reports/latest.html"
    )
    _keep(page["Body"].read())
    say(f"The page is reports/latest.html in the bucket; a copy: {_PAGE.relative_to(ROOT)}")


def _fill(scene: Scene, name: str, items: list[dict[str, Any]]) -> None:
    make_table(scene.target.client("dynamodb"), name)
    with scene.table(name).batch_writer() as writer:
        for item in items:
            writer.put_item(Item=item)


def _check(scene: Scene, report: dict[str, Any]) -> None:
    observed = {table["name"]: table["count"] for group in report["groups"].values() for table in group["tables"]}
    counts = {**_TABLES, _ODD: len(_ODD_ITEMS)}
    scene.check("every table of the two groups is counted exactly", holds=observed == counts, evidence=observed)
    totals = {
        group: scene.table(name).get_item(Key={"group": group, "generated_at": report["generated_at"]}).get("Item")
        for group, name in scene.pipeline("reports")["totals_tables"].items()
    }
    scene.check(
        "the totals tables have the run",
        holds=all(row and row["total"] == report["groups"][group]["total"] for group, row in totals.items()),
        evidence=totals,
    )
    (odd,) = (table for table in report["groups"]["VR"]["tables"] if table["name"] == _ODD)
    scene.check("odd names and dates are shown as they are", holds=len(odd["items"]) == len(_ODD_ITEMS), evidence=odd)
    sent = [
        mail
        for mail in mails(scene.stack.cloud.endpoint, scene.stack.cloud.token)
        if mail["to"] == ["team@example.com"]
    ]
    scene.check(
        "one mail went to the team, under 100 KB, with no active content from a table",
        holds=len(sent) == 1 and len(sent[0]["html"].encode()) < 100_000 and "<script>alert" not in sent[0]["html"],
        evidence=[mail["subject"] for mail in sent],
    )


def _keep(page: bytes) -> None:
    _PAGE.parent.mkdir(exist_ok=True)
    Path(_PAGE).write_bytes(page)
