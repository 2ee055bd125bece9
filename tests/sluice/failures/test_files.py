"""Files that failed: which are told of, and what putting them again does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from sluice.failures.failure import Redriven
from sluice.failures.files import discard_files, file_details, file_failures, hints, imported_again, redrive_files
from sluice.ledger import ended
from sluice.pipelines import pipelines
from sluice.target import Target
from tests.clients import moto_client

BUCKET, TABLE = "files", "ledger"


class MotoTarget(Target):
    """A stack's bucket and ledger."""

    def __init__(self) -> None:
        items = {"ledger_table_name": TABLE, "bucket_name": BUCKET, "function_name": "importer"}
        super().__init__({"imports": {"items": items}, "region": "x"})
        self.clients = {name: moto_client(name) for name in ("dynamodb", "s3")}
        self.requests: list[str] = []
        keys = {"object": "HASH", "version": "RANGE"}
        index = {"status": "HASH", "finished_at": "RANGE"}
        self.clients["dynamodb"].create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (*keys, *index)],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "ended",
                    "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in index.items()],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        self.clients["s3"].create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        self.clients["dynamodb"].meta.events.register(
            "before-call", lambda model, **_: self.requests.append(model.name)
        )

    def client(self, service: str) -> Any:
        return self.clients[service]

    def version(self, key: str) -> str:
        head = self.clients["s3"].head_object(Bucket=BUCKET, Key=f"incoming/{key}")
        return head.get("VersionId") or head["ETag"].strip('"')

    def put(self, key: str, **options: Any) -> str:
        self.clients["s3"].put_object(Bucket=BUCKET, Key=f"incoming/{key}", Body=key.encode(), **options)
        return self.version(key)

    def enter(self, key: str, version: str, status: str = "FAILED", days: float = 1, **more: Any) -> str:
        """Enters an import, the last of its object, that ended so many days ago; returns when."""
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        name = {"object": {"S": f"{BUCKET}/incoming/{key}"}}
        entry = {"status": {"S": status}, "started_at": {"S": at}, "finished_at": {"S": at}, "rows_written": {"N": "0"}}
        error = {"error": {"S": "has no header"}} if status == "FAILED" else {}
        dynamodb = self.clients["dynamodb"]
        dynamodb.put_item(TableName=TABLE, Item={**name, "version": {"S": version}, **entry, **error, **more})
        dynamodb.put_item(TableName=TABLE, Item={**name, "version": {"S": "#current"}, "holder": {"S": version}})
        return at


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield MotoTarget()


def files(target: Any) -> list[str]:
    return [failure.file.removeprefix("incoming/") for failure in file_failures(target)]


def test_a_failed_file_is_told_with_its_reason_and_the_next_step(target):
    at = target.enter("a.csv", target.put("a.csv"), rows_written={"N": "1200"})
    (failure,) = file_failures(target)
    assert (failure.pipeline, failure.function, failure.at, failure.records) == ("import/items", "importer", at, 1)
    assert (failure.file, failure.where) == ("incoming/a.csv", "s3://files/incoming/a.csv")
    assert failure.reason == "has no header; rows in the table already: 1,200"
    assert failure.next_step == (
        "correct what the reason names and import the file again, or discard it; redriving imports it as it is"
    )


def test_the_oldest_comes_first(target):
    for days, key in ((1, "new"), (30, "old"), (7, "between")):
        target.enter(key, target.put(key), days=days)
    assert files(target) == ["old", "between", "new"]


@pytest.mark.parametrize("status", ["SUCCEEDED", "PARTIAL", "IGNORED"])
def test_files_that_ended_otherwise_are_no_failures(target, status):
    target.enter("a.csv", target.put("a.csv"), status)
    assert files(target) == []


def test_a_file_whose_newer_version_was_imported_is_no_failure_any_more(target):
    target.enter("a.csv", "older")
    target.enter("a.csv", target.put("a.csv"), "SUCCEEDED")
    assert files(target) == []


def test_a_file_that_was_deleted_or_replaced_is_no_failure_any_more(target):
    target.enter("deleted.csv", "etag")
    target.put("replaced.csv")
    target.enter("replaced.csv", "another")
    assert files(target) == []


def test_a_file_of_which_a_dead_letter_tells_is_not_told_twice_but_told_when_that_is_gone(target):
    given_up = {"given_up": {"SS": ["00000"]}}
    target.enter("recent.csv", target.put("recent.csv"), days=13, **given_up)
    target.enter("old.csv", target.put("old.csv"), days=15, **given_up)
    assert files(target) == ["old.csv"]


