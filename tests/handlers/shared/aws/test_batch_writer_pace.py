"""The batch writer under a limit: what it asks for, how it waits, and that it waits for nothing beyond its time."""

import json
import math
import socket
import time
from collections.abc import Iterator

import pytest

from handlers.shared.aws.batch_writer import Item, Outcome, write
from handlers.shared.aws.pace import Pace
from tests.handlers.shared.aws.scripted import Received, answer


class MeteredTable:
    """A table that tells what it consumed: a unit for each begun kilobyte of an item, as DynamoDB does."""

    def __init__(self, factor: int = 1, throttled: int = 0) -> None:
        self.requests: list[tuple[float, int]] = []
        """When each was answered, and the units that it took."""
        self.texts: list[str] = []
        self._factor = factor
        self._throttled = throttled

    def __call__(self, sock: socket.socket, received: Received) -> bool:
        self.texts.append(received.body.decode())
        request = json.loads(received.body)
        ((name, puts),) = request["RequestItems"].items()
        rest, puts = puts[: self._throttled], puts[self._throttled :]
        self._throttled = 0
        units = sum(self._factor * math.ceil(len(put["PutRequest"]["Item"]["v"]["S"]) / 1024) for put in puts)
        self.requests.append((time.monotonic(), units))
        content = {"UnprocessedItems": {name: rest} if rest else {}}
        if request.get("ReturnConsumedCapacity") == "TOTAL":
            content["ConsumedCapacity"] = [{"TableName": name, "CapacityUnits": float(units)}]
        sock.sendall(answer(json.dumps(content).encode()))
        return True

    @property
    def units(self) -> int:
        return sum(units for _, units in self.requests)


def item(number: int, size: int = 100) -> Item:
    return json.dumps({"id": {"S": str(number)}, "v": {"S": "v" * size}}), str(number), number


def put(client, items, pace: Pace | None, **options) -> Outcome:
    return write(client, "Users", items, key_names=["id"], on_reject=lambda *_: None, pace=pace, **options)


def test_without_a_limit_nothing_is_asked_about_consumption(serve, connect) -> None:
    table = MeteredTable()
    put(connect(serve(table)), map(item, range(30)), None)
    assert all(text.startswith('{"RequestItems":') for text in table.texts)
    assert "ConsumedCapacity" not in "".join(table.texts)


def test_it_takes_the_time_that_the_limit_says(serve, connect) -> None:
    table = MeteredTable()
    begun = time.monotonic()
    outcome = put(connect(serve(table)), map(item, range(200)), Pace(200))
    assert (outcome.written, table.units) == (200, 200)
    assert 0.95 <= time.monotonic() - begun < 1.6


def test_what_counts_is_what_the_table_says(serve, connect) -> None:
    table = MeteredTable(factor=4)  # as with three indexes
    begun = time.monotonic()
    put(connect(serve(table)), map(item, range(50)), Pace(200))
    assert table.units == 200
    assert 0.95 <= time.monotonic() - begun < 1.6


def test_no_span_of_time_takes_more_than_its_share_and_what_is_saved_up_and_one_request(serve, connect) -> None:
    table = MeteredTable()

    def slow_then_many() -> Iterator[Item]:
        yield from map(item, range(50))
        time.sleep(0.3)
        yield from map(item, range(50, 300))

    put(connect(serve(table)), slow_then_many(), Pace(400))
    for first, (begin, _) in enumerate(table.requests):
        for last in range(first, len(table.requests)):
            span = table.requests[first : last + 1]
            assert sum(units for _, units in span) <= 400 * (span[-1][0] - begin + 1) + 25


@pytest.mark.parametrize(("share", "most"), [(1.5, 1), (7.9, 7), (1000, 25)])
def test_a_request_is_no_larger_than_a_second_of_the_limit(serve, connect, share: float, most: int) -> None:
    table = MeteredTable()
    # The time for waiting is over from the start: only the sizes of requests are looked at.
    put(connect(serve(table)), map(item, range(60)), Pace(share, until=0))
    assert max(units for _, units in table.requests) == most


def test_large_items_do_not_share_a_request_that_is_larger_than_a_second_of_the_limit(serve, connect) -> None:
    table = MeteredTable()
    put(connect(serve(table)), [item(number, 4 << 10) for number in range(10)], Pace(10, until=0))
    assert max(units for _, units in table.requests) == 8


def test_what_was_not_processed_is_paid_when_it_is(serve, connect) -> None:
    table = MeteredTable(throttled=20)
    begun = time.monotonic()
    outcome = put(connect(serve(table)), map(item, range(100)), Pace(100))
    assert (outcome.written, outcome.unwritten, table.units) == (100, [], 100)
    assert time.monotonic() - begun >= 0.95


def test_waiting_ends_with_its_time_and_what_was_pulled_is_written(serve, connect) -> None:
    table = MeteredTable()
    begun = time.monotonic()
    outcome = put(connect(serve(table)), map(item, range(60)), Pace(1, until=begun + 0.3), deadline=begun + 5)
    assert (outcome.written, outcome.unwritten, outcome.error) == (60, [], None)
    assert time.monotonic() - begun < 2


def test_whoever_gives_items_is_asked_when_the_wait_is_over(serve, connect) -> None:
    """So that it may say that there is no time for more."""
    table, until = MeteredTable(), time.monotonic() + 0.4

    def while_there_is_time() -> Iterator[Item]:
        number = 0
        while time.monotonic() < until:
            yield item(number, 300 << 10)
            number += 1

    outcome = put(connect(serve(table)), while_there_is_time(), Pace(10, until=until))
    assert (outcome.written, table.units) == (1, 300)
