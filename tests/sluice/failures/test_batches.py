from collections import Counter

from sluice.failures import lease
from sluice.failures.batches import batch_counts, batches
from sluice.failures.stream import stream_failures
from sluice.target import Target
from tests.sluice.failures.fakes import FakeTarget


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


def test_batches_are_counted_by_mapping_and_none_is_read():
    target = FakeTarget()
    for key in ("one/shard/a", "one/shard/b", "two/shard/a"):
        target.add(key, "1")
    target.s3.put_object(Key=lease.KEY, Body=b"{}")
    assert sum(batch_counts(target), Counter()) == {"one": 2, "two": 1}
    assert target.s3.read == []
    assert list(batch_counts(Target({"region": "eu-north-1"}))) == []
