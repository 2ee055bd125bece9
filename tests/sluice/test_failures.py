import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import failures
from sluice.failures import redrive_stream, stream_failures
from sluice.target import Target

BUCKET = "archive"
FUNCTION = "arn:aws:lambda:eu-north-1:123456789012:function:archiver"


class FakeS3:
    """A bucket; what is put later is newer."""

    def __init__(self):
        self.objects = {}

    def put_object(self, **request):
        key, now = request["Key"], datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.objects))
        self.objects[key] = (self.objects.get(key, (now, b""))[0], request["Body"])

    def delete_object(self, **request):
        del self.objects[request["Key"]]

    def get_object(self, **request):
        return {"Body": io.BytesIO(self.objects[request["Key"]][1])}

    def get_paginator(self, _):
        return self

    def paginate(self, **request):
        found = [(key, at) for key, (at, _) in sorted(self.objects.items()) if key.startswith(request["Prefix"])]
        return [{"Contents": [{"Key": key, "LastModified": at}]} for key, at in found] or [{}]


class FakeLambda:
    """A function that does `act` with the sequence numbers of its batch; `taken` are those that it was done with."""

    def __init__(self, act):
        self.act, self.taken, self.batches = act, [], []

    def invoke(self, **request):
        assert request["FunctionName"] == FUNCTION
        numbers = [record["dynamodb"]["SequenceNumber"] for record in json.loads(request["Payload"])["Records"]]
        self.batches.append(numbers)
        answer = self.act(numbers)
        if answer == "error":
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "no"}')}
        self.taken += self._taken(numbers, answer)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _taken(self, numbers, answer):
        try:
            failed = [entry["itemIdentifier"] for entry in answer["batchItemFailures"]] if answer else []
            return numbers[: min(map(numbers.index, failed), default=len(numbers))]
        except (TypeError, ValueError):
            return []


class FakeTarget(Target):
    """A stack with one bucket and one function."""

    def __init__(self, act=lambda numbers: None):
        super().__init__({"archive_bucket_name": BUCKET})
        self.s3, self.function = FakeS3(), FakeLambda(act)

    def client(self, service):
        return {"s3": self.s3, "lambda": self.function}[service]

    def add(self, key, *numbers):
        records = [{"eventID": f"e-{number}", "dynamodb": {"SequenceNumber": number}} for number in numbers]
        document = {
            "requestContext": {"functionArn": FUNCTION, "condition": "RetryAttemptsExhausted"},
            "timestamp": "2026-01-01T00:00:00.000Z",
            "DDBStreamBatchInfo": {"batchSize": len(records), "shardId": "shard"},
            "payload": json.dumps({"Records": records}),
        }
        self.s3.put_object(Key=f"aws/lambda/{key}", Body=json.dumps(document).encode())

    def held(self, key):
        document = json.loads(self.s3.objects[f"aws/lambda/{key}"][1])
        return document, [record["dynamodb"]["SequenceNumber"] for record in json.loads(document["payload"])["Records"]]


def partial(number):
    return {"batchItemFailures": [{"itemIdentifier": number}]}


def redrive(target):
    return [(result.done, result.left) for result in redrive_stream(target)]


def test_failures_are_shown_oldest_first_with_what_someone_needs_to_know():
    target = FakeTarget()
    target.add("z", "1", "2")
    target.add("a", "3")
    older, newer = stream_failures(target)
    assert (older.records, newer.records) == (2, 1)
    assert older == failures.Failure(
        pipeline="stream", function="archiver", reason="RetryAttemptsExhausted", at="2026-01-01T00:00:00.000Z",
        records=2, where="s3://archive/aws/lambda/z",
    )  # fmt: skip


def test_the_archive_itself_holds_no_failures():
    target = FakeTarget()
    target.s3.put_object(Key="changes/table=t/x.jsonl.gz", Body=b"")
    assert list(stream_failures(target)) == []


def test_a_batch_that_is_taken_whole_is_sent_once_and_removed():
    target = FakeTarget()
    target.add("a", "1", "2", "3")
    assert redrive(target) == [(3, 0)]
    assert target.function.batches == [["1", "2", "3"]]
    assert target.s3.objects == {}


def test_of_a_batch_with_a_poisoned_record_only_that_is_left():
    target = FakeTarget(lambda numbers: "error" if "3" in numbers else None)
    target.add("a", "1", "2", "3", "4", "5")
    assert redrive(target) == [(4, 1)]
    document, left = target.held("a")
    assert left == ["3"]
    assert document["DDBStreamBatchInfo"] == {
        "batchSize": 1, "shardId": "shard", "startSequenceNumber": "3", "endSequenceNumber": "3",
    }  # fmt: skip


def test_what_follows_a_record_that_a_partial_response_names_is_sent_too():
    target = FakeTarget(lambda numbers: partial("2") if "2" in numbers else None)
    target.add("a", "1", "2", "3")
    assert redrive(target) == [(2, 1)]
    assert target.function.batches == [["1", "2", "3"], ["3"]]
    assert target.held("a")[1] == ["2"]


@pytest.mark.parametrize("answer", [partial("unknown"), partial(""), {"batchItemFailures": "no list"}, ["no object"]])
def test_an_invalid_response_is_never_taken_for_success(answer):
    target = FakeTarget(lambda numbers: answer)
    target.add("a", "1", "2")
    assert redrive(target) == [(0, 2)]
    assert target.held("a")[1] == ["1", "2"]


def test_a_batch_that_fails_whole_stays_as_it_was():
    target = FakeTarget(lambda numbers: "error")
    target.add("a", "1", "2")
    before = dict(target.s3.objects)
    assert redrive(target) == [(0, 2)]
    assert target.s3.objects == before


def test_an_object_that_is_no_failure_is_shown_and_left_alone_and_the_others_go():
    target = FakeTarget()
    target.s3.put_object(Key="aws/lambda/0-foreign", Body=b"not ours")
    target.s3.put_object(Key="aws/lambda/1-foreign", Body=b'{"requestContext": {"functionArn": "short"}}')
    target.add("2", "1")
    assert [failure.reason for failure in stream_failures(target)] == [
        "Unreadable",
        "Unreadable",
        "RetryAttemptsExhausted",
    ]
    assert [result.is_home for result in redrive_stream(target)] == [False, False, True]
    assert sorted(target.s3.objects) == ["aws/lambda/0-foreign", "aws/lambda/1-foreign"]


@given(st.sets(st.integers(0, 39)), st.sets(st.integers(0, 39)), st.integers(1, 40))
def test_every_record_is_taken_once_or_left(crashing, named, count):
    def act(numbers):
        if any(int(number) in crashing for number in numbers):
            return "error"
        return next((partial(number) for number in numbers if int(number) in named), None)

    target, numbers = FakeTarget(act), [str(number) for number in range(count)]
    target.add("a", *numbers)
    redrive(target)
    bad = [number for number in numbers if int(number) in crashing | named]
    assert sorted(target.function.taken) == sorted(set(numbers) - set(bad))
    assert (target.held("a")[1] if bad else []) == bad
