import gzip
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from handlers.archiver import environment, handler
from tests.clients import moto_client
from tests.handlers.archiver.records import HOUR, NOON, record

CONTEXT = SimpleNamespace(
    function_name="sluice-test-stream-archiver",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 60_000,
)
PERSONAL = ["ada@example.com", "u1"]


class MotoBucket:
    """The lean client's bucket, over moto's S3, which only boto3 reaches."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def put(self, key, body, *, headers, deadline):
        assert deadline == pytest.approx(time.monotonic() + 55, abs=4)  # five seconds before the end
        self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=headers["content-type"])


@pytest.fixture
def s3(monkeypatch):
    """S3 with an archive, as the handler sees it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv(environment.BUCKET, "archive")
    monkeypatch.setenv(environment.EVENTS, "INSERT,REMOVE")
    monkeypatch.setattr(handler, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    with mock_aws():
        client = moto_client("s3")
        client.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        monkeypatch.setattr(handler, "Bucket", lambda name: MotoBucket(client, name))
        handler._setup.cache_clear()
        yield client
    handler._setup.cache_clear()


def handle(*records):
    return handler.handle({"Records": list(records)}, CONTEXT)


def lines(s3):
    """The changes that the archive holds."""
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="archive").get("Contents", [])]
    bodies = [s3.get_object(Bucket="archive", Key=key)["Body"].read() for key in keys]
    return [json.loads(line) for body in bodies for line in gzip.decompress(body).decode().splitlines()]


def test_a_batch_is_archived_and_all_of_it_is_done(s3):
    assert handle(record(1), record(2, "REMOVE"), record(3, at=NOON + HOUR)) == {"batchItemFailures": []}
    assert [(line["event"], line["keys"]["userId"]) for line in lines(s3)] == [
        ("INSERT", "u1"),
        ("REMOVE", "u2"),
        ("INSERT", "u3"),
    ]


def test_an_object_is_gzip_and_says_so(s3):
    handle(record(1))
    (entry,) = s3.list_objects_v2(Bucket="archive")["Contents"]
    assert entry["Key"].startswith(environment.PREFIX)
    head = s3.head_object(Bucket="archive", Key=entry["Key"])
    assert head["ContentType"] == "application/gzip"
    assert "ContentEncoding" not in head


def test_a_batch_that_is_delivered_again_overwrites_its_object(s3):
    for _ in range(2):
        handle(record(1), record(2))
    assert len(lines(s3)) == 2


def test_only_the_events_of_the_environment_are_archived(s3):
    handle(record(1), record(2, "MODIFY"))
    assert [line["event"] for line in lines(s3)] == ["INSERT"]


def test_the_first_record_that_cannot_be_archived_is_reported_and_those_before_it_are_held(s3):
    poisoned = record(2, new={"a": {"X": "?"}})
    assert handle(record(1), poisoned, record(3)) == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}
    assert [line["keys"]["userId"] for line in lines(s3)] == ["u1"]


def test_a_record_without_a_sequence_number_fails_the_whole_batch(s3):
    broken = {"eventName": "INSERT"}
    assert handle(record(1), broken) == {"batchItemFailures": [{"itemIdentifier": ""}]}


def test_a_refused_object_raises_so_that_the_batch_comes_again(s3, monkeypatch):
    monkeypatch.setenv(environment.BUCKET, "gone")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        handle(record(1))


def summary(capsys) -> dict[str, Any]:
    """The one line that an invocation prints."""
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_one_line_sums_the_invocation_up(s3, capsys):
    handle(record(1), record(2, "MODIFY"), record(3, new={"a": {"X": "?"}}), record(4))
    line = summary(capsys)
    metrics = line.pop("_aws")["CloudWatchMetrics"][0]
    assert metrics["Namespace"] == "Sluice"
    assert metrics["Dimensions"] == [["FunctionName"]]
    assert {metric["Name"] for metric in metrics["Metrics"]} == {"RecordsArchived", "RecordsUnarchivable"}
    assert line.pop("duration_ms") == 0
    assert line.pop("bytes") > 0
    assert line == {
        "FunctionName": "sluice-test-stream-archiver",
        "RecordsArchived": 1,
        "RecordsUnarchivable": 1,
        "request_id": "request-1",
        "records": 4,
        "passed_over": 1,
        "objects": 1,
    }


def test_neither_the_line_nor_the_log_holds_personal_data(s3, capsys, caplog):
    handle(record(1), record(2, new={"email": {"S": "ada@example.com"}, "a": {"X": "u1"}}))
    said = json.dumps(summary(capsys)) + caplog.text
    assert not any(personal in said for personal in PERSONAL)


def test_the_log_names_the_record_that_cannot_be_archived_and_why(s3, caplog):
    handle(record(2, new={"a": {"X": "?"}}))
    assert f"record {2:021d} cannot be archived: UnknownAttributeTypeError: " in caplog.text
