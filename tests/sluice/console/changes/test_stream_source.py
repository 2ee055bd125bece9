"""Streams read beside the functions."""

from types import SimpleNamespace
from typing import Any

import pytest

from sluice.console.changes.changes import Changes
from sluice.console.changes.stream_source import StreamSource
from tests.sluice.cloud.triggers.streams.fakes import STREAM, Clock, Streams, refusal

OUTPUTS = {"streams": {"users": {"tables": [{"name": "Users", "stream_arn": STREAM}]}}}


class StandIn(SimpleNamespace):
    """A stack whose streams are in memory."""

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


@pytest.fixture
def streams() -> Streams:
    return Streams(Clock())


@pytest.fixture
def target(streams: Streams) -> Any:
    return StandIn(outputs=OUTPUTS, client=lambda _service: streams)


def read_all(source: StreamSource, target: Any) -> None:
    while source.read(target):
        pass


def test_all_shards_are_read_from_their_oldest_record_on(streams, target):
    changes = Changes()
    source = StreamSource(target, changes)
    streams.put("u-1", name={"S": "Ada"})
    streams.shards["shard-1"] = []
    streams.put("u-2", shard="shard-1", picture={"B": b"\0\1"})
    read_all(source, target)
    assert [(change.key, change.shard) for change in changes.all()] == [("u-2", "shard-1"), ("u-1", "shard-0")]
    assert changes.all()[0].content["dynamodb"]["NewImage"]["picture"] == {"B": "AAE="}
    streams.put("u-3")
    read_all(source, target)
    assert changes.all()[0].key == "u-3"


def test_a_page_that_has_more_behind_it_is_told(streams, target):
    source = StreamSource(target, Changes())
    assert source.read(target) is False
    streams.put("u-1")
    assert source.read(target) is True


def test_a_shard_that_ended_is_read_no_more(streams, target):
    changes = Changes()
    source = StreamSource(target, changes)
    streams.put("u-1")
    streams.closed.add("shard-0")
    read_all(source, target)
    before = streams.reads
    read_all(source, target)
    assert (streams.reads, len(changes.all())) == (before, 1)


def test_a_stream_that_cannot_be_read_keeps_no_other_from_it(streams, target):
    changes = Changes()
    source = StreamSource(target, changes)
    streams.shards["shard-1"] = []
    streams.put("u-2", shard="shard-1")
    source._look_for_shards(streams)
    source._next_look = float("inf")
    streams.faults.append(refusal("InternalServerError", "GetRecords"))
    with pytest.raises(Exception, match="InternalServerError"):
        source.read(target)
    read_all(source, target)
    assert [change.key for change in changes.all()] == ["u-2"]


def test_a_stack_without_streams_has_no_changes():
    nothing: Any = StandIn(outputs={}, client=lambda _service: None)
    assert StreamSource(nothing, Changes()).read(nothing) is False
