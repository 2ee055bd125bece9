import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from sluice.failures import lease
from sluice.failures.failure import Failure
from sluice.failures.sources import Named
from sluice.failures.stream import (
    batches,
    discard_stream,
    read_batch,
    redrive_stream,
    stream_details,
    stream_failures,
)
from sluice.target import Target

BUCKET = "archive"
FUNCTION = "arn:aws:lambda:eu-north-1:123456789012:function:archiver"


def refusal(code, operation="Invoke", status=400):
    said = {"Error": {"Code": code, "Message": f"{code} told"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, operation)


class FakeS3:
    """A bucket; what is put later is newer."""

    def __init__(self):
        self.objects = {}
        self.read = []
        self.refusing = {}
        """Operation -> what it raises."""

    def put_object(self, **request) -> Any:
        self._refuse("put_object")
        if "IfMatch" in request and request["Key"] not in self.objects:
            raise refusal("NoSuchKey", "PutObject", 404)
        if "IfMatch" in request and request["IfMatch"] != self._etag(request["Key"]):
            raise refusal("PreconditionFailed", "PutObject", 412)
        key, now = request["Key"], datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.objects))
        self.objects[key] = (self.objects.get(key, (now, b""))[0], request["Body"])

    def delete_object(self, **request):
        self._refuse("delete_object")
        self.objects.pop(request["Key"], None)

    def get_object(self, **request):
        self._refuse("get_object")
        self.read.append(request["Key"])
        if request["Key"] not in self.objects:
            raise refusal("NoSuchKey", "GetObject", 404)
        return {"Body": io.BytesIO(self.objects[request["Key"]][1]), "ETag": self._etag(request["Key"])}

    def head_object(self, **request):
        if request["Key"] not in self.objects:
            raise refusal("404", "HeadObject", 404)

    def _etag(self, key):
        return hashlib.md5(self.objects[key][1]).hexdigest()

    def _refuse(self, operation):
        if operation in self.refusing:
            raise self.refusing[operation]

    def list_objects_v2(self, *, MaxKeys, StartAfter, **request):
        (*found,) = (one for page in self.paginate(**request) for one in page.get("Contents", []))
        after = [one | {"ETag": self._etag(one["Key"])} for one in found if one["Key"] > StartAfter]
        return {"Contents": after[:MaxKeys]} if after else {}

    def get_paginator(self, _):
        return self

    def paginate(self, **request):
        found = [(key, at) for key, (at, _) in sorted(self.objects.items()) if key.startswith(request["Prefix"])]
        return [{"Contents": [{"Key": key, "LastModified": at}]} for key, at in found] or [{}]


