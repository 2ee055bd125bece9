"""A provisioned table is read at a tenth of its units at most, in one segment, or not at all."""

import json
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest

from handlers.reporter.counting import reading as module
from handlers.reporter.counting.newest import Listing
from handlers.reporter.counting.plan import Description, Reading, plan
from handlers.reporter.counting.reading import Spending, read
from handlers.reporter.counting.survey import survey
from handlers.reporter.report import Table
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request, Response
from handlers.shared.deadlines import Deadlines
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import RA, answer

LISTING = Listing("name", "date", 3)
KB = 1024


class Time:
    """A clock that goes on when somebody sleeps, and a little with each request."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


PAGE, PAUSE = 0.01, 2.5
"""Seconds until an answer, and until another attempt."""
THROTTLED = AwsError("Fake", "Scan", "ProvisionedThroughputExceededException", "busy", status=400, transient=True)


class Scans:
    """Tables of items of some bytes, behind the loop of `Client.map`; says when what was spent.

    Keeps as many in flight as it may and no more, and tries again what may pass, until the deadline.
    """

    def __init__(self, time: Time, tables: dict[str, tuple[int, int]]) -> None:
        self._time = time
        self._tables = tables
        self.spent: dict[str, list[tuple[float, float]]] = {name: [] for name in tables}
        self.asked: list[dict[str, Any]] = []
        self.failure: dict[str, AwsError] = {}

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        assert deadline is not None
        source, flying, numbers = iter(requests), list[tuple[float, int, Request]](), count()
        while True:
            while len(flying) < in_flight and (request := next(source, None)) is not None:
                heappush(flying, (self._time.now + PAGE, next(numbers), request))
                self.asked.append(json.loads(request.body))
            if not flying:
                return
            at, _, request = heappop(flying)
            self._time.now = max(self._time.now, at)
            outcome = self._scan(json.loads(request.body))
            again = isinstance(outcome, AwsError) and outcome.transient and outcome.code not in request.final
            if again and self._time.now + PAUSE < deadline:
                heappush(flying, (self._time.now + PAUSE, next(numbers), request))
            else:
                yield request, outcome

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        raise NotImplementedError

    def _scan(self, payload: dict[str, Any]) -> Response | AwsError:
        name = payload["TableName"]
        if name in self.failure:
            return self.failure[name]
        items, size = self._tables[name]
        first, items = _part(items, payload.get("Segment", 0), payload.get("TotalSegments", 1))
        start = int(payload.get("ExclusiveStartKey", {"id": {"N": str(first)}})["id"]["N"])
        taken = min(payload.get("Limit", items), (1024 * KB) // size or 1, items - start)
        units = max(0.5, -(-taken * size // (4 * KB)) / 2)
        self.spent[name].append((self._time.now, units))
        body: dict[str, Any] = {
            "Count": taken,
            "Items": [{"id": {"N": str(start + at)}} for at in range(taken)],
            "ConsumedCapacity": {"CapacityUnits": units},
        }
        if start + taken < items:
            body["LastEvaluatedKey"] = {"id": {"N": str(start + taken)}}
        return answer(body)


def _part(items: int, segment: int, segments: int) -> tuple[int, int]:
    """Gives where a segment begins and ends: the second is twice as long as the first, the third three times..."""
    whole = segments * (segments + 1) // 2
    return items * (segment * (segment + 1) // 2) // whole, items * ((segment + 1) * (segment + 2) // 2) // whole


def described(name: str, items: int, size: int, provisioned: float) -> Description:
    return Description(name, "ACTIVE", items * size, items, ("id",), provisioned)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(module, "time", clock)
    return clock


def results(client: Scans, time: Time, *readings: Reading, seconds: float = 100) -> dict[str, Table]:
    spending = Spending(10**6, time.now + seconds)
    return {table.name: table for table, _ in read(client, readings, LISTING, spending)}


def test_a_provisioned_table_is_read_in_one_segment_for_a_tenth_of_its_units() -> None:
    [reading] = plan([described("a", 1000, KB, provisioned=100)], 10**6)
    assert (reading.segments, reading.units, reading.rate) == (1, 200.0, 10.0)


def test_a_provisioned_table_that_takes_longer_than_twenty_seconds_is_not_read() -> None:
    [reading, other] = plan([described("a", 2000, KB, 100), described("b", 2000, KB, 0)], 10**6)
    assert (reading.table.name, reading.segments) == ("a", 0)
    assert (other.table.name, other.segments, other.rate) == ("b", 1, None)


def test_a_sample_of_a_provisioned_table_keeps_to_its_rate_too() -> None:
    [reading] = plan([described("a", 1000, KB, provisioned=100)], 50)
    assert (reading.segments, reading.units, reading.rate) == (1, 50, 10.0)


@pytest.mark.parametrize(
    ("provisioned", "items", "size"), [(100, 1000, KB), (5, 70, KB), (1, 10, 100), (50, 3, 250 * KB)]
)
def test_at_no_time_more_than_a_tenth_of_the_units_is_spent(
    time: Time, provisioned: float, items: int, size: int
) -> None:
    client = Scans(time, {"a": (items, size)})
    start = time.now
    found = results(client, time, *plan([described("a", items, size, provisioned)], 10**6))["a"]
    assert (found.total, found.approximate) == (items, False)
    before = 0.0
    for at, units in client.spent["a"]:
        assert before <= provisioned * 0.1 * (at - start) + 1e-9
        before += units
    largest = max(units for _, units in client.spent["a"])
    assert largest <= max(provisioned * 0.1 + 0.5, size / 4096)
    assert all("TotalSegments" not in asked for asked in client.asked)


def test_the_others_are_read_while_a_provisioned_table_rests(time: Time) -> None:
    client = Scans(time, {"slow": (100, KB), "fast": (3000, KB)})
    start = time.now
    found = results(client, time, *plan([described("slow", 100, KB, 10), described("fast", 3000, KB, 0)], 10**6))
    assert [found[name].total for name in ("slow", "fast")] == [100, 3000]
    assert client.asked[1]["TableName"] == "fast"
    assert 9 < time.now - start < 20


def test_a_table_that_has_grown_since_it_was_described_is_cut_off(time: Time) -> None:
    client = Scans(time, {"a": (3000, KB)})
    start = time.now
    [reading] = plan([described("a", 10, KB, provisioned=100)], 10**6)
    found = results(client, time, reading)["a"]
    assert found.approximate
    assert found.total < 2000
    assert sum(units for _, units in client.spent["a"]) <= 200 + 10.5
    assert time.now - start < 21


def test_a_rest_ends_with_the_time_for_reading(time: Time) -> None:
    client = Scans(time, {"a": (40, KB)})
    start = time.now
    found = results(client, time, *plan([described("a", 40, KB, 5)], 10**6), seconds=3)["a"]
    assert (found.total, found.approximate) == (40, True)
    assert time.now - start <= 3


def test_a_table_that_has_no_units_left_keeps_dynamodbs_count_and_fails_nothing(time: Time) -> None:
    client = Scans(time, {"a": (40, KB)})
    client.failure["a"] = THROTTLED
    start = time.now
    readings = plan([described("a", 40, KB, 100)], 10**6)
    [(table, cause)] = read(client, readings, LISTING, Spending(10**6, time.now + 100))
    assert (table.total, table.approximate, table.status, cause) == (40, True, None, None)
    assert (len(client.asked), time.now - start < 1) == (1, True)


@pytest.mark.parametrize("shown", [3, 0])
def test_a_throttled_table_takes_no_time_from_the_others(time: Time, shown: int) -> None:
    client = Scans(time, {"busy": (40, KB), "large": (210_000, KB)})
    client.failure["busy"] = THROTTLED
    start = time.now
    readings = plan([described("busy", 40, KB, 100), described("large", 210_000, KB, 0)], 10**6)
    assert [reading.segments for reading in readings] == [1, 8]
    spending = Spending(10**6, start + 30)
    found = {table.name: table for table, _ in read(client, readings, Listing("name", "date", shown), spending)}
    assert (found["large"].total, found["large"].approximate) == (210_000, False)
    assert (found["busy"].total, found["busy"].approximate) == (40, True)
    assert time.now - start < 5


def test_an_outage_of_one_table_leaves_the_successors_of_the_others_their_turn(time: Time) -> None:
    client = Scans(time, {"out": (40, KB), "large": (210_000, KB)})
    client.failure["out"] = AwsError("Fake", "Scan", "InternalServerError", "out", status=500, transient=True)
    readings = plan([described("out", 40, KB, 0), described("large", 210_000, KB, 0)], 10**6)
    found = results(client, time, *readings, seconds=30)
    assert (found["large"].total, found["large"].approximate) == (210_000, False)
    assert (found["out"].total, found["out"].status) == (40, "FAILED")


@pytest.mark.parametrize(
    ("billing", "limited"),
    [
        ({"BillingMode": "PAY_PER_REQUEST"}, False),
        ({"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}, True),
    ],
)
def test_the_billing_mode_that_dynamodb_tells_decides(
    aws: Aws, deadlines: Deadlines, billing: dict[str, Any], limited: bool
) -> None:
    aws.tables.create_table(
        TableName="RA_a",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        **billing,
    )
    scans: list[dict[str, Any]] = []
    aws.dynamodb.before = lambda operation, payload: scans.append(payload) if operation == "Scan" else None
    survey(aws.dynamodb, (RA,), LISTING, 1000, deadlines)
    assert [("Limit" in scan, "TotalSegments" in scan) for scan in scans] == [(limited, False)]
