"""Reads tables within a budget: many segments of many tables at once, with pages parsed as plain JSON.

No page is requested after the budget is spent, so at most one page per segment exceeds it. Memory holds a page for each
request in flight, and the newest items of each table, in a bounded room shared by all. A table with a rate is read in
pages of a second's units, and rests after each for as long as its units take at that rate, while others are read. A
throttled table is given up at once: its own readers come first.
"""

import gc
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from handlers.reporter.counting.newest import Item, Listing, Newest, Room
from handlers.reporter.counting.plan import Description, Reading
from handlers.reporter.counting.tables import IN_FLIGHT, failed_status
from handlers.reporter.report import VANISHED, Table
from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request

_GRACE = 5.0  # seconds for a page that was requested in time to arrive
_THROTTLED = "ProvisionedThroughputExceededException"


class Spending:
    """The read units of a run; reading stops when they are spent or the deadline (of `time.monotonic`) has passed."""

    def __init__(self, units: float, deadline: float) -> None:
        self.units = units
        self.deadline = deadline
        self.spent = 0.0

    def over(self) -> bool:
        """Tells whether nothing more may be requested."""
        return self.spent >= self.units or time.monotonic() >= self.deadline


class _Segment(NamedTuple):
    reading: Reading
    number: int
    start: dict[str, Any] | None = None


class _Scans:
    """The scans to come, of segments that are ready or whose table rests.

    The iterator ends when no segment is ready, and continues when one is: the client asks it again after each outcome,
    which has queued its successor by then. With a generator, which ends only once, the successors would have to wait
    for all scans in flight.
    """

    def __init__(self, segments: Iterable[_Segment], listing: Listing, spending: Spending) -> None:
        self._listing = listing
        self._spending = spending
        self._ready = deque(segments)
        self._resting: list[tuple[float, int, _Segment]] = []
        self._numbers = count()

    def __iter__(self) -> Iterator[Request]:
        return self

    def __next__(self) -> Request:
        while segment := self._next():
            reading = segment.reading
            if reading.error:
                continue
            if not (self._spending.over() or reading.over()):
                return _scan(segment, self._listing)
            reading.is_cut_off = True
        raise StopIteration

    def add(self, segment: _Segment, rest: float) -> None:
        """Takes back a segment that has another page, as the next one, or after a rest of so many seconds."""
        if rest:
            heappush(self._resting, (time.monotonic() + rest, next(self._numbers), segment))
        else:
            self._ready.appendleft(segment)

    def wait(self) -> bool:
        """Waits until a segment is ready, or nothing more may be requested; tells whether a segment is left."""
        if not self._ready and self._resting and not self._spending.over():
            time.sleep(max(0.0, min(self._resting[0][0], self._spending.deadline) - time.monotonic()))
        return bool(self._ready or self._resting)

    def _next(self) -> _Segment | None:
        if self._resting and (self._resting[0][0] <= time.monotonic() or self._spending.over()):
            return heappop(self._resting)[2]
        return self._ready.popleft() if self._ready else None


def read(
    client: AwsClient, readings: Sequence[Reading], listing: Listing, spending: Spending
) -> Iterator[tuple[Table[Item], AwsError | None]]:
    """Reads tables as planned.

    Yields:
        each table, in the order of the plan, and the error that ended its reading, if any.
    """
    room = Room()
    for reading in readings:
        reading.newest = Newest(listing, reading.table.key, room)
    segments = [_Segment(reading, number) for reading in readings for number in range(reading.segments)]
    with _no_collector():
        _read_pages(client, _Scans(segments, listing, spending), spending)
    for reading in readings:
        yield _result(reading), reading.error


def unread(description: Description) -> Table[Item]:
    """Reports a table whose status does not allow reading it: one being created or deleted counts as empty."""
    gone = description.status in ("CREATING", "DELETING")
    return Table(
        name=description.name,
        total=0 if gone else description.items,
        approximate=not gone,
        status=description.status,
    )


def failed(table: str, error: AwsError) -> Table[Item]:
    """Reports a table that could not be described."""
    status = failed_status(error)
    return Table(name=table, total=0, approximate=status != VANISHED, status=status)


def consumed_units(page: dict[str, Any]) -> float:
    """Returns the read units that a page of a scan cost."""
    return page["ConsumedCapacity"]["CapacityUnits"]


@contextmanager
def _no_collector() -> Iterator[None]:
    """Switches the garbage collector off: pages are trees, and searching them for cycles takes a tenth of the time."""
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
                _refused(segment.reading, outcome)
                continue
            page = outcome.json()
            following = _take(segment, page, spending)
            if following:
                scans.add(following, segment.reading.rest(consumed_units(page)))


def _refused(reading: Reading, error: AwsError) -> None:
    if error.code == _THROTTLED:  # its own readers come first
        reading.is_cut_off = True
    else:
        reading.error = error


def _scan(segment: _Segment, listing: Listing) -> Request:
    reading = segment.reading
    payload: dict[str, Any] = {"TableName": reading.table.name, "ReturnConsumedCapacity": "TOTAL"}
    if reading.segments > 1:
        payload |= {"Segment": segment.number, "TotalSegments": reading.segments}
    if segment.start:
        payload["ExclusiveStartKey"] = segment.start
    if reading.rate:
        payload["Limit"] = max(1, int(reading.rate / reading.units_per_item()))
    payload |= _projection(reading.table, listing)
    # A retry would take units that the table's readers lack, and the other tables' connections and time.
    return dynamodb.request("Scan", payload, final=(_THROTTLED,) if reading.rate else (), tag=segment)


def _projection(table: Description, listing: Listing) -> dict[str, Any]:
    if not listing.items:
        return {"Select": "COUNT"}
    attributes = dict.fromkeys((*table.key, listing.name_attribute, listing.date_attribute))
    aliases = {f"#{position}": name for position, name in enumerate(attributes)}
    return {"ProjectionExpression": ",".join(aliases), "ExpressionAttributeNames": aliases}


def _take(segment: _Segment, page: dict[str, Any], spending: Spending) -> _Segment | None:
    reading = segment.reading
    units = consumed_units(page)
    spending.spent += units
    reading.spent += units
    reading.count += page["Count"]
    if "Items" in page:
        reading.newest.offer(page["Items"])
    last = page.get("LastEvaluatedKey")
    return segment._replace(start=last) if last else None


def _result(reading: Reading) -> Table[Item]:
    table = reading.table
    status = failed_status(reading.error) if reading.error else None
    if status == VANISHED:
        return Table(name=table.name, total=0, status=status)
    approximate = reading.is_cut_off or status is not None
    return Table(
        name=table.name,
        total=max(reading.count, table.items) if approximate else reading.count,
        approximate=approximate,
        items=reading.newest.chosen(),
        status=status,
    )