class FakeLambda:
    """A function that does `act` with the sequence numbers of its batch; `taken` are those that it was done with."""

    def __init__(self, act):
        self.act, self.taken, self.batches = act, [], []
        self.limit, self.largest = 6_291_456, 0
        self.refused = 0

    def invoke(self, **request):
        assert request["FunctionName"] == FUNCTION
        if len(request["Payload"]) > self.limit:
            self.refused += 1
            raise refusal("RequestEntityTooLargeException", status=413)
        self.largest = max(self.largest, len(request["Payload"]))
        numbers = [record["dynamodb"]["SequenceNumber"] for record in json.loads(request["Payload"])["Records"]]
        self.batches.append(numbers)
        answer = self.act(numbers)
        if isinstance(answer, Exception):
            raise answer
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
        streams = {"users": {"archiver_function_name": "archiver", "notifier_function_name": None}}
        super().__init__({"archive_bucket_name": BUCKET, "streams": streams})
        self.s3, self.function = FakeS3(), FakeLambda(act)

    def client(self, service):
        return {"s3": self.s3, "lambda": self.function}[service]

    def add(self, key, *numbers, image=None):
        change = {"NewImage": image} if image else {}
        records = [{"eventID": f"e-{number}", "dynamodb": {"SequenceNumber": number, **change}} for number in numbers]
        document = {
            "requestContext": {
                "functionArn": FUNCTION,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 11,
            },
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
    assert older == Failure(
        pipeline="stream/users", function="archiver", reason="RetryAttemptsExhausted", at="2026-01-01T00:00:00.000Z",
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
    assert [result.is_complete for result in redrive_stream(target)] == [False, False, True]
    assert sorted(target.s3.objects) == ["aws/lambda/0-foreign", "aws/lambda/1-foreign"]


def test_the_function_is_told_that_records_come_by_a_redrive():
    target = FakeTarget()
    payloads = []
    invoke = target.function.invoke
    target.function.invoke = lambda **request: payloads.append(json.loads(request["Payload"])) or invoke(**request)
    target.add("a", "1")
    redrive(target)
    assert payloads == [{"Records": [{"eventID": "e-1", "dynamodb": {"SequenceNumber": "1"}}], "redriven": True}]


def test_records_are_sent_as_small_as_they_came():
    target = FakeTarget()
    target.add("a", "1", image={"name": {"S": "李" * 1000}, "half": {"S": "\ud800"}})
    redrive(target)
    assert target.function.largest < 3200  # 3 bytes a letter, not the 6 of an escape; no spaces
    assert target.function.taken == ["1"]


def test_a_failure_of_six_megabytes_is_sent_in_halves_and_the_others_go():
    target = FakeTarget()
    target.add("0", *map(str, range(17)), image={"name": {"S": "x" * 400_000}})
    target.add("1", "99")
    assert redrive(target) == [(17, 0), (1, 0)]
    assert [len(batch) for batch in target.function.batches] == [8, 9, 1]
    assert target.function.refused == 1
    assert target.s3.objects == {}


@pytest.mark.parametrize("code", ["RequestEntityTooLargeException", "RequestTooLargeException", "413"])
def test_a_record_that_is_too_large_alone_is_left_with_the_reason(code):
    target = FakeTarget(lambda numbers: refusal(code, status=413) if "2" in numbers else None)
    target.add("a", "1", "2", "3")
    (result,) = redrive_stream(target)
    assert (result.done, result.left, result.is_complete) == (2, 1, False)
    assert f"{code} told" in result.error
    assert target.held("a")[1] == ["2"]


@pytest.mark.parametrize(
    "error",
    [refusal("ResourceNotFoundException"), refusal("AccessDeniedException"), ReadTimeoutError(endpoint_url="x")],
    ids=str,
)
def test_a_function_that_may_not_be_invoked_leaves_its_failures_and_the_others_go(error):
    target = FakeTarget(lambda numbers: error if "1" in numbers else None)
    target.add("0", "1", "2", "3")
    target.add("1", "4")
    first, second = redrive_stream(target)
    assert (first.done, first.left, first.error) == (0, 3, str(error))
    assert second.is_complete
    assert target.function.batches == [["1", "2", "3"], ["4"]]  # no halves: each would be refused


def test_what_was_taken_before_a_refusal_is_not_sent_again():
    def act(numbers):
        if len(numbers) == 4:
            return "error"
        return refusal("TooManyRequestsException", status=429) if numbers == ["3", "4"] else None

    target = FakeTarget(act)
    target.add("a", "1", "2", "3", "4")
    (result,) = redrive_stream(target)
    assert (result.done, result.left) == (2, 2)
    assert "TooManyRequestsException" in result.error
    assert target.held("a")[1] == ["3", "4"]


def test_where_nothing_can_be_reached_all_ends():
    target = FakeTarget(lambda numbers: EndpointConnectionError(endpoint_url="http://127.0.0.1"))
    target.add("a", "1")
    with pytest.raises(EndpointConnectionError):
        redrive(target)


def test_why_something_is_left_is_what_the_function_said():
    target = FakeTarget(lambda numbers: "error" if "1" in numbers else partial("2") if "2" in numbers else None)
    target.add("0", "1")
    target.add("1", "2")
    assert [result.error for result in redrive_stream(target)] == ["no", "it handed them back"]


@pytest.mark.parametrize("operation", ["delete_object", "put_object", "get_object"])
def test_an_object_that_may_not_be_touched_is_told_and_the_others_go(operation):
    target = FakeTarget(lambda numbers: partial("2") if "2" in numbers and operation == "put_object" else None)
    target.add("0", "1", "2")
    target.add("1", "3")
    results = redrive_stream(target)
    target.s3.refusing = {operation: refusal("AccessDenied")}
    first = next(results)
    target.s3.refusing = {}
    assert not first.is_complete
    assert "AccessDenied told" in first.error
    assert next(results).is_complete


# ---- some of them


def is_batch(number):
    return lambda failure: failure.where.endswith(number)


def test_of_a_batch_that_is_meant_there_are_its_records_and_attempts():
    target = FakeTarget()
    target.add("1", "1", "2")
    target.add("2", "3")
    ((failure, detail),) = stream_details(target, is_batch("1"))
    assert failure.where == "s3://archive/aws/lambda/1"
    assert detail.attempts == 11
    assert [record["dynamodb"]["SequenceNumber"] for record in detail.records] == ["1", "2"]


def test_only_a_batch_that_is_meant_is_sent_again():
    target = FakeTarget()
    target.add("1", "1")
    target.add("2", "2")
    assert [result.done for result in redrive_stream(target, is_batch("2"))] == [1]
    assert target.function.taken == ["2"]


def test_only_a_batch_that_is_meant_is_discarded_and_what_is_no_failure_stays():
    target = FakeTarget()
    target.add("1", "1")
    target.add("2", "2")
    target.s3.put_object(Key="aws/lambda/foreign-2", Body=b"not ours")
    assert [one.error for one in discard_stream(target, is_batch("2"))] == [
        "",
        "this object is not a failure of a stream",
    ]
    assert sorted(target.s3.objects) == ["aws/lambda/1", "aws/lambda/foreign-2"]
    assert target.function.batches == []


def test_a_batch_that_may_not_be_discarded_is_told():
    target = FakeTarget()
    target.add("1", "1")
    target.s3.refusing = {"delete_object": refusal("AccessDenied", "DeleteObject")}
    (one,) = discard_stream(target, is_batch("1"))
    assert "AccessDenied told" in one.error


def test_a_record_that_is_handed_back_is_named():
    target = FakeTarget(lambda numbers: partial("2") if "2" in numbers else None)
    target.add("a", "1", "2", "3")
    (result,) = redrive_stream(target)
    assert (result.error, result.handed_back) == ("it handed them back", "2")


def test_the_object_that_tells_of_a_redrive_is_no_failure():
    target = FakeTarget()
    target.s3.put_object(Key=lease.KEY, Body=b"{}")
    assert list(stream_failures(target)) == []
    assert redrive(target) == []


# ---- two at once


def test_what_somebody_else_redrove_meanwhile_is_passed_over():
    target = FakeTarget()
    for number in range(5):
        target.add(f"{number}", f"{number}")
    results = redrive_stream(target)
    assert next(results).is_complete
    for number in range(1, 4):
        target.s3.delete_object(Key=f"aws/lambda/{number}")
    assert [(result.done, result.left) for result in results] == [(1, 0)]
    assert list(stream_failures(target)) == []
    assert target.function.taken == ["0", "4"]


@pytest.mark.parametrize("answer", ["error", partial("2")])
def test_what_somebody_else_brought_home_meanwhile_is_not_put_back(answer):
    def act(numbers):
        target.s3.delete_object(Key="aws/lambda/a")  # the other one, while this one's invocation runs
        return answer if "2" in numbers else None

    target = FakeTarget(act)
    target.add("a", "1", "2")
    (result,) = redrive_stream(target)
    assert (result.left, result.error, result.is_complete) == (0, "", True)
    assert target.s3.objects == {}


def test_what_somebody_else_left_meanwhile_stays_as_they_left_it():
    def act(numbers):
        if numbers == ["1", "2", "3"]:
            target.add("a", "3")
        return partial("2") if "2" in numbers else None

    target = FakeTarget(act)
    target.add("a", "1", "2", "3")
    (result,) = redrive_stream(target)
    assert (result.done, result.left) == (2, 1)
    assert target.held("a")[1] == ["3"]


@pytest.mark.parametrize(
    "changed",
    [
        {"timestamp": "yesterday"},
        {"timestamp": 5},
        {"requestContext": {"functionArn": 5, "condition": "x"}},
        {"payload": '{"Records": [{"dynamodb": {}}]}'},
        {"payload": '{"Records": []}'},
        {"payload": "[" * 100_000},
    ],
)
def test_a_damaged_failure_is_shown_and_left_alone_and_the_others_go(changed):
    target = FakeTarget()
    target.add("0", "1")
    document = {**target.held("0")[0], **changed}
    target.s3.objects["aws/lambda/0"] = (target.s3.objects["aws/lambda/0"][0], json.dumps(document).encode())
    target.add("1", "2")
    assert [failure.reason for failure in stream_failures(target)] == ["Unreadable", "RetryAttemptsExhausted"]
    first, second = redrive_stream(target)
    assert (first.is_complete, first.error) == (False, "this object is not a failure of a stream")
    assert second.is_complete


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


# ---- by name


def test_batches_are_listed_by_name_a_page_at_a_time_and_none_is_read():
    target = FakeTarget()
    for name in "abcde":
        target.add(name, "1")
    target.s3.put_object(Key=lease.KEY, Body=b"{}")
    first, is_more = batches(target, at_most=3)
    assert ([one.key for one in first], is_more) == (["aws/lambda/a", "aws/lambda/b", "aws/lambda/c"], True)
    last, is_more = batches(target, after=first[-1].key, at_most=3)
    assert ([one.key for one in last], is_more) == (["aws/lambda/d", "aws/lambda/e"], False)
    assert target.s3.read == []
    assert [one.failure.id for one in (*first, *last)] == [one.id for one in stream_failures(target)]
    assert batches(Target({"region": "eu-north-1"})) == ([], False)


def test_a_batch_is_read_by_its_key_and_nothing_else_is():
    target = FakeTarget()
    target.add("a", "1", "2")
    failure, detail = read_batch(target, "aws/lambda/a") or pytest.fail("there is one")
    assert (failure.records, len(detail.records), detail.attempts) == (2, 2, 11)
    target.s3.put_object(Key="changes/a", Body=b"{}")
    target.s3.put_object(Key=lease.KEY, Body=b"{}")
    assert [read_batch(target, key) for key in ("aws/lambda/b", "changes/a", lease.KEY)] == [None] * 3


@pytest.mark.parametrize("act", [stream_details, discard_stream, redrive_stream])
def test_only_what_is_meant_is_read(act):
    target = FakeTarget()
    for name in "abc":
        target.add(name, "1")
    meant = f"s3://{BUCKET}/aws/lambda/b"
    assert len(list(act(target, Named([meant])))) == 1
    assert target.s3.read == ["aws/lambda/b"]
