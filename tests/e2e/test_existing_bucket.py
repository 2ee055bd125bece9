"""Imports from a bucket of the team's own: what lies below a prefix is imported, all else is left alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.failures.queues import import_failures, redrive_imports
from sluice.ledger import entries
from sluice.pipelines import pipelines
from tests.stacks import configured, eventually, table, target

BUCKET = "team-exports"
PREFIXES = {"prices": "daily/prices/", "orders": "daily/orders/"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Two imports from one bucket, and nothing else."""
    nothing = {"sluice:streams": {"users": None}, "sluice:reports": {"tables": None}}
    imports = {name: {"bucket": BUCKET, "prefix": prefix} for name, prefix in PREFIXES.items()}
    own = {**nothing, "sluice:imports": {"items": None, **imports}}
    with EmbeddedCloud() as cloud:
        yield cloud.deploy("local", config={**configured(), **{key: json.dumps(value) for key, value in own.items()}})


def put(stack: Stack, key: str, body: bytes) -> str:
    stack.cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"{BUCKET}/{key}"


def ledger(stack: Stack) -> dict[str, dict[str, Any]]:
    """The entries of all imports, by their objects."""
    return {entry["object"]: entry for entry in entries(pipelines(target(stack), "imports"))}


def ended(stack: Stack, object_: str) -> dict[str, Any]:
    """The entry of an object whose import has ended."""

    def look() -> dict[str, Any] | None:
        entry = ledger(stack).get(object_)
        return entry if entry and entry["status"] != "RUNNING" else None

    return eventually(look)


def ids(stack: Stack, name: str) -> set[str]:
    return {item["id"] for item in table(stack, stack.output(f"imports.{name}.table_name")).scan()["Items"]}


def objects(stack: Stack, prefix: str) -> list[str]:
    found = stack.cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [held["Key"] for held in found.get("Contents", [])]


def test_files_are_imported_by_the_import_whose_prefix_they_lie_below(stack):
    others = ["daily/a.csv", "other/daily/prices/a.csv", "daily/prices.csv", "incoming/a.csv"]
    for key in others:
        put(stack, key, b"id\nother\n")
    price = put(stack, "daily/prices/ünï +%2F.csv", b"id\np-1\n,nobody\n")
    order = put(stack, "daily/orders/a.csv", b"id\no-1\n")
    assert (ended(stack, price)["status"], ended(stack, order)["status"]) == ("PARTIAL", "SUCCEEDED")
    assert (ids(stack, "prices"), ids(stack, "orders")) == ({"p-1"}, {"o-1"})
    assert set(ledger(stack)) == {price, order}
    (rejects,) = objects(stack, "rejected/")
    assert rejects.startswith("rejected/daily/prices/ünï +%2F.csv/")
    assert {*others, rejects} < set(objects(stack, ""))


def test_what_the_bucket_announces_is_what_it_was_made_with(stack):
    configuration = stack.cloud.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    assert {name for name in configuration if name.endswith("Configurations")} == set()
    assert "EventBridgeConfiguration" in configuration


def test_the_same_file_again_and_a_newer_one_are_told_apart(stack):
    object_ = put(stack, "daily/prices/again.csv", b"id\nfirst\n")
    ended(stack, object_)
    put(stack, "daily/prices/again.csv", b"id\nsecond\n")
    eventually(lambda: "second" in ids(stack, "prices"))
    found = [entry for entry in entries(pipelines(target(stack), "imports")) if entry["object"] == object_]
    assert len(found) == 2


def test_of_a_bucket_with_versions_the_version_is_imported_that_the_event_tells(stack):
    s3 = stack.cloud.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    made = s3.put_object(Bucket=BUCKET, Key="daily/prices/version.csv", Body=b"id\nversioned\n")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    assert ended(stack, f"{BUCKET}/daily/prices/version.csv")["version"] == made["VersionId"]


def test_a_file_whose_event_the_queue_does_not_take_is_a_dead_letter_that_can_be_redriven(stack):
    """The one statement that lets the rule send is needed; without it nothing is lost."""
    sqs, url = stack.cloud.client("sqs"), stack.output("imports.orders.queue_url")
    held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    (statement,) = json.loads(held)["Statement"]
    assert (statement["Sid"], statement["Action"]) == ("Rules", ["sqs:SendMessage"])
    without = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Deny"}]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": without})
    object_ = put(stack, "daily/orders/late.csv", b"id\no-late\n")
    dead = stack.output("imports.orders.dead_letter_queue_url")
    waiting = "ApproximateNumberOfMessages"

    def number_of_dead() -> int:
        return int(sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=[waiting])["Attributes"][waiting])

    assert eventually(number_of_dead) == 1
    assert object_ not in ledger(stack)
    (failure,) = import_failures(target(stack))
    assert failure.reason.startswith("EventBridge could not send it to the import queue: its policy does not let")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": held})
    assert [one.is_complete for one in redrive_imports(target(stack))] == [True]
    assert ended(stack, object_)["status"] == "SUCCEEDED"
    assert "o-late" in ids(stack, "orders")
