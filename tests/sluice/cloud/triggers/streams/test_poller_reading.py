"""How a stream mapping reads the shards of its stream."""

import pytest

from sluice.cloud.triggers.streams import events
from tests.sluice.cloud.triggers.streams.fakes import NOW, Cloud, fails_on, refusal


def test_latest_passes_over_what_was_written_before(cloud: Cloud) -> None:
    cloud.streams.put("u")
    poller = cloud.run(starting_position="LATEST")
    new = cloud.streams.put("u")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[new]]


def test_latest_reads_shards_that_appear_later_from_their_beginning(cloud: Cloud) -> None:
    cloud.streams.shards = {"ended": [], "shard-0": []}
    cloud.streams.closed = {"ended"}
    cloud.streams.parents = {"shard-0": "ended"}
    for shard in cloud.streams.shards:
        cloud.streams.put("u", shard=shard)
    poller = cloud.run(starting_position="LATEST")
    last = cloud.streams.put("u")
    cloud.streams.closed.add("shard-0")
    cloud.streams.shards["child"] = []
    cloud.streams.parents["child"] = "shard-0"
    first = cloud.streams.put("u", shard="child")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[last], [first]]


def test_a_parent_is_through_before_its_children_begin(cloud: Cloud) -> None:
    cloud.streams.shards = {"a": [], "b": [], "c": []}
    cloud.streams.parents = {"b": "a", "c": "b", "a": "trimmed"}
    cloud.streams.closed = {"a", "b"}
    written = [cloud.streams.put("u", shard=shard) for shard in "abc" for _ in range(3)]
    cloud.function.handler = fails_on(written[0])
    cloud.run(maximum_retry_attempts=2)
    assert cloud.function.batches == [written[:3]] * 3 + [written[3:6], written[6:]]


def test_shards_do_not_wait_for_each_other(cloud: Cloud) -> None:
    cloud.streams.shards = {"a": [], "b": []}
    blocked = cloud.streams.put("u", shard="a")
    other = cloud.streams.put("u", shard="b")
    cloud.function.handler = fails_on(blocked)
    poller = cloud.poller()
    for _ in range(3):
        poller.step()
    assert [other] in cloud.function.batches


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "InternalServerError", "ThrottlingException"])
def test_reading_goes_on_after_a_fault_with_the_next_record(cloud: Cloud, code: str) -> None:
    poller = cloud.poller()
    first = cloud.streams.put("u")
    poller.drain(cloud.clock.sleep)
    cloud.streams.faults = [refusal(code, "GetRecords")] * 3
    second = cloud.streams.put("u")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[first], [second]]
    assert len(cloud.told(events.Delayed)) == 3
    assert cloud.clock.now > NOW


def test_after_trimming_reading_goes_on_with_the_oldest_record_left(cloud: Cloud) -> None:
    written = [cloud.streams.put("u")]
    poller = cloud.run()
    written += [cloud.streams.put("u") for _ in range(5)]
    cloud.streams.trimmed["shard-0"] = 4
    cloud.streams.faults = [refusal("ExpiredIteratorException", "GetRecords")]
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [written[:1], written[4:]]
    assert "TrimmedDataAccessException" in cloud.told(events.Delayed)[1].error


def test_a_stream_that_cannot_be_described_is_tried_again(cloud: Cloud) -> None:
    cloud.streams.describe_faults = [refusal("AccessDeniedException", "DescribeStream")] * 3
    written = cloud.streams.put("u")
    cloud.run()
    assert cloud.function.batches == [[written]]
    assert [told.operation for told in cloud.told(events.Delayed)] == ["DescribeStream"] * 3


def test_an_idle_stream_is_polled_at_the_interval(cloud: Cloud) -> None:
    poller = cloud.run()
    before = cloud.streams.reads
    for _ in range(1000):
        poller.step()
        cloud.clock.sleep(0.01)
    assert 36 <= cloud.streams.reads - before <= 41