def test_a_file_that_may_not_be_looked_at_is_told_of(target, monkeypatch):
    target.enter("a.csv", target.put("a.csv"))

    def refuse(**_: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    monkeypatch.setattr(target.client("s3"), "head_object", refuse)
    assert files(target) == ["a.csv"]
    (redriven,) = redrive_files(target)
    assert (redriven.done, redriven.left) == (0, 1)
    assert "Forbidden" in redriven.error


def test_what_is_running_again_is_no_failure_though_the_index_has_it_still(target):
    target.enter("a.csv", target.put("a.csv"))
    (entry,), _ = ended(pipelines(target, "imports")[0], "FAILED", 10)
    lagging = target.client("dynamodb").query(
        TableName=TABLE,
        IndexName="ended",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "FAILED"}},
    )["Items"]
    item = {**lagging[0], "status": {"S": "RUNNING"}}
    del item["finished_at"]
    target.client("dynamodb").put_item(TableName=TABLE, Item=item)

    class Lagging:
        def get_paginator(self, _: str) -> Any:
            return self

        def paginate(self, **_: Any) -> list[Any]:
            return [{"Items": lagging}]

        batch_get_item = target.client("dynamodb").batch_get_item

    target.clients["dynamodb"] = Lagging()
    assert entry["status"] == "FAILED"
    assert files(target) == []


def test_the_ledger_is_never_scanned_and_only_so_many_entries_are_looked_at(target):
    for number in range(130):
        target.enter(f"{number}.csv", target.put(f"{number}.csv"), days=200 - number)
        target.enter(f"good-{number}.csv", "etag", "SUCCEEDED")
    target.requests.clear()
    assert files(target) == [f"{number}.csv" for number in range(30, 130)]
    assert set(target.requests) == {"Query", "BatchGetItem"}
    assert len(target.requests) <= 6
    assert list(hints(target)) == ["More than 100 files failed: `python -m sluice imports` shows the older ones too."]


@pytest.mark.parametrize("is_versioned", [False, True])
def test_redriven_a_file_is_put_again_as_it_was(target, is_versioned):
    s3 = target.client("s3")
    if is_versioned:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    told = {"ContentType": "text/csv", "ContentEncoding": "gzip", "Metadata": {"from": "crm"}}
    version = target.put("a b+ü.csv", **told)
    target.enter("a b+ü.csv", version)
    before = s3.head_object(Bucket=BUCKET, Key="incoming/a b+ü.csv")
    (redriven,) = redrive_files(target)
    assert (redriven.done, redriven.left, redriven.is_complete) == (1, 0, True)
    after = s3.head_object(Bucket=BUCKET, Key="incoming/a b+ü.csv")
    assert {name: after[name] for name in told} == told
    assert after["ETag"] == before["ETag"]
    assert (target.version("a b+ü.csv") != version) is is_versioned


def test_files_of_which_rows_were_rejected_are_hinted_at(target):
    assert list(hints(target)) == []
    target.enter("a.csv", "etag", "PARTIAL")
    target.enter("older.csv", "etag", "PARTIAL", days=20)
    assert list(hints(target)) == [
        "Files with rejected rows in the last 14 days: 1; `python -m sluice rejects` shows the rows."
    ]
    target.enter("b.csv", "etag", "PARTIAL")
    assert "days: 2; this page shows the rows." in next(hints(target, rows="this page"))


# ---- some of them


def is_file(key: str) -> Any:
    return lambda failure: failure.file == f"incoming/{key}"


def test_of_a_file_that_is_meant_there_is_what_the_ledger_has(target):
    for key in ("a.csv", "b.csv"):
        target.enter(key, target.put(key))
    ((failure, detail),) = file_details(target, is_file("b.csv"))
    assert failure.file == "incoming/b.csv"
    assert [(entry["object"], entry["error"]) for entry in detail.records] == [
        ("files/incoming/b.csv", "has no header")
    ]


def test_only_a_file_that_is_meant_is_deleted(target):
    for key in ("a.csv", "b.csv"):
        target.enter(key, target.put(key))
    assert [one.error for one in discard_files(target, is_file("b.csv"))] == [""]
    assert files(target) == ["a.csv"]
    listed = target.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [held["Key"] for held in listed] == ["incoming/a.csv"]


def test_only_a_file_that_is_meant_is_put_again(target):
    for key in ("a.csv", "b.csv"):
        target.enter(key, target.put(key))
    assert [one.failure.file for one in redrive_files(target, is_file("a.csv"))] == ["incoming/a.csv"]


def test_a_better_file_that_was_put_meanwhile_stays(target):
    target.enter("a.csv", target.put("a.csv"))
    found = discard_files(
        target, lambda _: bool(target.client("s3").put_object(Bucket=BUCKET, Key="incoming/a.csv", Body=b"better"))
    )
    assert [one.error for one in found] == ["it has been replaced by another file since, which stays"]
    assert target.client("s3").get_object(Bucket=BUCKET, Key="incoming/a.csv")["Body"].read() == b"better"


@pytest.mark.parametrize(
    ("status", "became"),
    [("FAILED", (0, 1, "failed again: has no header")), ("SUCCEEDED", (1, 0, "")), ("RUNNING", (1, 0, ""))],
)
def test_what_became_of_a_file_that_was_put_again_is_what_its_next_import_says(target, status, became):
    version = target.put("a.csv")
    target.enter("a.csv", version)
    (redriven,) = redrive_files(target)
    assert imported_again(target, redriven, until=0) == Redriven(redriven.failure, 1, 0)
    target.enter("a.csv", version, status, days=0)
    assert imported_again(target, redriven, until=0) == Redriven(redriven.failure, *became)
