"""Reads tables within a budget: many segments of many tables at once, the pages parsed as plain JSON.

No page is asked for once the budget is passed, so at most one page a segment is read beyond it. Memory holds a page for
each request in flight, and the newest items of each table, for which all tables share a bounded room. A table that is
to be read at a rate gets pages of a second's units, and rests after each for as long as its units take at that rate;
meanwhile the others are read. One that has no units left for a page is given up at once: its own readers come first.
"""

import gc
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Any

from handlers.reporter.counting.newest import Attributes, Newest, Room
from handlers.reporter.counting.plan import Description, Reading, units_of
from handlers.reporter.counting.tables import IN_FLIGHT, failed_status
from handlers.reporter.report import VANISHED, TableRead
from handlers.shared.aws import dynamodb
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.protocol import AwsClient
from handlers.shared.aws.request import Request

_GRACE = 5.0  # seconds that a page asked for in time has to arrive in
_THROTTLED = "ProvisionedThroughputExceededException"
_UNITS_PER_ITEM = 0.5  # where nothing is known of a table's items


@dataclass(frozen=True)
class Wanted:
    """What of each table a report shows; with `items` 0 the tables are only counted."""

    name_attribute: str
    date_attribute: str
    items: int


@dataclass
class Spending:
    """The read units of a run; reading stops when they are spent or the deadline (of `time.monotonic`) is passed."""

    units: float
    deadline: float
    spent: float = 0.0

    def over(self) -> bool:
        """Tells whether nothing more may be asked for."""
        return self.spent >= self.units or time.monotonic() >= self.deadline


@dataclass
class _Progress:
    reading: Reading
    newest: Newest
    count: int = 0
    spent: float = 0.0
    cut_off: bool = False
    error: AwsError | None = None

    def over(self) -> bool:
        return self.reading.units is not None and self.spent >= self.reading.units

    def rest(self, units: float) -> float:
        """Seconds until the next page, after one that cost so many units."""
        return units / self.reading.rate if self.reading.rate and not self.over() else 0.0

    def units_per_item(self) -> float:
        """What an item costs to read: of those read so far, or as DescribeTable has it."""
        table = self.reading.table
        if self.count:
            return self.spent / self.count
        return units_of(table.size_bytes) / table.items if table.items and table.size_bytes else _UNITS_PER_ITEM


@dataclass(frozen=True)
class _Segment:
    progress: _Progress
    number: int
    start: dict[str, Any] = field(default_factory=dict)


class _Scans:
    """The scans to come, of segments that are ready or whose table rests.

    It ends when no segment is ready, and goes on when one is: a client asks it again after each outcome, which has
    queued its successor by then. A generator that ended once would leave the successors to wait for all in flight.
    """

    def __init__(self, segments: Iterable[_Segment], wanted: Wanted, spending: Spending) -> None:
        self._wanted = wanted
        self._spending = spending
        self._ready = deque(segments)
        self._resting: list[tuple[float, int, _Segment]] = []
        self._numbers = count()

    def __iter__(self) -> Iterator[Request]:
        return self

    def __next__(self) -> Request:
        while segment := self._next():
            progress = segment.progress
            if progress.error:
                continue
            if not (self._spending.over() or progress.over()):
                return _scan(segment, self._wanted)
            progress.cut_off = True
        raise StopIteration

    def add(self, segment: _Segment, rest: float) -> None:
        """Takes back a segment that has a further page, first in turn, or after a rest of so many seconds."""
        if rest:
            heappush(self._resting, (time.monotonic() + rest, next(self._numbers), segment))
        else:
            self._ready.appendleft(segment)

    def wait(self) -> bool:
        """Waits until a segment is ready, or nothing may be asked for any more; tells whether a segment is left."""
        if not self._ready and self._resting and not self._spending.over():
            time.sleep(max(0.0, min(self._resting[0][0], self._spending.deadline) - time.monotonic()))
        return bool(self._ready or self._resting)

    def _next(self) -> _Segment | None:
        if self._resting and (self._resting[0][0] <= time.monotonic() or self._spending.over()):
            return heappop(self._resting)[2]
        return self._ready.popleft() if self._ready else None


