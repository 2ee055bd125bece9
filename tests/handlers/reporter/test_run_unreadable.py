"""Tables that may not be read fail nothing; those whose reading fails are read by the next run for that time."""

import json

import pytest

from handlers.reporter.run import ReportFailedError
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import error
from tests.handlers.reporter.test_run import RECORD, TO, counts, fail, tables

__all__ = ["tables"]  # a fixture


@pytest.mark.parametrize("operation", ["DescribeTable", "Scan"])
@pytest.mark.parametrize("code", ["AccessDeniedException", "KMSInvalidStateException", "ValidationException"])
def test_a_table_that_may_not_be_read_is_shown_so_and_fails_nothing(tables: Aws, operation: str, code: str) -> None:
    tables.faults.on(operation, "RA_lenses", error(operation, code, 400))
    run = tables.run()
    run.execute()
    assert run.summary.unreadable == 1
    [note] = run.summary.notes
    assert note.startswith(f"RA_lenses: UNREADABLE: Fake {operation} failed: {code}")
    [table] = [
        table
        for table in json.loads(tables.body(f"{RECORD}.json"))["groups"]["RA"]["tables"]
        if table["name"] == "RA_lenses"
    ]
    assert (table["status"], table["approximate"], table["items"]) == ("UNREADABLE", True, [])
    body = tables.ses.outbox[0]["Content"]["Simple"]["Body"]
    for text in (tables.body(f"{RECORD}.html").decode(), body["Html"]["Data"], body["Text"]["Data"]):
        assert "may not be read" in text
    assert counts(tables)["VR_headsets"] == 5
    assert tables.ses.to == TO
    repeated = tables.run(owner="run-2")
    repeated.execute()
    assert (repeated.summary.units, repeated.summary.unreadable, tables.ses.to) == (0.0, 1, TO)
    assert repeated.summary.notes == ["RA_lenses: UNREADABLE"]


@pytest.mark.parametrize("status", ["INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED"])
def test_a_table_that_dynamodb_itself_locked_is_among_the_notes_of_each_run(tables: Aws, status: str) -> None:
    tables.dynamodb.statuses["RA_lenses"] = status
    for owner in ("run-1", "run-2"):
        run = tables.run(owner=owner)
        run.execute()
        assert (run.summary.unreadable, run.summary.notes) == (1, [f"RA_lenses: {status}"])


def test_a_table_that_is_being_made_or_deleted_is_no_note(tables: Aws) -> None:
    tables.dynamodb.statuses |= {"RA_lenses": "CREATING", "VR_headsets": "DELETING"}
    run = tables.run()
    run.execute()
    assert (run.summary.unreadable, run.summary.notes) == (0, [])


def test_a_table_whose_reading_fails_fails_the_run_when_all_is_done(tables: Aws) -> None:
    tables.faults.on("Scan", "RA_lenses")
    assert fail(tables) == ["RA_lenses"]
    assert counts(tables)["VR_headsets"] == 5
    assert tables.ses.to == TO


def test_a_run_with_thousands_of_reasons_names_the_first_and_counts_the_others(aws: Aws) -> None:
    for number in range(23):
        aws.table(f"RA_{number:03}")
    aws.faults.on("Scan")
    with pytest.raises(ReportFailedError) as raised:
        aws.run().execute()
    reasons = str(raised.value).split("; ")
    assert (len(reasons), reasons[0].split(":")[0], reasons[-1]) == (21, "RA_000", "and 3 more")


def test_a_report_without_a_table_that_could_not_be_read_is_made_anew_by_the_next_run(tables: Aws) -> None:
    tables.faults.on("DescribeTable", "RA_lenses")
    fail(tables)
    tables.faults.clear()
    tables.run(owner="run-2").execute()
    for key in (f"{RECORD}.json", "reports/latest.json"):
        assert counts(tables, key) == {"RA_empty": 0, "RA_lenses": 1, "VR_headsets": 5}
    assert tables.rows()[0]["total"] == {"N": "1"}
    assert tables.ses.to == TO
