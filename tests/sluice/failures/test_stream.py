import json

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from sluice.failures.failure import Failure
from sluice.failures.stream import (
    redrive_stream,
    stream_failures,
)
from tests.sluice.failures.fakes import FakeTarget, partial, redrive, refusal


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
