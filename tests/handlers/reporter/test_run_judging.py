"""What is expected of a report, and whom it is mailed to when: decided once for a scheduled time."""

import json
from datetime import timedelta
from typing import Any

import pytest

from handlers.reporter.expectations import Expectation
from handlers.reporter.run import ReportFailedError
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import AT, RA, VR

TO = ["one@example.com", "two@example.com"]
LATER = AT + timedelta(minutes=5)
TEN = (RA._replace(expect=Expectation(minimum=10)), VR)
STEADY = (RA._replace(expect=Expectation(change_within=20)), VR)


@pytest.fixture
def tables(aws: Aws) -> Aws:
    """A table of five items, and one of one."""
    aws.table("RA_lenses", 5)
    aws.table("VR_headsets", 1)
    return aws


def record(aws: Aws, name: str = "RA", time: Any = AT) -> dict[str, Any]:
    key = f"reports/date=2026-11-21/{time:%Y-%m-%dT%H-%M-%SZ}.json"
    return json.loads(aws.body(key))["groups"][name]


def add(aws: Aws, table: str = "RA_lenses", items: int = 1) -> None:
    for number in range(items):
        aws.tables.put_item(TableName=table, Item={"id": {"S": f"late-{number}"}})


def test_a_broken_expectation_stands_in_the_record_and_is_counted(tables: Aws) -> None:
    run = tables.run(groups=TEN)
    run.execute()
    assert record(tables)["broken"] == [{"expectation": "minimum", "limit": 10}]
    assert "broken" not in record(tables, "VR")
    assert run.summary.broken == 1
    assert run.summary.reasons == []


def test_a_change_is_judged_against_the_last_report(tables: Aws) -> None:
    tables.run(groups=STEADY).execute()
    add(tables, items=2)
    tables.run(LATER, groups=STEADY).execute()
    assert record(tables)["broken"] == []
    assert record(tables, time=LATER)["broken"] == [{"expectation": "change_within", "limit": 20, "before": 5}]


def test_where_nobody_asks_the_record_says_nothing_of_it(tables: Aws) -> None:
    tables.run().execute()
    assert set(record(tables)) == {"label", "total", "tables"}


@pytest.mark.parametrize(("changes", "mailed"), [(True, TO), (False, [])])
def test_mails_for_changes_come_when_a_count_changed(tables: Aws, changes: bool, mailed: list[str]) -> None:
    tables.run(mail="changes").execute()
    tables.ses.outbox.clear()
    if changes:
        add(tables, "VR_headsets")
    tables.run(LATER, mail="changes").execute()
    assert tables.ses.to == mailed


@pytest.mark.parametrize(("groups", "mailed"), [(TEN, TO), (STEADY, [])])
def test_mails_for_breaches_come_when_an_expectation_is_broken(tables: Aws, groups: Any, mailed: list[str]) -> None:
    tables.run(mail="breaches", groups=groups).execute()
    assert tables.ses.to == mailed


def test_a_report_that_is_never_mailed_has_its_other_outcomes(tables: Aws) -> None:
    tables.run(mail="never", groups=TEN).execute()
    assert tables.ses.to == []
    assert "reports/latest.html" in tables.stored()
    assert len(tables.rows()) == 1


def test_a_repeated_run_decides_as_the_first_though_an_earlier_report_came_between(tables: Aws) -> None:
    """The one who was refused gets the mail that the others have."""
    tables.faults.on("SendEmail", "two@")
    with pytest.raises(ReportFailedError):
        tables.run(LATER, mail="changes").execute()
    tables.faults.clear()
    tables.run(AT, mail="never").execute()  # late, with the same counts
    tables.run(LATER, owner="run-2", mail="changes").execute()
    assert tables.ses.to == TO


def test_a_repeated_run_finds_the_same_breach_though_the_tables_are_as_expected_now(tables: Aws) -> None:
    tables.run(mail="breaches", groups=TEN).execute()
    add(tables, items=5)
    second = tables.run(owner="run-2", mail="breaches", groups=TEN)
    second.execute()
    assert (second.summary.broken, tables.ses.to) == (1, TO)


@pytest.mark.parametrize("mail", ["changes", "breaches"])
def test_without_the_last_report_nobody_is_mailed_until_a_repeated_run_knows(tables: Aws, mail: str) -> None:
    tables.faults.on("Query")
    with pytest.raises(ReportFailedError, match=f"mails are for {mail} only"):
        tables.run(mail=mail, groups=TEN).execute()
    assert (tables.ses.to, record(tables)["broken"]) == ([], None)
    tables.faults.clear()
    tables.run(owner="run-2", mail=mail, groups=TEN).execute()
    assert (tables.ses.to, record(tables)["broken"]) == (TO, [{"expectation": "minimum", "limit": 10}])


def test_a_table_that_an_outage_hid_breaks_no_expectation(tables: Aws) -> None:
    tables.faults.on("Scan", "RA_lenses")
    with pytest.raises(ReportFailedError):
        tables.run(mail="breaches", groups=TEN).execute()
    assert (record(tables)["broken"], tables.ses.to) == (None, [])