def read(
    client: AwsClient, readings: Sequence[Reading], wanted: Wanted, spending: Spending
) -> Iterator[tuple[TableRead, AwsError | None]]:
    """Reads tables as planned.

    Yields:
        what was found in each table, in the order of the plan, and the error that ended its reading, if one did.
    """
    room = Room()
    tables = [_begin(reading, wanted, room) for reading in readings]
    segments = [_Segment(table, number) for table in tables for number in range(table.reading.segments)]
    with _no_collector():
        _read_pages(client, _Scans(segments, wanted, spending), spending)
    for table in tables:
        yield _result(table), table.error


def unread(description: Description) -> TableRead:
    """Reports a table whose status does not allow reading it: one being made or deleted counts for nothing."""
    gone = description.status in ("CREATING", "DELETING")
    return TableRead(
        name=description.name,
        count=0 if gone else description.items,
        approximate=not gone,
        status=description.status,
    )


def failed(table: str, error: AwsError) -> TableRead:
    """Reports a table that could not even be described."""
    status = failed_status(error)
    return TableRead(name=table, count=0, approximate=status != VANISHED, status=status)


def consumed_units(page: dict[str, Any]) -> float:
    """Gives the read units that DynamoDB says a page of a scan has cost."""
    return page["ConsumedCapacity"]["CapacityUnits"]


def _begin(reading: Reading, wanted: Wanted, room: Room) -> _Progress:
    attributes = Attributes(wanted.name_attribute, wanted.date_attribute, reading.table.key)
    return _Progress(reading, Newest(wanted.items, attributes, room), cut_off=reading.segments == 0)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Switches the garbage collector off: pages are trees, to look for cycles in them is a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_pages(client: AwsClient, scans: _Scans, spending: Spending) -> None:
    while scans.wait():
        for request, outcome in client.map(scans, in_flight=IN_FLIGHT, deadline=spending.deadline + _GRACE):
            segment: _Segment = request.tag
            if isinstance(outcome, AwsError):
                _refused(segment.progress, outcome)
                continue
            page = outcome.json()
            following = _take(segment, page, spending)
            if following:
                scans.add(following, segment.progress.rest(consumed_units(page)))


def _refused(progress: _Progress, error: AwsError) -> None:
    if error.code == _THROTTLED:  # its own readers need all its units: they come first
        progress.cut_off = True
    else:
        progress.error = error


def _scan(segment: _Segment, wanted: Wanted) -> Request:
    reading = segment.progress.reading
    payload: dict[str, Any] = {"TableName": reading.table.name, "ReturnConsumedCapacity": "TOTAL"}
    if reading.segments > 1:
        payload |= {"Segment": segment.number, "TotalSegments": reading.segments}
    if segment.start:
        payload["ExclusiveStartKey"] = segment.start
    if reading.rate:
        payload["Limit"] = max(1, int(reading.rate / segment.progress.units_per_item()))
    payload |= _shown(reading.table, wanted)
    # Tried again, it would take what the table's readers lack, and the places and the time of the other tables.
    return dynamodb.request("Scan", payload, final=(_THROTTLED,) if reading.rate else (), tag=segment)


def _shown(table: Description, wanted: Wanted) -> dict[str, Any]:
    if not wanted.items:
        return {"Select": "COUNT"}
    shown = dict.fromkeys((*table.key, wanted.name_attribute, wanted.date_attribute))
    aliases = {f"#{position}": name for position, name in enumerate(shown)}
    return {"ProjectionExpression": ",".join(aliases), "ExpressionAttributeNames": aliases}


def _take(segment: _Segment, page: dict[str, Any], spending: Spending) -> _Segment | None:
    progress = segment.progress
    units = consumed_units(page)
    spending.spent += units
    progress.spent += units
    progress.count += page["Count"]
    if "Items" in page:
        progress.newest.offer(page["Items"])
    last = page.get("LastEvaluatedKey")
    return _Segment(progress, segment.number, last) if last else None


def _result(progress: _Progress) -> TableRead:
    table = progress.reading.table
    status = failed_status(progress.error) if progress.error else None
    if status == VANISHED:
        return TableRead(name=table.name, count=0, status=status)
    approximate = progress.cut_off or status is not None
    return TableRead(
        name=table.name,
        count=max(progress.count, table.items) if approximate else progress.count,
        approximate=approximate,
        items=progress.newest.chosen(),
        status=status,
    )
