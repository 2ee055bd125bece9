import json
import time
from typing import Any

import pytest

from handlers.reporter import handler
from handlers.reporter.run import ReportFailedError, Services
from handlers.reporter.schedule import NoScheduledTimeError
from handlers.reporter.settings import read
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import STAMP, error
from tests.handlers.reporter.test_settings import VARIABLES


class Context:
    """What Lambda hands to a handler."""

    function_name = "reporter"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    services = Services(aws.dynamodb, aws.ses, aws.bucket)  # type: ignore[arg-type]  # the fakes have the calls
    monkeypatch.setattr(handler, "_setup", lambda: (read(VARIABLES), services))
    aws.table("RA_lenses", 2)
    return aws


def invoke(capsys: pytest.CaptureFixture[str]) -> tuple[Any, dict[str, Any]]:
    try:
        result: Any = handler.handle({"scheduled_time": STAMP}, Context())
    except ReportFailedError as failure:
        result = failure
    [line] = capsys.readouterr().out.splitlines()
    return result, json.loads(line)


def test_reading_leaves_time_for_the_outcomes() -> None:
    deadlines = handler._deadlines(101)
    assert deadlines.work - time.monotonic() < 61
    assert deadlines.calls - deadlines.work > 39


def test_one_call_never_takes_the_time_of_all() -> None:
    assert handler._deadlines(101).longest_call == 5.0
    assert handler._deadlines(900).longest_call == 10.0


def test_no_call_goes_beyond_the_end() -> None:
    deadlines = handler._deadlines(0)
    assert deadlines.call() <= deadlines.calls


def test_an_invocation_says_where_the_report_lies(deployed: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    result, _ = invoke(capsys)
    assert result == {
        "generated_at": STAMP,
        "totals": {"RA": 2},
        "report": "reports/date=2026-11-21/2026-11-21T09-05-00Z.json",
        "page": "reports/date=2026-11-21/2026-11-21T09-05-00Z.html",
    }
    assert {result["report"], result["page"]} <= set(deployed.stored())


def test_an_invocation_ends_with_one_line_without_personal_data(
    deployed: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    _, line = invoke(capsys)
    assert (line["request_id"], line["Items"], line["MailsSent"], line["OutcomesFailed"]) == ("request-1", 2, 1, 0)
    assert "example.com" not in json.dumps(line)


def test_a_table_that_may_not_be_read_is_counted_and_named(deployed: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.faults.on("Scan", "RA_lenses", error("Scan", "AccessDeniedException", 400))
    _, line = invoke(capsys)
    assert (line["UnreadableTables"], line["OutcomesFailed"]) == (1, 0)
    assert {"Name": "UnreadableTables", "Unit": "Count"} in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert line["notes"][0].startswith("RA_lenses: ")


def test_a_failed_invocation_raises_and_still_ends_with_its_line(
    deployed: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.faults.on("SendEmail")
    result, line = invoke(capsys)
    assert isinstance(result, ReportFailedError)
    assert line["OutcomesFailed"] == 1


def test_an_event_without_a_time_is_refused_before_anything_is_done(deployed: Aws) -> None:
    with pytest.raises(NoScheduledTimeError):
        handler.handle({"scheduled_time": "<aws.scheduler.scheduled-time>"}, Context())
    assert deployed.stored() == []
