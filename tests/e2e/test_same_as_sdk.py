"""The fast path and the plain SDK leave identical tables, mails, reports and archives behind, in one cloud."""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.archiver.archive import archive
from handlers.importer.items.rules import Item, Schema
from handlers.importer.reading.rows import Rows
from handlers.notifier import environment as notifier
from handlers.notifier.deadlines import BatchDeadlines
from handlers.notifier.decisions import Policy, plan
from handlers.notifier.delivery import Delivery
from handlers.notifier.marks import Marks
from handlers.notifier.rules import parse
from handlers.notifier.sending import Sender
from handlers.reporter.handler import _deadlines as deadlines
from handlers.reporter.run import Run, Services
from handlers.reporter.settings import Settings, read
from handlers.shared.aws import dynamodb, ses
from handlers.shared.aws.batch_writer import write
from handlers.shared.aws.s3 import Bucket
from handlers.shared.recipients import OnlyTo
from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import mails
from tests.clients import REGION, client
from tests.e2e.sdk import SdkBucket, SdkClient
from tests.handlers.importer.plain_writer import PlainWriter
from tests.handlers.notifier.fakes import DEFAULT_RULES

SCHEMA = Schema(("id",), {"price": "N", "active": "BOOL"})
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NASTY = ("Zoë O'Neil", 'a "quoted" one', "back\\slash", "日本 😀", "\u2028 tab\t", "<b>&amp;</b>", "x" * 3000)


def csv_rows() -> Iterator[str]:
    yield "id,name,price,active,note\r\n"
    for number in range(400):
        name = NASTY[number % 7].replace('"', '""')
        yield f'{number % 300},"{name}",{number}.{number % 10}0,true,{"" if number % 2 else "x"}\r\n'


def json_rows() -> Iterator[str]:
    for number in range(400):
        row = {"id": str(number % 300), "name": NASTY[number % 7], "price": number / 7, "in": [None, {"a": number}]}
        yield json.dumps(row) + "\n"


def dynamodb_json_rows() -> Iterator[str]:
    for number in range(200):
        item = {"id": {"S": str(number)}, "b": {"B": "AAEC/w=="}, "s": {"NS": ["1", "2.50"]}, "e": {"M": {}}}
        yield json.dumps({"Item": item}) + "\n"


FILES = {
    "rows.csv": "".join(csv_rows()),
    "rows.jsonl": "".join(json_rows()),
    "rows.json": "".join(dynamodb_json_rows()),
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with EmbeddedCloud() as cloud:
        deployment = cloud.deploy("local")
        for runner in (*deployment.pollers.values(), *deployment.schedules):
            runner.stop()  # what these tests do is all that is done
        yield deployment


@pytest.fixture(autouse=True)
def as_root(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.cloud.endpoint)


class Lean:
    """The signed clients, closed at the end."""

    def __init__(self) -> None:
        self.dynamodb, self.ses = dynamodb.connect(), ses.connect()
        self._buckets: list[Bucket] = []

    def bucket(self, name: str) -> Bucket:
        self._buckets.append(Bucket(name))
        return self._buckets[-1]

    def close(self) -> None:
        for one in (self.dynamodb, self.ses, *(bucket.client for bucket in self._buckets)):
            one.close()


@pytest.fixture
def lean(as_root: None) -> Iterator[Lean]:
    with closing(Lean()) as clients:
        yield clients


def new_table(stack: Stack, name: str, *keys: str) -> str:
    kinds = zip(keys, ("HASH", "RANGE"), strict=False)
    stack.cloud.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )
    return name


def new_bucket(stack: Stack, name: str) -> str:
    stack.cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def items_of(stack: Stack, table: str) -> list[dict[str, Any]]:
    pages = client("dynamodb", stack.cloud.endpoint).get_paginator("scan").paginate(TableName=table)
    return sorted((item for page in pages for item in page["Items"]), key=repr)


def objects_of(stack: Stack, bucket: str) -> dict[str, tuple[str, dict[str, str], bytes]]:
    s3 = client("s3", stack.cloud.endpoint)
    objects = [
        s3.get_object(Bucket=bucket, Key=one["Key"]) | one for one in s3.list_objects_v2(Bucket=bucket)["Contents"]
    ]
    return {one["Key"]: (one["ContentType"], one["Metadata"], one["Body"].read()) for one in objects}


def variables_of(stack: Stack, output: str) -> dict[str, str]:
    configuration = stack.cloud.client("lambda").get_function_configuration(FunctionName=stack.output(output))
    return configuration.get("Environment", {}).get("Variables", {})


def items_in(name: str, content: str) -> list[Item]:
    rows = Rows(lambda _: io.BytesIO(content.encode()), name, 0)
    batches = rows.reader(SCHEMA, None).batches(rows.stream.read, rows.position)
    return [item for batch in batches for item in batch.items]


@pytest.mark.parametrize("name", FILES)
def test_tables_are_the_same(stack: Stack, lean: Lean, name: str) -> None:
    refused: list[Any] = []
    fast, plain = (new_table(stack, f"{way}-{name}", "id") for way in ("fast", "plain"))
    outcome = write(
        lean.dynamodb,
        fast,
        items_in(name, FILES[name]),
        key_names=["id"],
        on_reject=lambda *one: refused.append(one),
    )
    plain_writer = PlainWriter(client("dynamodb", stack.cloud.endpoint), plain)
    by_sdk = plain_writer.write(items_in(name, FILES[name]), lambda *one: refused.append(one), time.monotonic() + 60)
    assert refused == []
    assert outcome.written == by_sdk.written == FILES[name].count("\n") - name.endswith("csv")
    assert items_of(stack, fast) == items_of(stack, plain) != []


