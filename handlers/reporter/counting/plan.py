"""Plans how a run spends its budget of read units, before the first table is read.

A scan is billed for what it reads, not for what it returns: half a unit per 4 KB, eventually consistent, so 128 units
for a page of 1 MB. DescribeTable's sizes can be six hours old: the plan is an estimate, and reading keeps the budget.

A provisioned table has other readers, who pay for its units and are throttled when those are spent: a report uses one
segment and a tenth of the units, for twenty seconds. A table that this would not read to its end is not read at all.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections.abc import Sequence
from typing import NamedTuple

from handlers.reporter.counting.newest import Newest
from handlers.shared.aws.errors import AwsError

UNITS_PER_PAGE = 128.0
_BYTES_PER_UNIT = 8192
_SMALLEST_SCAN = 0.5
_PAGES_PER_SEGMENT = 4
_MOST_SEGMENTS = 8
_SHARE = 0.1
_SECONDS = 20.0
_UNITS_PER_ITEM = 0.5  # if nothing is known about a table's items


class Description(NamedTuple):
    """DescribeTable's description of a table; bytes and items are up to six hours old."""

    name: str
    status: str
    size_bytes: int = 0
    items: int = 0
    key: tuple[str, ...] = ()
    provisioned: float = 0.0
    """Read units per second; 0: billed on demand."""


class Reading:
    """The reading of one table: how far it may go, and how far it is.

    Attributes:
        table: the table.
        segments: the number of parallel scans; 0: it is not read, its count is DescribeTable's.
        units: where reading stops; None: at the table's end.
        rate: the most units per second; None: no limit.
        count: the number of items read.
        spent: the read units that they cost.
        newest: the items to list; set when the reading begins.
        is_cut_off: whether it stopped before the table's end.
        error: what ended it, if anything.
    """

    newest: Newest

    def __init__(self, table: Description, segments: int, units: float | None, rate: float | None = None) -> None:
        self.table = table
        self.segments = segments
        self.units = units
        self.rate = rate
        self.count = 0
        self.spent = 0.0
        self.is_cut_off = segments == 0
        self.error: AwsError | None = None

    def over(self) -> bool:
        """Tells whether no more pages may be requested."""
        return self.units is not None and self.spent >= self.units

    def rest(self, units: float) -> float:
        """Returns the seconds until the next page, after one that cost so many units."""
        return units / self.rate if self.rate and not self.over() else 0.0

    def units_per_item(self) -> float:
        """Returns the cost of reading an item: by the items read so far, or by DescribeTable's sizes."""
        table = self.table
        if self.count:
            return self.spent / self.count
        return units_of(table.size_bytes) / table.items if table.items and table.size_bytes else _UNITS_PER_ITEM


def units_of(size: float) -> float:
    """Returns the read units that a scan of so many bytes costs."""
    return size / _BYTES_PER_UNIT


def plan(tables: Sequence[Description], budget: float) -> list[Reading]:
    """Divides a budget of read units among tables.

    The smallest tables are read completely, as many as fit, which makes most counts exact. The others share the rest,
    for a sample of each.

    Returns:
        one reading per table, in the order of reading.
    """
    readings: list[Reading] = []
    others: list[Description] = []
    left = budget
    for table in sorted(tables, key=lambda table: (table.size_bytes, table.name)):
        estimate = max(units_of(table.size_bytes), _SMALLEST_SCAN)
        if table.provisioned and estimate > table.provisioned * _SHARE * _SECONDS:
            readings.append(Reading(table, 0, 0.0))
        elif others or estimate > left:
            others.append(table)
        else:
            readings.append(_reading(table, estimate, None))
            left -= estimate
    return readings + _samples(others, left)


def _samples(tables: Sequence[Description], units: float) -> list[Reading]:
    share = units / len(tables) if tables else 0.0
    if share < _SMALLEST_SCAN:
        return [Reading(table, 0, 0.0) for table in tables]
    return [_reading(table, share, share) for table in tables]


def _reading(table: Description, estimate: float, units: float | None) -> Reading:
    if not table.provisioned:
        return Reading(table, _segments(estimate), units)
    rate = table.provisioned * _SHARE
    return Reading(table, 1, rate * _SECONDS if units is None else min(units, rate * _SECONDS), rate)


def _segments(units: float) -> int:
    return min(max(int(units / UNITS_PER_PAGE / _PAGES_PER_SEGMENT), 1), _MOST_SEGMENTS)
