"""Reads tables within a budget: many segments of many tables at once, the pages parsed as plain JSON.

No page is asked for once the budget is passed, so at most one page a segment is read beyond it. Memory holds a page for
each request in flight, and the newest items of each segment.
"""

import gc
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from handlers.reporter.newest import Attributes, Newest, merged
from handlers.reporter.plan import Description, Reading
from handlers.reporter.report import VANISHED, TableRead
from handlers.reporter.tables import IN_FLIGHT, Client, failed_status
from handlers.shared.aws import dynamodb
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request

_GRACE = 5.0  # seconds that a page asked for in time has to arrive in


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
    newest: list[Newest]
    count: int = 0
    spent: float = 0.0
    cut_off: bool = False
    error: AwsError | None = None

    def over(self) -> bool:
        return self.reading.units is not None and self.spent >= self.reading.units


@dataclass(frozen=True)
class _Segment:
    progress: _Progress
    number: int
    start: dict[str, Any] = field(default_factory=dict)


def read(
    client: Client, readings: Sequence[Reading], wanted: Wanted, spending: Spending
) -> Iterator[tuple[TableRead, AwsError | None]]:
    """Reads tables as planned.

    Yields:
        what was found in each table, in the order of the plan, and the error that ended its reading, if one did.
    """
    tables = [_begin(reading, wanted) for reading in readings]
    waiting = deque(_Segment(table, number) for table in tables for number in range(table.reading.segments))
    with _no_collector():
        _read_pages(client, waiting, wanted, spending)
    for table in tables:
        yield _result(table, wanted), table.error


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


def _begin(reading: Reading, wanted: Wanted) -> _Progress:
    attributes = Attributes(wanted.name_attribute, wanted.date_attribute, reading.table.key)
    newest = [Newest(wanted.items, attributes) for _ in range(reading.segments)]
    return _Progress(reading, newest, cut_off=reading.segments == 0)


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


def _read_pages(client: Client, waiting: deque[_Segment], wanted: Wanted, spending: Spending) -> None:
    while waiting:
        # The client takes the next request when a place is free, after the outcome before it has queued its successor.
        requests = _requests(waiting, wanted, spending)
        for request, outcome in client.map(
            requests, in_flight=min(IN_FLIGHT, len(waiting)), deadline=spending.deadline + _GRACE
        ):
            segment: _Segment = request.tag
            if isinstance(outcome, AwsError):
                segment.progress.error = outcome
                continue
            following = _take(segment, outcome.json(), spending)
            if following:
                waiting.appendleft(following)


def _requests(waiting: deque[_Segment], wanted: Wanted, spending: Spending) -> Iterator[Request]:
    while waiting:
        segment = waiting.popleft()
        if segment.progress.error:
            continue
        if spending.over() or segment.progress.over():
            segment.progress.cut_off = True
            continue
        yield dynamodb.request("Scan", _scan(segment, wanted), tag=segment)


def _scan(segment: _Segment, wanted: Wanted) -> dict[str, Any]:
    reading = segment.progress.reading
    payload: dict[str, Any] = {"TableName": reading.table.name, "ReturnConsumedCapacity": "TOTAL"}
    if reading.segments > 1:
        payload |= {"Segment": segment.number, "TotalSegments": reading.segments}
    if segment.start:
        payload["ExclusiveStartKey"] = segment.start
    if not wanted.items:
        return payload | {"Select": "COUNT"}
    shown = dict.fromkeys((*reading.table.key, wanted.name_attribute, wanted.date_attribute))
    aliases = {f"#{position}": name for position, name in enumerate(shown)}
    return payload | {"ProjectionExpression": ",".join(aliases), "ExpressionAttributeNames": aliases}


def _take(segment: _Segment, page: dict[str, Any], spending: Spending) -> _Segment | None:
    progress = segment.progress
    units = consumed_units(page)
    spending.spent += units
    progress.spent += units
    progress.count += page["Count"]
    if "Items" in page:
        progress.newest[segment.number].offer(page["Items"])
    last = page.get("LastEvaluatedKey")
    return _Segment(progress, segment.number, last) if last else None


def _result(progress: _Progress, wanted: Wanted) -> TableRead:
    table = progress.reading.table
    status = failed_status(progress.error) if progress.error else None
    if status == VANISHED:
        return TableRead(name=table.name, count=0, status=status)
    approximate = progress.cut_off or status is not None
    return TableRead(
        name=table.name,
        count=max(progress.count, table.items) if approximate else progress.count,
        approximate=approximate,
        items=merged(progress.newest, wanted.items),
        status=status,
    )
