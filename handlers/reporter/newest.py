"""The newest items of a table, chosen while its pages go by: so many are held at most, whatever the table's size.

Dates are what people wrote. What can be read as a point in time is ordered by time: ISO 8601, or a number of seconds,
milliseconds or finer since 1970. Other texts come after those, in the order of text; items without a date come last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappush, heapreplace

from handlers.shared.attributes import AttributeValue, json_text

LONGEST = 1000
"""A name or date longer than so many characters is cut, so that a few huge ones cannot fill the memory."""

Recency = tuple[int, float | str]

_NO_DATE: Recency = (0, "")
_TEXT, _INSTANT = 1, 2


@dataclass(frozen=True)
class Item:
    """One item of a report; the values are DynamoDB JSON, None where the item has no such attribute."""

    name: AttributeValue | None
    date: AttributeValue | None
    key: Mapping[str, AttributeValue]


@dataclass(frozen=True)
class Attributes:
    """Which attributes of a table's items a report shows."""

    name: str
    date: str
    key: tuple[str, ...]


class Newest:
    """A bounded heap of items, the oldest on top; of items equally old, those offered first are kept."""

    def __init__(self, limit: int, attributes: Attributes) -> None:
        self._limit = limit
        self._attributes = attributes
        self._heap: list[tuple[Recency, int, Item]] = []
        self._offered = 0

    def offer(self, items: Iterable[Mapping[str, AttributeValue]]) -> None:
        """Considers items as DynamoDB sent them."""
        heap, date_attribute = self._heap, self._attributes.date
        for item in items:
            recency = recency_of(item.get(date_attribute))
            if len(heap) < self._limit:
                heappush(heap, self._entry(recency, item))
            elif recency > heap[0][0]:
                heapreplace(heap, self._entry(recency, item))

    def _entry(self, recency: Recency, item: Mapping[str, AttributeValue]) -> tuple[Recency, int, Item]:
        self._offered += 1
        names = self._attributes
        key = {name: item[name] for name in names.key}
        return recency, -self._offered, Item(_cut(item.get(names.name)), _cut(item.get(names.date)), key)

    def entries(self) -> list[tuple[Recency, int, Item]]:
        """Gives what is held, in no order: recency, a number that falls with each offer, item."""
        return self._heap


def merged(parts: Sequence[Newest], limit: int) -> list[Item]:
    """Gives the newest items of several selections together, newest first."""
    entries = [
        (recency, -part, order, item) for part, newest in enumerate(parts) for recency, order, item in newest.entries()
    ]
    entries.sort(key=lambda entry: entry[:3], reverse=True)
    return [item for *_, item in entries[:limit]]


def recency_of(date: AttributeValue | None) -> Recency:
    """Ranks a date among all others: the greater, the newer."""
    if not date:
        return _NO_DATE
    text = date.get("S")
    if text is None:
        number = date.get("N")
        if number is not None:
            return _INSTANT, _seconds(float(number))
        return _NO_DATE if "NULL" in date else (_TEXT, json_text(date))
    try:
        time = datetime.fromisoformat(text)
        return _INSTANT, (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return _recency_of_text(text)


def _recency_of_text(text: str) -> Recency:
    if not text:
        return _NO_DATE
    if len(text) < 40 and text.replace(".", "", 1).isdecimal():
        return _INSTANT, _seconds(float(text))
    return _TEXT, text


def _seconds(number: float) -> float:
    """Reads a number as a time since 1970, its unit by its size: seconds reach 1e11 in the year 5138."""
    for unit in (1.0, 1e3, 1e6):
        if abs(number) < 1e11 * unit:
            return number / unit
    return number / 1e9


def _cut(value: AttributeValue | None) -> AttributeValue | None:
    if value is None or "N" in value:
        return value
    text = value.get("S")
    if text is None:
        text = json_text(value)
    return value if len(text) <= LONGEST else {"S": text[: LONGEST - 1] + "…"}
