"""`report`: runs the reporter now and shows what it found."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from sluice.pipelines import Pipeline, chosen, pipeline_option
from sluice.target import Target, targeted
from sluice.terminal import print_json, printable, say, status

_BAR = 40


@click.command("report")
@click.option("--json", "as_json", is_flag=True, help="The report as it is stored, as JSON.")
@pipeline_option
@targeted
def command(target: Target, pipeline_name: str | None, as_json: bool) -> None:
    """Run a reporter now and show the report."""
    pipeline = chosen(target, "reports", pipeline_name)
    with status("Counting ..."):
        report = run(pipeline)
    if as_json:
        print_json(report)
        return
    show(report)
    bucket = pipeline["bucket_name"]
    say(f"The page: s3://{bucket}/reports/latest.html, and beside it the JSON.")


def run(pipeline: Pipeline) -> dict[str, Any]:
    """Runs the reporter for this moment and returns the report.

    Raises:
        click.ClickException: the run failed.
    """
    pipeline.target.greet()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = json.dumps({"scheduled_time": now}).encode()
    answer = pipeline.client("lambda").invoke(FunctionName=pipeline["function_name"], Payload=payload)
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise click.ClickException(f"the reporter failed: {result.get('errorMessage', result)}")
    stored = pipeline.client("s3").get_object(Bucket=pipeline["bucket_name"], Key=result["report"])
    return json.loads(stored["Body"].read())


def show(report: dict[str, Any]) -> None:
    """Prints the totals as bars."""
    counts = [table["count"] for group in report["groups"].values() for table in group["tables"]]
    longest = max([*counts, 1])
    for name, group in report["groups"].items():
        say((name, "bold"), f"  {group['total']:,}  {group['label']}")
        names = [printable(table["name"]) for table in group["tables"]]
        width = max(map(len, names), default=0)
        for shown, table in zip(names, group["tables"], strict=True):
            bar = "#" * round(_BAR * table["count"] / longest)
            about = "about " if table["approximate"] else ""
            say(f"  {shown:{width}}  {bar:{_BAR}}  {about}{table['count']:,}")
