"""A second project beside a Sluice stack, and two Sluice stacks beside each other, in one embedded cloud."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import mails
from sluice.cloud.program import execution as program
from tests import clients
from tests.stacks import eventually

CONSUMER = program.ROOT / "examples" / "consumer"


def table(stack: Stack, output: str) -> Any:
    return clients.table(stack.cloud.endpoint, stack.output(output))


def as_role(stack: Stack, role: str, service: Any) -> Any:
    """A client with the permissions of a role."""
    return stack.cloud.as_role(role).client(service)


def run_reporter(stack: Stack) -> None:
    scheduled = json.dumps({"scheduled_time": "2026-11-21T10:05:00Z"}).encode()
    answer = stack.cloud.client("lambda").invoke(
        FunctionName=stack.output("reports.tables.function_name"), Payload=scheduled
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def user(number: int) -> dict[str, str]:
    return {"userId": f"u-{number}", "name": "Zoë", "email": f"zoe.{number}@example.com"}


@pytest.fixture(scope="module")
def beside() -> Iterator[tuple[Stack, Stack]]:
    """Sluice's stack `local` and the consumer beside it."""
    with EmbeddedCloud() as cloud:
        yield cloud.deploy("local"), cloud.deploy("local", root=CONSUMER)


def test_a_user_who_joins_and_leaves_reaches_the_roster(beside):
    sluice, consumer = beside
    users, roster = table(sluice, "streams.users.tables.0.name"), table(consumer, "table_name")

    users.put_item(Item=user(1))
    users.delete_item(Key={"userId": "u-1"})

    found = eventually(lambda: [rows for rows in [roster.scan()["Items"]] if len(rows) == 2])[0]
    assert {row["what"]: row["keys"] for row in found} == {"joined": {"userId": "u-1"}, "left": {"userId": "u-1"}}


def test_an_object_that_the_function_cannot_read_ends_among_its_dead_letters(beside):
    sluice, consumer = beside
    bucket, key = sluice.outputs["archive_bucket_name"], "changes/table=Users/broken.jsonl.gz"
    sluice.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"no gzip")

    queue = consumer.outputs["dead_letter_queue_url"]
    (letter,) = eventually(
        lambda: consumer.cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages")
    )
    assert json.loads(letter["Body"])["requestPayload"]["detail"]["object"]["key"] == key


def test_what_lies_beside_the_archive_does_not_match_the_rule(beside):
    sluice, consumer = beside
    events = consumer.cloud.client("events")
    (target,) = consumer.graph.of_type("aws:cloudwatch/eventTarget:EventTarget")
    pattern = events.describe_rule(Name=target.inputs["rule"])["EventPattern"]

    def matches(key: str) -> bool:
        detail = {"bucket": {"name": sluice.outputs["archive_bucket_name"]}, "object": {"key": key}}
        event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
        envelope = {"id": "1", "account": "1", "time": "2026-11-21T10:00:00Z", "region": "eu-north-1", "resources": []}
        return events.test_event_pattern(EventPattern=pattern, Event=json.dumps({**envelope, **event}))["Result"]

    assert matches("changes/table=Users/date=2026-11-21/hour=10/1-a.jsonl.gz")
    assert not matches("aws/lambda/mapping/shard/2026/11/21/batch")


