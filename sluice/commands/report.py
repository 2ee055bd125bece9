"""`report`: runs the reporter now and shows its report."""

import json
from typing import Any

import click

from sluice.pages import folder_of, open_page, page
from sluice.pipelines import Pipeline, chosen, pipeline_option
from sluice.reports import expectation, run
from sluice.target import Target, targeted
from sluice.terminal import note, print_json, printable, room, say, status

_BAR = 40
_COUNT = len("about 1,000,000")
_NEWEST = 3
"""How many items of a table are shown."""
_SCHEDULE_ANSWERS = ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata")
"""Fields that AWS returns for a schedule and does not accept in an update."""


@click.command("report")
@click.option("--json", "as_json", is_flag=True, help="The report as it is stored, as JSON.")
@click.option("--open", "is_opened", is_flag=True, help="Open its page in the browser too.")
@click.option("--enable", is_flag=True, help="Enable its disabled schedule, and run nothing.")
@pipeline_option
@targeted
def command(target: Target, pipeline_name: str | None, as_json: bool, is_opened: bool, enable: bool) -> None:
    """Run a reporter now and show the report.

    It has counts, and the newest items with their dates.

    \b
    Examples:
      python -m sluice report
      python -m sluice report --pipeline tables --json
    """  # noqa: D301 click reads the control character
    pipeline = chosen(target, "reports", pipeline_name)
    if enable:
        if as_json or is_opened:
            raise click.UsageError("--enable runs no report: leave out --json and --open")
        enabled = enable_schedule(pipeline)
        say(f"{pipeline}: its schedule {pipeline['schedule_name']} {'is' if enabled else 'was'} enabled.")
        return
    with status("Counting ..."):
        report = run(pipeline)
    if as_json:
        print_json(report)
    else:
        show(report)
        bucket = pipeline["bucket_name"]
        say(f"The page: s3://{bucket}/reports/latest.html, with the JSON next to it.")
    if is_opened:
        _open(pipeline, report["generated_at"])


def enable_schedule(pipeline: Pipeline) -> bool:
    """Enables the schedule of a reporter, leaving its other settings; returns whether it was disabled.

    Raises:
        click.ClickException: It is gone.
    """
    scheduler = pipeline.client("scheduler")
    try:
        schedule = scheduler.get_schedule(Name=pipeline["schedule_name"])
    except scheduler.exceptions.ResourceNotFoundException:
        what = f"{pipeline}: its schedule {pipeline['schedule_name']} is gone"
        raise click.ClickException(f"{what}: `python -m sluice check` says how it comes back") from None
    if schedule["State"] == "ENABLED":
        return False
    # An update replaces the whole schedule: omitted fields would be lost.
    kept = {name: value for name, value in schedule.items() if name not in _SCHEDULE_ANSWERS}
    scheduler.update_schedule(**kept | {"State": "ENABLED"})
    return True


def _open(pipeline: Pipeline, at: str) -> None:
    """Shows the page of a run; `latest.html` may be another's by now."""
    key = f"reports/date={at[:10]}/{at.replace(':', '-')}.html"
    body = pipeline.client("s3").get_object(Bucket=pipeline["bucket_name"], Key=key)["Body"].read()
    title = f"{pipeline}, {at}"
    path, is_shown = open_page(folder_of(pipeline.target), f"{pipeline.name}.html", page(title, body.decode()))
    note(f"The page is in your browser: {path}" if is_shown else f"There is no browser here: open {path}")


def show(report: dict[str, Any]) -> None:
    """Prints the totals as bars, broken expectations, and the newest items of each table with their dates."""
    counts = [table["count"] for group in report["groups"].values() for table in group["tables"]]
    longest = max([*counts, 1])
    for name, group in report["groups"].items():
        say((name, "bold"), f"  {group['total']:,}  {group['label']}")
        for breach in group.get("broken") or ():
            say("  ", (f"not as expected: {expectation(breach)}", "red"))
        names = [printable(table["name"]) for table in group["tables"]]
        width = max(map(len, names), default=0)
        columns = room(_BAR, width + len("  " * 3) + _COUNT)
        for shown, table in zip(names, group["tables"], strict=True):
            bar = "#" * round(columns * table["count"] / longest)
            about = "about " if table["approximate"] else ""
            status = (f"  {table['status']}", "yellow") if table.get("status") else ""
            say(f"  {shown:{width}}  {bar:{columns}}  {about}{table['count']:,}", status)
            _show_items(table)


def _show_items(table: dict[str, Any]) -> None:
    newest = table["items"][:_NEWEST]
    dates = [printable(_text(item["date"])) for item in newest]
    width = max(map(len, dates), default=0)
    for item, day in zip(newest, dates, strict=True):
        say(f"    {day:{width}}  {_text(item['name'])}")
    if newest and table["count"] > len(newest):
        say(f"    and {table['count'] - len(newest):,} more")


def _text(value: Any) -> str:
    """A name or a date of an item, of any type."""
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
