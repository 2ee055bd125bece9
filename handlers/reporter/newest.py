"""The newest items of a table, chosen while its pages go by: so many are held at most, whatever the table's size."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace

from handlers.reporter.dates import LONGEST, Recency, recency_of
from handlers.shared.attributes import AttributeValue, json_text


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


def _cut(value: AttributeValue | None) -> AttributeValue | None:
    if value is None or "N" in value:
        return value
    text = value.get("S")
    if text is None:
        text = json_text(value)
    return value if len(text) <= LONGEST else {"S": text[: LONGEST - 1] + "…"}
