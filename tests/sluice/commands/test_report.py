import io
import json

import pytest
from click.testing import CliRunner

from sluice import cli
from sluice.commands import report
from sluice.target import Target

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
        assert (Bucket, Key) == ("reports-bucket", "reports/x.json")
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
        "The page: s3://reports-bucket/reports/latest.html, and beside it the JSON.",
    ]
    assert result.stderr == ""


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
