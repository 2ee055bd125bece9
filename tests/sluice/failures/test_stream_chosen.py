"""Failed batches that are meant by their id or their key, and the others, which are left alone."""

import pytest

from sluice.failures import lease
from sluice.failures.sources import Named
from sluice.failures.stream import (
    discard_stream,
    read_batch,
    redrive_stream,
    stream_details,
    stream_failures,
)
from tests.sluice.failures.fakes import BUCKET, FakeTarget, partial, redrive, refusal


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