def test_the_uploader_puts_files_below_the_import_prefix_and_can_do_nothing_else(beside):
    sluice, consumer = beside
    bucket = sluice.output("imports.items.bucket_name")
    s3 = as_role(consumer, consumer.outputs["uploader_role_arn"], "s3")

    s3.put_object(Bucket=bucket, Key="incoming/partner/users.csv", Body=b"id,name\n1,Ada\n")
    refused = [
        lambda: s3.put_object(Bucket=bucket, Key="rejected/x", Body=b""),
        lambda: s3.put_object(Bucket=sluice.outputs["archive_bucket_name"], Key="incoming/x", Body=b""),
        lambda: s3.get_object(Bucket=bucket, Key="incoming/partner/users.csv"),
        lambda: s3.delete_object(Bucket=bucket, Key="incoming/partner/users.csv"),
        lambda: s3.list_objects_v2(Bucket=bucket),
    ]
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_the_function_can_read_the_archive_and_nothing_beside_it(beside):
    sluice, consumer = beside
    bucket, s3 = sluice.outputs["archive_bucket_name"], sluice.cloud.client("s3")
    for key in ("changes/x", "aws/lambda/x"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    (function,) = consumer.graph.of_type("aws:lambda/function:Function")
    role = as_role(consumer, function.inputs["role"], "s3")
    assert role.get_object(Bucket=bucket, Key="changes/x")["ContentLength"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        role.get_object(Bucket=bucket, Key="aws/lambda/x")


def test_the_latest_report_is_read_as_the_readme_says(beside, tmp_path):
    sluice, _ = beside
    run_reporter(sluice)
    outputs = tmp_path / "sluice.json"
    outputs.write_text(json.dumps(sluice.outputs))
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": sluice.cloud.endpoint}
    told = subprocess.run(
        [sys.executable, CONSUMER / "read_report.py", outputs],
        env={**os.environ, **keys},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith("local, 20")
    assert "RA  Augmented Reality: 0" in told


@pytest.fixture(scope="module")
def stacks() -> Iterator[dict[str, Stack]]:
    """Two stacks of Sluice in one account and region."""
    with EmbeddedCloud() as cloud:
        yield {"dev": cloud.deploy("dev"), "prod": cloud.deploy("prod")}


def names(stack: Stack, kind: str) -> list[str]:
    return [resource.id for resource in stack.graph.of_type(kind)]


def holdings(stack: Stack) -> dict[str, Any]:
    """All that lies in the tables, buckets and queues of a stack, and what it mailed."""
    dynamodb, s3, sqs = (stack.cloud.client(service) for service in ("dynamodb", "s3", "sqs"))
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return {
        "tables": {name: dynamodb.scan(TableName=name)["Items"] for name in names(stack, "aws:dynamodb/table:Table")},
        "buckets": {
            name: [held["Key"] for held in s3.list_objects_v2(Bucket=name).get("Contents", [])]
            for name in names(stack, "aws:s3/bucket:Bucket")
        },
        "queues": {
            url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
            for url in names(stack, "aws:sqs/queue:Queue")
        },
        "mails": [
            mail
            for mail in mails(stack.cloud.endpoint, stack.cloud.token)
            if mail["from"] == stack.outputs["mail_sender"]
        ],
    }


def settle(stack: Stack) -> None:
    """Waits until a stack is through with all it has to do: at first, the test events with which S3 begins."""
    stack.wait_idle()
    eventually(lambda: not any(int(count) for queue in holdings(stack)["queues"].values() for count in queue.values()))


def drive(stack: Stack) -> None:
    """Puts all three pipelines of a stack to work, and waits until they are through."""
    before = len(holdings(stack)["mails"])
    table(stack, "streams.users.tables.0.name").put_item(Item=user(1))
    stack.cloud.client("s3").put_object(
        Bucket=stack.output("imports.items.bucket_name"), Key="incoming/people.csv", Body=b"id,name\n1,Ada\n"
    )
    run_reporter(stack)
    eventually(lambda: table(stack, "imports.items.table_name").scan()["Items"])
    settle(stack)
    assert len(holdings(stack)["mails"]) == before + 2  # to the user, and the report


@pytest.mark.parametrize(("driven", "other"), [("dev", "prod"), ("prod", "dev")])
def test_work_in_one_stack_moves_nothing_in_the_other(stacks, driven, other):
    settle(stacks[other])
    before = holdings(stacks[other])
    drive(stacks[driven])
    settle(stacks[other])
    assert holdings(stacks[other]) == before
    assert stacks[driven].output("reports.tables.totals_tables") != stacks[other].output("reports.tables.totals_tables")


def test_two_stacks_share_no_resource(stacks):
    def physical(stack: Stack) -> set[tuple[str, str]]:
        return {(one.type, one.id) for one in stack.graph.resources.values() if one.custom and one.id}

    assert physical(stacks["dev"]).isdisjoint(physical(stacks["prod"]))
