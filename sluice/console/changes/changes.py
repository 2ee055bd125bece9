"""The newest changes of a stack's tables that were read, searchable by their content."""

import json
import threading
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NamedTuple

from sluice.console.attributes import shown

KEPT = 10_000
"""How many of the newest changes are kept,"""
_KEPT_BYTES = 64 << 20
"""and how many bytes of them in total: an item may have 400 KB."""
_SEARCHED = 2000
"""How many characters of a change's values are searched."""
_LONGEST_KEY = 200
EVENTS = ("INSERT", "MODIFY", "REMOVE")


class Change(NamedTuple):
    """A record of a stream, or a line of the archive."""

    id: str
    """Its event id."""
    event: str
    table: str
    at: float
    """When, in seconds since the epoch; streams have whole seconds."""
    number: str
    """Its sequence number, which orders the changes of a table when read as a number."""
    shard: str
    """Empty if it was read from the archive."""
    key: str
    """The key's values in readable form."""
    searched: str
    """Key and values, in lower case."""
    record: str
    """The record as in Lambda's event, as JSON."""
    archived: str = ""
    """The key of the archive's object that it was read from; empty if it was read from a stream."""

    @property
    def order(self) -> tuple[float, int]:
        """A sort key: the newest change has the greatest."""
        return self.at, int(self.number) if self.number.isdecimal() else 0

    @property
    def content(self) -> dict[str, Any]:
        """The record."""
        return json.loads(self.record)

    @property
    def size(self) -> int:
        """About how many bytes it takes up."""
        return len(self.record) + len(self.searched)


def change_of(text: str, shard: str = "", archived: str = "") -> Change:
    """Returns a change.

    Args:
        text: A record as in Lambda's event, as JSON.
        shard: The shard that it was read from.
        archived: The key of the archive's object that it was read from.

    Raises:
        KeyError, TypeError, ValueError: It is not a stream record.
    """
    record = json.loads(text)
    held = record["dynamodb"]
    key = " ".join(shown(value) for value in held["Keys"].values())
    images = [image for side in ("NewImage", "OldImage") if (image := held.get(side))]
    values = dict.fromkeys(shown(value) for image in images for value in image.values())
    return Change(
        record["eventID"],
        record["eventName"],
        record["eventSourceARN"].split("/")[1],
        float(held["ApproximateCreationDateTime"]),
        held["SequenceNumber"],
        shard,
        key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…",
        " ".join([key, *values])[:_SEARCHED].lower(),
        text,
        archived,
    )


class Changes:
    """The newest changes, added by one thread and read by others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Change] = {}
        self._ordered: list[Change] = []
        self.dropped = 0
        """How many older changes were read and dropped."""

    def add(self, more: Iterable[Change]) -> None:
        """Adds changes; a known one is replaced."""
        new = {change.id: change for change in more}
        if not new:
            return
        with self._lock:
            self._kept |= new
            self._ordered = sorted(self._kept.values(), key=_order, reverse=True)
            sizes = accumulate(change.size for change in self._ordered[:KEPT])
            count = sum(1 for size in sizes if size <= _KEPT_BYTES)
            for old in self._ordered[count:]:
                del self._kept[old.id]
            self.dropped += len(self._ordered) - count
            self._ordered = self._ordered[:count]

    def all(self) -> list[Change]:
        """Returns all kept changes, the newest first."""
        with self._lock:
            return self._ordered

    def one(self, id_: str) -> Change | None:
        """Returns the change with that event id; None if it is not kept."""
        with self._lock:
            return self._kept.get(id_)

    def found(self, words: str = "", event: str = "", table: str = "") -> list[Change]:
        """Returns the changes that have all the words in key or values, the newest first.

        Args:
            words: The words, in any case.
            event: Only changes of this kind; empty for all.
            table: Only changes of this table; empty for all.
        """
        wanted = words.lower().split()
        return [
            change
            for change in self.all()
            if (not event or change.event == event)
            and (not table or change.table == table)
            and all(word in change.searched for word in wanted)
        ]


def _order(change: Change) -> tuple[float, int]:
    return change.order
