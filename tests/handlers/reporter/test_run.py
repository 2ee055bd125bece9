import json
import time
from datetime import timedelta
from typing import Any

import pytest

from handlers.reporter.keeping.marks import Mark, digest
from handlers.reporter.run import ReportFailedError
from handlers.shared.aws.errors import AwsError
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import AT, STAMP, error

RECORD = "reports/date=2026-11-21/2026-11-21T09-05-00Z"
TO = ["one@example.com", "two@example.com"]


@pytest.fixture
def tables(aws: Aws) -> Aws:
    """Tables of 0, 1 and 5 items, and one of no group."""
    aws.table("RA_empty")
    aws.table("RA_lenses", 1)
    aws.table("VR_headsets", 5)
    aws.table("Users", 2)
    return aws


def counts(aws: Aws, key: str = f"{RECORD}.json") -> dict[str, int]:
    groups = json.loads(aws.body(key))["groups"].values()
    return {table["name"]: table["count"] for group in groups for table in group["tables"]}


def fail(aws: Aws, **options: Any) -> list[str]:
    with pytest.raises(ReportFailedError) as raised:
        aws.run(**options).execute()
    return [reason.split(":")[0] for reason in str(raised.value).split("; ")]


def test_a_run_has_four_outcomes(tables: Aws) -> None:
    run = tables.run()
    run.execute()
    assert counts(tables) == {"RA_empty": 0, "RA_lenses": 1, "VR_headsets": 5}
    for kind in ("json", "html"):
        assert tables.body(f"{RECORD}.{kind}") == tables.body(f"reports/latest.{kind}")
    assert [row["total"] for name in ("RA_totales", "VR_totales") for row in tables.rows(name)] == [
        {"N": "1"},
        {"N": "5"},
    ]
    assert tables.rows()[0]["expires_at"] == {"N": str(int((AT + timedelta(days=30)).timestamp()))}
    assert tables.ses.to == TO
    assert f"s3://reports/{RECORD}.html" in tables.ses.outbox[0]["Content"]["Simple"]["Body"]["Html"]["Data"]
    assert (run.summary.tables, run.summary.items, run.summary.mails, run.summary.reasons) == (3, 6, 2, [])


def test_the_totals_rows_carry_nothing_but_the_contract(tables: Aws) -> None:
    tables.run().execute()
    assert set(tables.rows()[0]) == {"group", "generated_at", "total", "tables", "expires_at"}


def test_two_runs_for_one_time_leave_one_report_and_one_mail(tables: Aws) -> None:
    tables.run().execute()
    tables.table("RA_later", 1)
    second = tables.run(owner="run-2")
    second.execute()
    assert "RA_later" not in counts(tables)
    assert (tables.ses.to, second.summary.units) == (TO, 0.0)
    assert len(tables.rows()) == 1
    assert [key for key in tables.stored() if key.startswith("reports/date=")] == [
        f"{RECORD}.{kind}" for kind in ("html", "json", "mail")
    ]


def test_a_run_that_is_overtaken_takes_the_record_of_the_other(tables: Aws) -> None:
    def other_first(operation: str, payload: dict[str, Any]) -> None:
        if operation == "Scan":
            tables.dynamodb.before = lambda operation, payload: None
            tables.run(owner="run-2").execute()
            tables.tables.put_item(TableName="VR_headsets", Item={"id": {"S": "late"}})

    tables.dynamodb.before = other_first
    tables.run().execute()
    assert counts(tables)["VR_headsets"] == 5
    assert tables.rows("VR_totales")[0]["total"] == {"N": "5"}
    assert tables.ses.to == TO


