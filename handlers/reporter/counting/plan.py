"""How a run spends its budget of read units, decided before the first table is read.

A scan is billed for what it reads, whatever it returns: half a unit for each 4 KB, eventually consistent, so 128 units
for a page of 1 MB. DescribeTable's sizes can be six hours old: the plan is an estimate, the reading keeps the budget.

A provisioned table has other readers, who pay for its units and are refused when they are spent: a report uses one
segment and a tenth of them, for twenty seconds. A table that this would not read to its end is not read at all.
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
_UNITS_PER_ITEM = 0.5  # where nothing is known of a table's items


class Description(NamedTuple):
    """What DescribeTable says of a table; bytes and items are up to six hours old."""

    name: str
    status: str
    size_bytes: int = 0
    items: int = 0
    key: tuple[str, ...] = ()
    provisioned: float = 0.0
    """Read units that it has a second; 0: it is paid for by what is read."""


class Reading:
    """The reading of one table: how far it may go, and how far it has come.

    Attributes:
        table: the table.
        segments: how many parallel scans share it; 0: it is not read, its count is DescribeTable's.
        units: where its reading stops; None: it is to be read to its end.
        rate: units a second that its reading keeps to; None: as fast as it comes.
        count: the items that were met.
        spent: the read units that they cost.
        newest: those that are listed; set when the reading begins.
        is_cut_off: whether it stopped before the table's end.
        error: what ended it, if something did.
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
        """Tells whether no further page may be asked for."""
        return self.units is not None and self.spent >= self.units

    def rest(self, units: float) -> float:
        """Gives the seconds until the next page, after one that cost so many units."""
        return units / self.rate if self.rate and not self.over() else 0.0

    def units_per_item(self) -> float:
        """Gives what an item costs to read: of those read so far, or as DescribeTable has it."""
        table = self.table
        if self.count:
            return self.spent / self.count
        return units_of(table.size_bytes) / table.items if table.items and table.size_bytes else _UNITS_PER_ITEM


def units_of(size: float) -> float:
    """Gives the read units that a scan of so many bytes costs."""
    return size / _BYTES_PER_UNIT


def plan(tables: Sequence[Description], budget: float) -> list[Reading]:
    """Shares a budget of read units among tables.

    The smallest tables are read fully, as many as fit: that makes most counts exact. The others share what is left,
    for a sample of each.

    Returns:
        one reading a table, in the order in which they are to be read.
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
