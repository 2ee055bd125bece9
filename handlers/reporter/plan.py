"""How a run spends its budget of read units, decided before the first table is read.

A scan is billed for what it reads, whatever it returns: half a unit for each 4 KB, eventually consistent, so 128 units
for a page of 1 MB. DescribeTable's sizes can be six hours old: the plan is an estimate, the reading keeps the budget.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

UNITS_PER_PAGE = 128.0
_BYTES_PER_UNIT = 8192
_SMALLEST_SCAN = 0.5
_PAGES_PER_SEGMENT = 4
_MOST_SEGMENTS = 8


@dataclass(frozen=True)
class Description:
    """What DescribeTable says of a table; bytes and items are up to six hours old."""

    name: str
    status: str
    size_bytes: int = 0
    items: int = 0
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How a table is to be read.

    Attributes:
        table: the table.
        segments: how many parallel scans share it; 0: it is not read, its count is DescribeTable's.
        units: where its reading stops; None: it is to be read to its end.
    """

    table: Description
    segments: int
    units: float | None


def plan(tables: Sequence[Description], budget: float) -> list[Reading]:
    """Shares a budget of read units among tables.

    The smallest tables are read fully, as many as fit: that makes most counts exact. The others share what is left,
    for a sample of each.

    Returns:
        one reading a table, in the order in which they are to be read.
    """
    ascending = sorted(tables, key=lambda table: (table.size_bytes, table.name))
    readings: list[Reading] = []
    left = budget
    for position, table in enumerate(ascending):
        estimate = max(table.size_bytes / _BYTES_PER_UNIT, _SMALLEST_SCAN)
        if estimate > left:
            return readings + _samples(ascending[position:], left)
        readings.append(Reading(table, _segments(estimate), None))
        left -= estimate
    return readings


def _samples(tables: Sequence[Description], units: float) -> list[Reading]:
    share = units / len(tables)
    if share < _SMALLEST_SCAN:
        return [Reading(table, 0, 0.0) for table in tables]
    return [Reading(table, _segments(share), share) for table in tables]


def _segments(units: float) -> int:
    return min(max(int(units / UNITS_PER_PAGE / _PAGES_PER_SEGMENT), 1), _MOST_SEGMENTS)