def changes() -> list[dict[str, Any]]:
    """Stream records: new people, a changed name, an address that cannot be used, a removal."""
    records = []
    for number in range(120):
        image = {
            "userId": {"S": str(number)},
            "email": {"S": f"p{number}@example.com"},
            "name": {"S": NASTY[number % 6]},
        }
        if number == 7:
            image["email"] = {"S": "no address"}
        event = ("INSERT", "MODIFY", "REMOVE")[number % 3]
        change: dict[str, Any] = {"Keys": {"userId": image["userId"]}, "SequenceNumber": f"{10**20 + number}"}
        if event != "REMOVE":
            change["NewImage"] = image
        if event != "INSERT":
            change["OldImage"] = image | {"name": {"S": "Before"}}
        change["ApproximateCreationDateTime"] = AT.timestamp()
        source = "arn:aws:dynamodb:eu-north-1:000000000000:table/Users/stream/1"
        records.append({"eventID": f"e{number:08d}", "eventName": event, "dynamodb": change, "eventSourceARN": source})
    return records


def test_mails_and_their_marks_are_the_same(stack: Stack, lean: Lean) -> None:
    env = variables_of(stack, "streams.users.notifier_function_name")
    plan_of_mails, _ = plan(changes(), Policy(parse(DEFAULT_RULES), OnlyTo([]), enabled=True))
    templates = json.loads(env[notifier.TEMPLATES])

    def deliver(table: str, mail_client: Any, table_client: Any) -> list[Any]:
        before = len(mails(stack.cloud.endpoint, stack.cloud.token))
        sender = Sender(mail_client, env[notifier.SENDER], env[notifier.CONFIGURATION_SET], templates)
        delivery = Delivery(
            sender, Marks(table_client, new_table(stack, table, notifier.MARK_KEY), 37), BatchDeadlines(60)
        )
        delivery.deliver(plan_of_mails)
        assert delivery.sent == len(plan_of_mails) > 70
        outbox = mails(stack.cloud.endpoint, stack.cloud.token, after=before)
        return sorted([one["to"], one["from"], one["subject"], one["text"], one["html"]] for one in outbox)

    endpoint = stack.cloud.endpoint
    fast = deliver("fast-marks", lean.ses, lean.dynamodb)
    plain = deliver("plain-marks", SdkClient("sesv2", endpoint), SdkClient("dynamodb", endpoint))
    assert fast == plain
    assert len(fast) == len(plan_of_mails)
    marks = [{item[notifier.MARK_KEY]["S"] for item in items_of(stack, f"{way}-marks")} for way in ("fast", "plain")]
    assert marks[0] == marks[1] == {mail.mark for mail in plan_of_mails}


def test_reports_their_mails_and_totals_are_the_same(stack: Stack, lean: Lean) -> None:
    tables = [new_table(stack, f"RA_{number}", "id") for number in range(2)]
    for table in tables:
        write(lean.dynamodb, table, items_in("rows.jsonl", FILES["rows.jsonl"]), key_names=["id"], on_reject=print)
    settings = read(variables_of(stack, "reports.tables.function_name"))
    endpoint, token = stack.cloud.endpoint, stack.cloud.token

    def run(way: str, services: Callable[[str], Any]) -> tuple[Any, Any, Any]:
        bucket = new_bucket(stack, f"{way}-reports")
        ours = settings_of(stack, settings, way, bucket)
        before = len(mails(endpoint, token))
        Run(ours, services(bucket), AT, "test", deadlines(60.0)).execute()
        outbox = [{**one, "sent_at": ""} for one in mails(endpoint, token, after=before)]
        totals = [items_of(stack, group.totals_table) for group in ours.groups]
        return json.loads(json.dumps(outbox).replace(bucket, "reports")), totals, objects_of(stack, bucket)

    fast = run("fast", lambda bucket: Services(lean.dynamodb, lean.ses, lean.bucket(bucket)))
    plain_bucket: Any = SdkBucket
    dynamodb_sdk, ses_sdk = SdkClient("dynamodb", endpoint), SdkClient("sesv2", endpoint)
    plain = run("plain", lambda bucket: Services(dynamodb_sdk, ses_sdk, plain_bucket(bucket, endpoint)))
    assert fast[0] == plain[0] != []
    assert fast[1] == plain[1] != []
    assert published(fast[2], "fast-reports") == published(plain[2], "plain-reports")
    assert json.loads(fast[2]["reports/latest.json"][2])["groups"]["RA"]["total"] == 600


def settings_of(stack: Stack, settings: Settings, way: str, bucket: str) -> Settings:
    groups = [
        group._replace(totals_table=new_table(stack, f"{group.prefix}totales{way}", "group", "generated_at"))
        for group in settings.groups
    ]
    return settings._replace(groups=tuple(groups), bucket=bucket)


def published(objects: dict[str, tuple[str, dict[str, str], bytes]], bucket: str) -> dict[str, Any]:
    """Reports and pages; the mark of the mails holds a time."""
    contents = {
        key: (kind, meta, body.replace(bucket.encode(), b"reports")) for key, (kind, meta, body) in objects.items()
    }
    return {key: content for key, content in contents.items() if key.endswith((".json", ".html"))}


def test_archives_are_the_same(stack: Stack, lean: Lean) -> None:
    batch = archive(changes(), ["INSERT", "REMOVE"])
    fast, plain = (new_bucket(stack, f"{way}-archive") for way in ("fast", "plain"))
    for key, body in batch.objects.items():
        for bucket in (lean.bucket(fast), SdkBucket(plain, stack.cloud.endpoint)):
            bucket.put(key, body, headers={"content-type": "application/gzip"})
    assert objects_of(stack, fast) == objects_of(stack, plain) != {}