@pytest.mark.parametrize(
    ("operation", "subject", "failed"),
    [
        ("PutObject", ".json", ["JSON", "latest JSON"]),
        ("PutObject", ".html", ["HTML"]),
        ("PutObject", "latest", ["latest JSON", "HTML"]),
        ("UpdateItem", "RA_totales", ["totals of RA"]),
        ("UpdateItem", "", ["totals of RA", "totals of VR"]),
        ("Query", "VR", ["history of VR"]),
        ("SendEmail", "one@", ["mail"]),
        ("SendEmail", "", ["mail", "mail"]),
    ],
)
def test_an_outcome_that_fails_stops_no_other(tables: Aws, operation: str, subject: str, failed: list[str]) -> None:
    tables.faults.on(operation, subject)
    assert fail(tables) == failed
    wanted = {f"{RECORD}.json", f"{RECORD}.html", "reports/latest.json", "reports/latest.html"}
    if operation == "PutObject":
        wanted = {key for key in wanted if subject not in key}
    assert wanted <= set(tables.stored())
    assert len(tables.rows("VR_totales")) == (0 if (operation, subject) == ("UpdateItem", "") else 1)
    assert tables.ses.to == ([] if failed == ["mail", "mail"] else TO[1:] if failed == ["mail"] else TO)


@pytest.mark.parametrize(
    ("operation", "subject"),
    [
        ("PutObject", ""),
        ("PutObject", "html"),
        ("PutObject", "json"),
        ("GetObject", ""),
        ("HeadObject", ""),
        ("UpdateItem", ""),
    ],
)
def test_a_run_whose_write_failed_and_that_is_repeated_sends_one_mail(
    tables: Aws, operation: str, subject: str
) -> None:
    tables.faults.on(operation, subject)
    fail(tables)
    tables.faults.clear()
    tables.run(owner="run-2").execute()
    assert tables.ses.to == TO
    assert counts(tables) == counts(tables, "reports/latest.json")
    assert len(tables.rows()) == 1


def test_a_bucket_that_is_out_of_order_stops_no_totals_and_its_mails_go_with_the_next_run(tables: Aws) -> None:
    for operation in ("PutObject", "GetObject", "HeadObject"):
        tables.faults.on(operation)
    assert fail(tables) == ["JSON", "latest JSON", "HTML", "mail"]
    assert tables.ses.outbox == []
    assert len(tables.rows()) == 1
    tables.faults.clear()
    tables.run(owner="run-2").execute()
    assert tables.ses.to == TO


def test_without_marks_no_mail_is_sent_and_none_is_lost(tables: Aws) -> None:
    tables.faults.on("PutObject", ".mail")
    assert fail(tables) == ["mail"]
    assert tables.ses.outbox == []
    tables.faults.clear()
    tables.run(owner="run-2").execute()
    assert tables.ses.to == TO


def test_mails_that_the_release_before_marked_in_the_totals_row_are_not_sent_again(tables: Aws) -> None:
    tables.run(mail_enabled=False).execute()
    [row] = tables.rows()
    mark = Mark("run-1", time.time() - 60, (digest(TO[0]),)).dumps()
    tables.tables.put_item(TableName="RA_totales", Item=row | {"mail": {"S": mark}})
    for owner in ("run-1", "run-2"):
        tables.run(owner=owner).execute()
    assert tables.ses.to == TO[1:]


def test_marks_that_fail_stop_the_mails_and_what_was_sent_is_counted(tables: Aws) -> None:
    def outage(address: str) -> None:
        tables.faults.on("PutObject", ".mail")

    tables.ses.accepted = outage
    run = tables.run()
    with pytest.raises(ReportFailedError, match="mail: MarksUnavailableError"):
        run.execute()
    assert (tables.ses.to, run.summary.mails) == (TO[:1], 1)


def test_a_run_that_comes_while_another_sends_waits_for_it_and_sends_nothing(tables: Aws) -> None:
    failures: list[str] = []

    def other_meanwhile(address: str) -> None:
        tables.ses.accepted = lambda address: None
        failures.extend(fail(tables, owner="run-2", seconds=1.5))

    tables.ses.accepted = other_meanwhile
    tables.run().execute()
    assert failures == ["mail"]
    assert tables.ses.to == TO


def test_the_claim_of_a_run_outlasts_the_calls_of_a_mail(tables: Aws) -> None:
    """A run of 60 seconds gives a call 2.95 of them; a mail and its marks are four calls at most."""
    before, held = time.time(), list[float]()
    tables.ses.accepted = lambda address: held.append(json.loads(tables.body(f"{RECORD}.mail"))["until"])
    tables.run(seconds=60).execute()
    assert len(held) == 2
    assert all(before + 11 < until < time.time() + 12 for until in held)


