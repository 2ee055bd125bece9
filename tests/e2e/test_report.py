"""The reporter, from its schedule to tables' totals, pages and mails: each once, whatever fails meanwhile."""

import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import Mail, mails
from sluice.cloud.triggers.schedules import Fired, Schedule
from sluice.failures.failure import Redriven
from sluice.failures.queues import redrive_reports, report_failures
from tests.e2e.altering import AlteringProxy, Answer, Asked, refused_by_s3, unaltered
from tests.stacks import configured, eventually, role_of, summaries, table, target, without

RECIPIENTS = ["team@example.com", "lead@example.com"]
LARGE = 100_000
PAGE_UNITS = 128
"""What a page of 1 MB costs, read eventually consistent."""

_minutes = count()


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def aws(cloud: EmbeddedCloud) -> Iterator[AlteringProxy]:
    """What the reporter takes for AWS."""
    with AlteringProxy(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _(aws: AlteringProxy) -> Iterator[None]:
    yield
    aws.alter = unaltered


@pytest.fixture(scope="module")
def stack(cloud: EmbeddedCloud, aws: AlteringProxy) -> Stack:
    """The stack `local` with two recipients; its own schedule is stopped."""
    stack = cloud.deploy(
        "local", config=configured(reports={"recipients": RECIPIENTS}), functions_endpoint=aws.endpoint
    )
    stack.schedules[0].stop()
    return stack


@pytest.fixture
def moment() -> datetime:
    """A scheduled time that no other test has."""
    return datetime(2026, 11, 21, 9, 0, tzinfo=UTC) + timedelta(minutes=5 * next(_minutes))


@pytest.fixture
def fill(stack: Stack) -> Iterator[Callable[[str, list[dict[str, str]]], None]]:
    """Makes tables that are gone after the test."""
    made: list[str] = []

    def fill(name: str, items: list[dict[str, str]]) -> None:
        create(stack, name, items)
        made.append(name)

    yield fill
    for name in set(made) & set(stack.cloud.client("dynamodb").list_tables()["TableNames"]):
        stack.cloud.client("dynamodb").delete_table(TableName=name)


def create(stack: Stack, name: str, items: list[dict[str, str]]) -> None:
    """Makes a table of items from a file in S3, which is the one quick way to many."""
    s3, dynamodb = stack.cloud.client("s3"), stack.cloud.client("dynamodb")
    bucket = stack.outputs["archive_bucket_name"]
    lines = (json.dumps({"Item": {key: {"S": value} for key, value in item.items()}}) for item in items)
    s3.put_object(Bucket=bucket, Key=f"{name}.json", Body="\n".join(lines).encode())
    description = dynamodb.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": f"{name}.json"},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    )["ImportTableDescription"]
    while description["ImportStatus"] == "IN_PROGRESS":
        time.sleep(0.05)
        description = dynamodb.describe_import(ImportArn=description["ImportArn"])["ImportTableDescription"]
    assert description["ImportStatus"] == "COMPLETED", description


def items(number: int, padding: str = "") -> list[dict[str, str]]:
    """Items, the last of them the newest."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {"id": f"i{one:06}", "name": f"Item {one}{padding}", "date": f"{day + timedelta(minutes=one):%Y-%m-%dT%H:%M}"}
        for one in range(number)
    ]


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def run(stack: Stack, moment: datetime) -> str | None:
    """Runs the reporter for a scheduled time; returns its error."""
    payload = json.dumps({"scheduled_time": stamp(moment)}).encode()
    answer = stack.cloud.invoking().invoke(FunctionName=stack.output("reports.tables.function_name"), Payload=payload)
    told = json.load(answer["Payload"])
    return told["errorMessage"] if "FunctionError" in answer else None


def stored(stack: Stack, name: str) -> Any:
    """An object of the report bucket; of JSON its content."""
    got = stack.cloud.client("s3").get_object(Bucket=stack.output("reports.tables.bucket_name"), Key=f"reports/{name}")
    body = got["Body"].read()
    return json.loads(body) if name.endswith("json") else body.decode()


def report_of(stack: Stack, moment: datetime) -> dict[str, Any]:
    return stored(stack, f"date={moment:%Y-%m-%d}/{moment:%Y-%m-%dT%H-%M-%SZ}.json")


def tables_of(report: dict[str, Any], group: str) -> dict[str, dict[str, Any]]:
    return {table["name"]: table for table in report["groups"][group]["tables"]}


def counts(report: dict[str, Any], group: str) -> dict[str, int]:
    return {name: table["count"] for name, table in tables_of(report, group).items()}


def totals(stack: Stack, group: str, moment: datetime) -> dict[str, Any] | None:
    rows = table(stack, stack.output("reports.tables.totals_tables")[group])
    return rows.get_item(Key={"group": group, "generated_at": stamp(moment)}).get("Item")


class Outbox:
    """The mails that went since it was made."""

    def __init__(self, stack: Stack) -> None:
        self._cloud = stack.cloud
        self._before = len(mails(stack.cloud.endpoint, stack.cloud.token))

    @property
    def new(self) -> list[Mail]:
        return mails(self._cloud.endpoint, self._cloud.token, after=self._before)

    @property
    def recipients(self) -> list[str]:
        return sorted(address for mail in self.new for address in mail["to"])


def test_all_outcomes_of_a_run_agree_on_exact_counts(stack, fill, moment):
    sizes = {"RA_empty": 0, "RA_single": 1, "RA_many": 250, "VR_large": LARGE}
    for name, size in sizes.items():
        fill(name, items(size))
    outbox = Outbox(stack)
    assert run(stack, moment) is None
    report = report_of(stack, moment)
    assert (report["generated_at"], report["environment"]) == (stamp(moment), "local")
    assert counts(report, "RA") == {"RA_empty": 0, "RA_many": 250, "RA_single": 1}
    assert counts(report, "VR") == {"VR_large": LARGE}
    assert [(group["label"], group["total"]) for group in report["groups"].values()] == [
        ("Augmented Reality", 251),
        ("Virtual Reality", LARGE),
    ]
    large = tables_of(report, "VR")["VR_large"]
    assert (large["approximate"], large["items_truncated"], len(large["items"])) == (False, True, 200)
    newest = items(LARGE)[-1]
    assert large["items"][0] == {"name": newest["name"], "date": newest["date"], "key": {"id": newest["id"]}}
    for group in ("RA", "VR"):
        row = totals(stack, group, moment)
        assert row
        assert (row["total"], row["tables"]) == (report["groups"][group]["total"], counts(report, group))
        assert row["expires_at"] == (moment + timedelta(days=400)).timestamp()
    assert outbox.recipients == sorted(RECIPIENTS)
    assert all("251" in mail["text"] and "100,000" in mail["text"] for mail in outbox.new)
    assert stored(stack, "latest.json") == report
    assert stored(stack, "latest.html") == stored(stack, f"date=2026-11-21/{moment:%Y-%m-%dT%H-%M-%SZ}.html")


def test_reading_stops_within_a_page_a_segment_of_the_budget(cloud, aws, moment):
    budget, padded = 1100, items(30_000, padding="." * 360)
    group = {"name": "BU", "prefix": "BU_", "label": "Budget"}
    config = configured(reports={"groups": [group], "readUnits": budget})
    stack = cloud.deploy("frugal", config=config, functions_endpoint=aws.endpoint)
    create(stack, "BU_small", items(100))
    create(stack, "BU_large", padded)
    bytes_of = {"BU_small": size(items(100)), "BU_large": size(padded)}
    segments: set[int] = set()

    def put_right(asked: Asked, forward: Callable[[], Answer]) -> Answer:
        """The emulator takes 0.5 units for every page, and 200 bytes for the size of every item."""
        answer = forward()
        if asked.operation not in ("Scan", "DescribeTable") or answer.status != 200:
            return answer
        wanted, document = json.loads(asked.body), json.loads(answer.body)
        if asked.operation == "Scan":
            segments.add(wanted.get("TotalSegments", 1))
            found = [{name: value["S"] for name, value in item.items()} for item in document["Items"]]
            document["ConsumedCapacity"]["CapacityUnits"] = max(0.5, math.ceil(size(found) / 4096) / 2)
        else:
            document["Table"]["TableSizeBytes"] = bytes_of[wanted["TableName"]]
        return answer.with_json(document)

    aws.alter = put_right
    assert run(stack, moment) is None
    small, large = (tables_of(report_of(stack, moment), "BU")[name] for name in ("BU_small", "BU_large"))
    assert (small["count"], small["approximate"], small["items_truncated"]) == (100, False, False)
    assert (large["count"], large["approximate"], large["items_truncated"]) == (30_000, True, True)
    assert max(segments) == 2
    (summary,) = summaries(stack, "reports.tables.function_name")
    assert budget <= summary["ReadUnits"] <= budget + 2 * PAGE_UNITS
    assert summary["ApproximateTables"] == 1
    assert "≈ marks a table" in stored(stack, "latest.html")


def size(found: list[dict[str, str]]) -> int:
    """Bytes of items as DynamoDB reckons them: names and values."""
    return sum(len(name) + len(value) for item in found for name, value in item.items())


def test_two_runs_for_one_time_make_one_report_and_one_mail_each(stack, fill, moment):
    fill("RA_twice", items(3))
    outbox = Outbox(stack)
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(lambda _: run(stack, moment), range(2))) == [None, None]
    first = report_of(stack, moment)
    table(stack, "RA_twice").delete_item(Key={"id": "i000000"})
    assert run(stack, moment) is None
    assert report_of(stack, moment) == first
    assert outbox.recipients == sorted(RECIPIENTS)


def test_a_run_whose_report_could_not_be_written_mails_once_when_repeated(stack, aws, fill, moment):
    fill("RA_refused", items(3))
    outbox = Outbox(stack)

    def refuse(asked: Asked, forward: Callable[[], Answer]) -> Answer:
        is_record = asked.operation.startswith("PUT /") and asked.operation.endswith("Z.json")
        return refused_by_s3("AccessDenied") if is_record else forward()

    aws.alter = refuse
    error = run(stack, moment) or ""
    assert "JSON: " in error
    assert "AccessDenied" in error
    assert outbox.recipients == sorted(RECIPIENTS)
    assert (totals(stack, "RA", moment) or {})["total"] == 3
    aws.alter = unaltered
    assert run(stack, moment) is None
    assert counts(report_of(stack, moment), "RA") == {"RA_refused": 3}
    assert outbox.recipients == sorted(RECIPIENTS)


def test_a_run_without_its_bucket_mails_nobody_and_a_repeated_one_once(stack, fill, moment):
    fill("RA_homeless", items(3))
    outbox = Outbox(stack)
    with without(stack, "reports.tables.function_name", "s3:"):
        error = run(stack, moment) or ""
        assert "mail: MarksUnavailableError" in error
        assert "AccessDenied" in error
    assert outbox.recipients == []
    assert (totals(stack, "RA", moment) or {})["total"] == 3
    for _ in range(2):
        assert run(stack, moment) is None
        assert outbox.recipients == sorted(RECIPIENTS)
    assert stored(stack, "latest.json")["generated_at"] == stamp(moment)


def test_a_late_older_run_leaves_the_latest_report_alone(stack, fill, moment):
    fill("RA_late", items(1))
    earlier = moment - timedelta(minutes=1)
    assert run(stack, moment) is None
    page = stored(stack, "latest.html")
    assert run(stack, earlier) is None
    assert report_of(stack, earlier)["generated_at"] == stamp(earlier)
    assert stored(stack, "latest.json")["generated_at"] == stamp(moment)
    assert stored(stack, "latest.html") == page


def test_a_table_deleted_in_mid_run_is_reported_and_the_rest_is_exact(stack, aws, fill, moment):
    fill("RA_doomed", items(50))
    fill("RA_spared", items(7))

    def delete_first(asked: Asked, forward: Callable[[], Answer]) -> Answer:
        if asked.operation == "Scan" and b"RA_doomed" in asked.body:
            stack.cloud.client("dynamodb").delete_table(TableName="RA_doomed")
        return forward()

    aws.alter = delete_first
    assert run(stack, moment) is None
    found = tables_of(report_of(stack, moment), "RA")
    assert (found["RA_doomed"]["count"], found["RA_doomed"]["status"]) == (0, "VANISHED")
    assert (found["RA_spared"]["count"], found["RA_spared"]["approximate"]) == (7, False)
    assert (totals(stack, "RA", moment) or {})["total"] == 7


def test_the_schedule_fires_with_its_own_times(stack, fill, moment):
    fill("RA_scheduled", items(2))
    group, name = stack.graph.of_type("aws:scheduler/schedule:Schedule")[0].id.split("/")
    configuration = stack.cloud.client("scheduler").get_schedule(GroupName=group, Name=name)
    clock, fired = [moment - timedelta(minutes=5)], list[Fired]()

    def wait(seconds: float) -> bool:
        clock[0] += timedelta(seconds=seconds)
        return len(fired) == 2

    schedule = Schedule(
        configuration,
        stack.cloud.invoking(),
        stack.cloud.client("sqs"),
        fired.append,
        now=lambda: clock[0],
        wait=wait,
    )
    next(_minutes)
    schedule.start()
    due = [moment, moment + timedelta(minutes=5)]
    eventually(lambda: all(totals(stack, "RA", one) for one in due))
    assert [one.scheduled_time for one in fired] == [stamp(one) for one in due]
    assert {one.error for one in fired} == {None}
    schedule.stop()


def test_a_run_that_keeps_failing_is_among_the_failures_until_it_is_redriven(stack, fill, moment):
    fill("RA_failing", items(4))
    outbox = Outbox(stack)
    name = stack.output("reports.tables.function_name")
    payload = json.dumps({"scheduled_time": stamp(moment)}).encode()
    with without(stack, "reports.tables.function_name", "s3:"):
        stack.cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)
        (failure,) = eventually(lambda: list(report_failures(target(stack))))
        assert (failure.pipeline, failure.function) == ("report/tables", name)
        assert "AccessDenied" in failure.reason
        (redriven,) = redrive_reports(target(stack))
        assert (redriven.done, redriven.left) == (0, 1)
    (redriven,) = redrive_reports(target(stack))
    assert redriven == Redriven(failure, done=1, left=0)
    assert list(report_failures(target(stack))) == []
    assert counts(report_of(stack, moment), "RA") == {"RA_failing": 4}
    assert outbox.recipients == sorted(RECIPIENTS)


def test_the_failure_of_runs_raises_alarms(graph_of):
    """The emulator evaluates no alarm, so the graph is held."""
    graph = graph_of("prod")
    alarms = [
        alarm
        for alarm in graph.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
        if alarm.name.startswith("sluice-prod-report-tables")
    ]
    watched = {alarm.inputs.get("metricName") for alarm in alarms if alarm.inputs["alarmActions"]}
    assert {"Errors", "ApproximateNumberOfMessagesVisible"} <= watched


@pytest.fixture(scope="module")
def as_reporter(stack: Stack) -> Callable[[str], Any]:
    """Clients with the permissions of the reporter."""
    return stack.cloud.as_role(role_of(stack, "reports.tables.function_name")).client


ALLOWED = {
    "reads a table of a group": ("dynamodb", "scan", {"TableName": "RA_guarded"}),
    "describes a table of a group": ("dynamodb", "describe_table", {"TableName": "RA_guarded"}),
    "lists tables": ("dynamodb", "list_tables", {}),
    "writes a report": ("s3", "put_object", {"Bucket": "report", "Key": "reports/x.json", "Body": b""}),
}
DENIED = {
    "reads the users": ("dynamodb", "scan", {"TableName": "users"}),
    "describes the users": ("dynamodb", "describe_table", {"TableName": "users"}),
    "writes to a table that it counts": (
        "dynamodb",
        "put_item",
        {"TableName": "RA_guarded", "Item": {"id": {"S": "x"}}},
    ),
    "changes an item of a table that it counts": (
        "dynamodb",
        "update_item",
        {"TableName": "RA_guarded", "Key": {"id": {"S": "x"}}},
    ),
    "deletes a table that it counts": ("dynamodb", "delete_table", {"TableName": "RA_guarded"}),
    "deletes totals": (
        "dynamodb",
        "delete_item",
        {"TableName": "totals", "Key": {"group": {"S": "RA"}, "generated_at": {"S": "2026"}}},
    ),
    "writes beside the reports": ("s3", "put_object", {"Bucket": "report", "Key": "x.json", "Body": b""}),
    "deletes a report": ("s3", "delete_object", {"Bucket": "report", "Key": "reports/x.json"}),
    "writes to another bucket": ("s3", "put_object", {"Bucket": "archive", "Key": "reports/x.json", "Body": b""}),
}


def call(stack: Stack, client: Callable[[str], Any], service: str, operation: str, arguments: dict[str, Any]) -> None:
    physical = {
        "users": stack.output("streams.users.tables.0.name"),
        "totals": stack.output("reports.tables.totals_tables")["RA"],
        "report": stack.output("reports.tables.bucket_name"),
        "archive": stack.outputs["archive_bucket_name"],
    }
    named = {key: physical.get(value, value) if isinstance(value, str) else value for key, value in arguments.items()}
    getattr(client(service), operation)(**named)


@pytest.mark.parametrize("what", ALLOWED)
def test_the_reporters_role_allows_what_it_needs(stack, as_reporter, fill, what):
    fill("RA_guarded", [])
    call(stack, as_reporter, *ALLOWED[what])


@pytest.mark.parametrize("what", DENIED)
def test_the_reporters_role_allows_nothing_else(stack, as_reporter, fill, what):
    fill("RA_guarded", items(1))
    with pytest.raises(ClientError, match="AccessDenied"):
        call(stack, as_reporter, *DENIED[what])
