import io
import json
import webbrowser

import click
import pytest
from click.testing import CliRunner

from sluice import cli
from sluice.commands import report
from sluice.pipelines import pipelines
from sluice.target import Target
from tests.sluice.scripted import GONE_ERROR, Scripted

REPORT = {
    "generated_at": "2026-11-21T09:05:00Z",
    "environment": "local",
    "groups": {
        "RA": {
            "label": "Augmented [Reality]",
            "total": 1250,
            "tables": [
                {"name": "RA_a", "count": 1000, "approximate": True, "items": [], "items_truncated": True},
                {"name": "RA_longer", "count": 250, "approximate": False, "items": [], "items_truncated": True},
            ],
        },
        "VR": {"label": "Virtual Reality", "total": 0, "tables": []},
    },
}


class FakeAws:
    """Lambda and S3."""

    def __init__(self) -> None:
        self.error = ""
        self.payload = {}

    def invoke(self, FunctionName, Payload):
        self.payload = json.loads(Payload)
        if self.error:
            told = {"errorMessage": self.error}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(told).encode())}
        return {"Payload": io.BytesIO(b'{"report": "reports/x.json"}')}

    def get_object(self, Bucket, Key):
        assert Bucket == "reports-bucket"
        if Key == "reports/date=2026-11-21/2026-11-21T09-05-00Z.html":
            return {"Body": io.BytesIO(b"<p>the page")}
        assert Key == "reports/x.json"
        return {"Body": io.BytesIO(json.dumps(REPORT).encode())}


@pytest.fixture
def aws(monkeypatch):
    aws = FakeAws()
    monkeypatch.setattr(Target, "client", lambda *_: aws)
    return aws


@pytest.fixture
def outputs(tmp_path):
    path = tmp_path / "outputs.json"
    reports = {"tables": {"function_name": "reporter", "bucket_name": "reports-bucket"}}
    path.write_text(json.dumps({"region": "eu-north-1", "reports": reports}))
    return str(path)


def test_a_report_is_shown_as_bars(aws, outputs):
    result = CliRunner().invoke(cli.cli, ["report", "--outputs", outputs])
    assert result.stdout.splitlines() == [
        "RA  1,250  Augmented [Reality]",
        f"  RA_a       {'#' * 40}  about 1,000",
        f"  RA_longer  {'#' * 10:40}  250",
        "VR  0  Virtual Reality",
        "The page: s3://reports-bucket/reports/latest.html, with the JSON next to it.",
    ]
    assert result.stderr == ""


def test_the_newest_items_of_a_table_are_shown_with_their_dates(capsys):
    items = [
        {"name": "李 \x1b[1m", "date": "2026-11-21", "key": {"id": "a"}},
        {"name": 42, "date": 20261120, "key": {"id": "b"}},
        {"name": None, "date": None, "key": {"id": "c"}},
        {"name": "never shown", "date": "2026-11-18", "key": {"id": "d"}},
    ]
    table = {**_TABLE, "items": items, "status": "ARCHIVED"}
    report.show({**REPORT, "groups": {"RA": {"label": "x", "total": 1000, "tables": [table]}}})
    assert capsys.readouterr().out.splitlines() == [
        "RA  1,000  x",
        f"  RA_a  {'#' * 40}  about 1,000  ARCHIVED",
        "    2026-11-21  李 \\x1b[1m",
        "    20261120    42",
        "    -           -",
        "    and 997 more",
    ]


def test_what_is_not_as_expected_is_said(capsys):
    broken = [
        {"expectation": "minimum", "limit": 1000},
        {"expectation": "maximum", "limit": 9},
        {"expectation": "change_within", "limit": 20, "before": 1500},
    ]
    report.show({**REPORT, "groups": {"RA": {"label": "x", "total": 5, "tables": [], "broken": broken}}})
    assert capsys.readouterr().out.splitlines() == [
        "RA  5  x",
        "  not as expected: at least 1,000",
        "  not as expected: at most 9",
        "  not as expected: within 20 % of the last total, 1,500",
    ]


@pytest.mark.parametrize(
    ("is_there", "said"), [(True, "The page is in your browser: "), (False, "There is no browser here: open ")]
)
def test_the_page_of_the_run_is_opened(aws, outputs, checkout, monkeypatch, is_there, said):
    monkeypatch.setattr(webbrowser, "open", lambda _: is_there)
    result = CliRunner().invoke(cli.cli, ["report", "--open", "--json", "--outputs", outputs])
    path = checkout / ".sluice/pages/tables.html"
    assert 'srcdoc="&lt;p&gt;the page"' in path.read_text()
    assert result.stderr == f"{said}{path}\n"
    assert json.loads(result.stdout) == REPORT


def test_a_report_as_json_is_all_that_is_printed(aws, outputs):
    result = CliRunner().invoke(cli.cli, ["report", "--json", "--outputs", outputs])
    assert (json.loads(result.stdout), result.stderr) == (REPORT, "")


def test_a_run_has_the_time_of_now_in_utc(aws, outputs):
    CliRunner().invoke(cli.cli, ["report", "--outputs", outputs])
    assert aws.payload["scheduled_time"].endswith("Z")


def test_a_run_that_fails_is_one_line_with_its_reason(aws, outputs):
    aws.error = "JSON: AccessDenied"
    result = CliRunner().invoke(cli.cli, ["report", "--json", "--outputs", outputs])
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "Error: the reporter failed: JSON: AccessDenied\n",
    )


def test_a_report_without_items_has_no_bars(capsys):
    empty = {**REPORT, "groups": {"RA": {"label": "x", "total": 0, "tables": [{**_TABLE, "count": 0}]}}}
    report.show(empty)
    assert "#" not in capsys.readouterr().out


_TABLE = REPORT["groups"]["RA"]["tables"][0]


SCHEDULE = {
    "Name": "every",
    "GroupName": "default",
    "ScheduleExpression": "rate(5 minutes)",
    "ScheduleExpressionTimezone": "UTC",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:aws:lambda:x:1:function:reporter-1", "RoleArn": "arn:aws:iam::1:role/r", "Input": "{}"},
    "Description": "Runs the report",
}


def of_schedule(state, answer=None):
    """A stack whose schedule is in a state, and its report."""
    told = {**SCHEDULE, "State": state, "Arn": "arn", "CreationDate": 1, "LastModificationDate": 2}
    answers = {"scheduler.get_schedule": answer or told, "scheduler.update_schedule": {}}
    target = Scripted({**answers, "ResponseMetadata": {}})
    (pipeline,) = pipelines(target, "reports")
    return target, pipeline


def test_a_schedule_that_was_stopped_is_enabled_and_keeps_all_else():
    target, pipeline = of_schedule("DISABLED")
    assert report.enable_schedule(pipeline)
    assert target.asked[-1] == ("scheduler.update_schedule", {**SCHEDULE, "State": "ENABLED"})


def test_one_that_is_enabled_is_left_alone():
    target, pipeline = of_schedule("ENABLED")
    assert not report.enable_schedule(pipeline)
    assert [operation for operation, _ in target.asked] == ["scheduler.get_schedule"]


def test_one_that_is_gone_is_told():
    _, pipeline = of_schedule("", GONE_ERROR)
    with pytest.raises(click.ClickException, match="its schedule every is gone"):
        report.enable_schedule(pipeline)


def test_enabling_runs_no_report(outputs, aws):
    done = CliRunner().invoke(cli.cli, ["report", "--enable", "--json", "--outputs", str(outputs)])
    assert (done.exit_code, aws.payload) == (2, {})
