"""The newest items of a table, chosen while its pages are read: bounded in number and size, whatever it holds."""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import NamedTuple

from handlers.reporter.counting.dates import LONGEST, USUAL_MARKS, Recency, recency_of, usual_text
from handlers.shared.attributes import AttributeValue, json_object, json_text

_MOST = 20_000_000
_ROW = 200  # bytes of an item besides its JSON: its row on the page


class Item(NamedTuple):
    """One item of a report; the values are DynamoDB JSON, None if the item lacks the attribute."""

    name: AttributeValue | None
    date: AttributeValue | None
    key: Mapping[str, AttributeValue]

    def json(self) -> str:
        """Returns the item's JSON in a report."""
        return f'{{"name":{_value(self.name)},"date":{_value(self.date)},"key":{json_object(self.key)}}}'


class Listing(NamedTuple):
    """What a report lists of each table; if `items` is 0, tables are only counted."""

    name_attribute: str
    date_attribute: str
    items: int


class Room:
    """The memory for the lists of all tables together; when it is used up, the longest lose their oldest items."""

    def __init__(self, size: int = _MOST) -> None:
        self._size = size
        self._used = 0
        self._lists: list[Newest] = []

    def join(self, newest: "Newest") -> None:
        """Adds a list."""
        self._lists.append(newest)

    def use(self, size: int) -> None:
        """Counts bytes that a list has taken; negative if given back."""
        self._used += size
        if self._used > self._size:
            level = self._level()
            self._used -= sum(newest.shrink(level) for newest in self._lists)

    def _level(self) -> float:
        """Returns the size to cut lists to; a tenth stays free, so that it is not computed again for each item."""
        left = self._size * 0.9
        sizes = sorted(newest.size for newest in self._lists)
        for position, size in enumerate(sizes):
            level = left / (len(sizes) - position)
            if size > level:
                return level
            left -= size
        return left


class Newest:
    """A bounded heap of items with the oldest on top; of equally old items, it keeps those offered first.

    After dropping an item it takes none that is as old or older, so it holds the newest items without gaps.
    """

    def __init__(self, listing: Listing, key: tuple[str, ...], room: Room | None = None) -> None:
        self.size = 0
        self._listing = listing
        self._key = key
        self._room = room or Room()
        self._floor: Recency = (-1, "")  # only newer items are considered
        self._heap: list[tuple[Recency, int, Item, int]] = []
        self._offered = 0
        self._room.join(self)

    def offer(self, items: Iterable[Mapping[str, AttributeValue]]) -> None:
        """Considers items in DynamoDB JSON."""
        date_attribute = self._listing.date_attribute
        oldest = self._oldest_text()
        for item in items:
            date = item.get(date_attribute)
            # Most items of a large table are older than all those held; telling that by the text alone takes 0.82 of
            # the CPU time of reading. Checked by test_dates_of_nearly_one_form_are_read_as_each_is.
            text = date.get("S") if oldest and date else None
            if text and text <= oldest and text[4::3] == USUAL_MARKS:
                continue
            recency = recency_of(date)
            if recency > self._floor:
                self._take(recency, item)

    def chosen(self) -> list[Item]:
        """Returns the items held, newest first."""
        return [item for *_, item, _ in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]

    def shrink(self, size: float) -> int:
        """Drops the oldest items until the others take at most so many bytes; returns the number of bytes freed."""
        before = self.size
        while self.size > size:
            self._drop()
        return before - self.size

    def _take(self, recency: Recency, item: Mapping[str, AttributeValue]) -> None:
        self._offered += 1
        listing = self._listing
        key = {name: item[name] for name in self._key}
        row = Item(_cut(item.get(listing.name_attribute)), _cut(item.get(listing.date_attribute)), key)
        size = len(row.json()) + _ROW
        heappush(self._heap, (recency, -self._offered, row, size))
        self.size += size
        if len(self._heap) > listing.items:
            size -= self._drop()
        self._room.use(size)
        if self._heap and len(self._heap) == listing.items:
            self._floor = max(self._floor, self._heap[0][0])

    def _oldest_text(self) -> str:
        """Returns the oldest date to consider, in the usual form; `""` if there is none, or dates are not texts."""
        return usual_text(self._floor) if self._heap and "S" in (self._heap[0][2].date or ()) else ""

    def _drop(self) -> int:
        recency, _, _, size = heappop(self._heap)
        self._floor = max(self._floor, recency)
        self.size -= size
        return size


def _cut(value: AttributeValue | None) -> AttributeValue | None:
    if value is None or "N" in value:
        return value
    text = value.get("S")
    if text is None:
        text = json_text(value)
    return value if len(text) <= LONGEST else {"S": text[: LONGEST - 1] + "…"}


def _value(value: AttributeValue | None) -> str:
    return "null" if value is None else json_text(value)