def test_without_anybody_to_mail_nothing_is_marked(tables: Aws) -> None:
    tables.run(mail_only_to=("example.net",)).execute()
    assert not [key for key in tables.stored() if key.endswith(".mail")]


def test_a_run_fails_with_all_its_reasons(tables: Aws) -> None:
    tables.faults.on("PutObject", "html")
    tables.faults.on("UpdateItem", "VR")
    tables.faults.on("SendEmail", "two@", error("SendEmail", "MessageRejected", 400))
    with pytest.raises(ReportFailedError) as raised:
        tables.run().execute()
    for part in ("totals of VR", "HTML: Fake PutObject failed", "mail: recipient 2 of 2: MessageRejected"):
        assert part in str(raised.value)
    assert "example.com" not in str(raised.value)


def test_a_late_older_run_leaves_latest_alone(tables: Aws) -> None:
    tables.run().execute()
    tables.run(AT - timedelta(minutes=5)).execute()
    assert json.loads(tables.body("reports/latest.json"))["generated_at"] == STAMP
    assert "21 November 2026, 09:05 UTC" in tables.body("reports/latest.html").decode()
    assert "reports/date=2026-11-21/2026-11-21T09-00-00Z.html" in tables.stored()


def test_a_report_is_compared_with_the_one_before(tables: Aws) -> None:
    tables.run(AT - timedelta(minutes=5)).execute()
    tables.table("VR_new", 2)
    tables.run().execute()
    assert "+2</span>" in tables.body(f"{RECORD}.html").decode()


def test_a_table_that_is_deleted_in_mid_run_is_reported_and_the_rest_is_exact(tables: Aws) -> None:
    def delete(operation: str, payload: dict[str, Any]) -> None:
        if operation == "Scan" and payload["TableName"] == "RA_lenses":
            tables.tables.delete_table(TableName="RA_lenses")

    tables.dynamodb.before = delete
    tables.run().execute()
    reported = {table["name"]: table for table in json.loads(tables.body(f"{RECORD}.json"))["groups"]["RA"]["tables"]}
    assert reported["RA_lenses"]["status"] == "VANISHED"
    assert "status" not in reported["RA_empty"]
    assert tables.rows()[0]["tables"] == {"M": {"RA_empty": {"N": "0"}}}


def test_a_table_that_vanishes_before_it_is_described_is_reported(tables: Aws) -> None:
    tables.faults.on("DescribeTable", "RA_lenses", error("DescribeTable", "ResourceNotFoundException", 400))
    tables.run().execute()
    assert counts(tables)["RA_lenses"] == 0


def test_tables_are_found_on_every_page_of_the_list(aws: Aws) -> None:
    for number in range(103):
        aws.table(f"RA_{number:03}")
    aws.run().execute()
    assert len(counts(aws)) == 103


def test_without_a_list_of_tables_nothing_is_done(tables: Aws) -> None:
    tables.faults.on("ListTables")
    with pytest.raises(AwsError):
        tables.run().execute()
    assert (tables.stored(), tables.ses.outbox) == ([], [])


def test_mail_that_is_turned_off_is_not_sent(tables: Aws) -> None:
    tables.run(mail_enabled=False).execute()
    assert tables.ses.outbox == []


def test_recipients_that_may_not_be_mailed_are_counted(tables: Aws) -> None:
    run = tables.run(mail_only_to=("one@example.com",), recipients=(*TO, "nobody"))
    run.execute()
    assert (tables.ses.to, run.summary.skipped) == (TO[:1], 2)


def test_a_report_lists_the_newest_items(tables: Aws) -> None:
    tables.run().execute()
    [table] = json.loads(tables.body(f"{RECORD}.json"))["groups"]["VR"]["tables"]
    assert [row["name"] for row in table["items"]] == ["Lens 4", "Lens 3", "Lens 2"]
    assert table["items"][0] == {"name": "Lens 4", "date": "2026-11-05", "key": {"id": "00004"}}
    assert table["items_truncated"]


def test_a_report_without_groups_is_a_report(aws: Aws) -> None:
    aws.run(groups=()).execute()
    assert json.loads(aws.body(f"{RECORD}.json"))["groups"] == {}
    assert aws.ses.to == TO
