"""Report: tables of both groups, one empty and one with odd items; totals, a page, a mail."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sluice.cloud.emulator.outbox import mails
from sluice.cloud.program.execution import ROOT
from sluice.commands.report import run, show
from sluice.demo.stage import Stage, sample
from sluice.terminal import say

TITLE = "Report: how many items the tables hold"

_TABLES = {"RA_headsets": 250, "RA_lenses": 31, "RA_prototypes": 0, "VR_headsets": 117}
_ODD = "VR_odd"
_ODD_ITEMS: list[dict[str, Any]] = [
    {"id": "no name"},
    {"id": "a number", "name": 42, "date": 20261121},
    {"id": "markup", "name": "<script>alert(1)</script>", "date": "yesterday"},
    {"id": "a list", "name": ["a", "b"], "date": None},
]
_PAGE = ROOT / ".build" / "demo-report.html"


def play(stage: Stage) -> None:
    """Makes the tables, runs the reporter and checks its outcomes."""
    users = [user["name"] for user in sample("users.jsonl")]
    for name, count in _TABLES.items():
        _fill(stage, name, [_item(number, users) for number in range(count)])
    _fill(stage, _ODD, _ODD_ITEMS)
    report = run(stage.target)
    show(report)
    _check(stage, report)
    page = stage.target.client("s3").get_object(Bucket=stage.target["report_bucket_name"], Key="reports/latest.html")
    _keep(page["Body"].read())
    say(f"The page lies in reports/latest.html of the bucket; a copy to look at: {_PAGE.relative_to(ROOT)}")


def _item(number: int, names: list[str]) -> dict[str, Any]:
    day = date(2026, 11, 21) - timedelta(days=number)
    return {"id": f"item-{number}", "name": names[number % len(names)], "date": day.isoformat()}


def _fill(stage: Stage, name: str, items: list[dict[str, Any]]) -> None:
    client = stage.target.client("dynamodb")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    with stage.named_table(name).batch_writer() as writer:
        for item in items:
            writer.put_item(Item=item)


def _check(stage: Stage, report: dict[str, Any]) -> None:
    counted = {table["name"]: table["count"] for group in report["groups"].values() for table in group["tables"]}
    wanted = {**_TABLES, _ODD: len(_ODD_ITEMS)}
    stage.check("every table of the two groups is counted exactly", holds=counted == wanted, found=counted)
    totals = {
        group: stage.named_table(name)
        .get_item(Key={"group": group, "generated_at": report["generated_at"]})
        .get("Item")
        for group, name in stage.target["report_totals_tables"].items()
    }
    stage.check(
        "the totals tables have the run",
        holds=all(row and row["total"] == report["groups"][group]["total"] for group, row in totals.items()),
        found=totals,
    )
    (odd,) = (table for table in report["groups"]["VR"]["tables"] if table["name"] == _ODD)
    stage.check("odd names and dates are shown as they are", holds=len(odd["items"]) == len(_ODD_ITEMS), found=odd)
    sent = [
        mail
        for mail in mails(stage.stack.cloud.endpoint, stage.stack.cloud.token)
        if mail["to"] == ["team@example.com"]
    ]
    stage.check(
        "one mail went to the team, under 100 KB, with nothing of a table that could run",
        holds=len(sent) == 1 and len(sent[0]["html"].encode()) < 100_000 and "<script>alert" not in sent[0]["html"],
        found=[mail["subject"] for mail in sent],
    )


def _keep(page: bytes) -> None:
    _PAGE.parent.mkdir(exist_ok=True)
    Path(_PAGE).write_bytes(page)
