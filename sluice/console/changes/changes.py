"""The changes of a stack's tables, as far as they were read: the newest, found by what is in them."""

import json
import threading
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NamedTuple

from sluice.console.attributes import shown

KEPT = 10_000
"""Changes, the newest,"""
_KEPT_BYTES = 64 << 20
"""and how large they may be together: an item may have 400 KB."""
_SEARCHED = 2000
"""Characters of a change's values that are searched."""
_LONGEST_KEY = 200
EVENTS = ("INSERT", "MODIFY", "REMOVE")


class Change(NamedTuple):
    """A record of a stream, or a line of the archive."""

    id: str
    """Its event id."""
    event: str
    table: str
    at: float
    """When, in seconds since the epoch: streams tell whole seconds."""
    number: str
    """Its sequence number, which orders the changes of a table when read as a number."""
    shard: str
    """Empty where it was read from the archive."""
    key: str
    """The key's values, as people read them."""
    searched: str
    """Key and values, in small letters."""
    record: str
    """The record as it stands in Lambda's event, as JSON."""
    archived: str = ""
    """The object of the archive that it was read from; empty where it was read from a stream."""

    @property
    def order(self) -> tuple[float, int]:
        """What the newest has most of."""
        return self.at, int(self.number) if self.number.isdecimal() else 0

    @property
    def content(self) -> dict[str, Any]:
        """The record."""
        return json.loads(self.record)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.record) + len(self.searched)


def change_of(text: str, shard: str = "", archived: str = "") -> Change:
    """Returns a change.

    Args:
        text: A record as it stands in Lambda's event, as JSON.
        shard: Where it was read.
        archived: The object of the archive that it was read from.

    Raises:
        KeyError, TypeError, ValueError: It is no record of a stream.
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
        """How many older ones were read and are not kept."""

    def add(self, more: Iterable[Change]) -> None:
        """Takes changes; one that is known already is replaced."""
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
        """Returns all that are kept, the newest first."""
        with self._lock:
            return self._ordered

    def one(self, id_: str) -> Change | None:
        """Returns the change of that event id; None where it is not kept."""
        with self._lock:
            return self._kept.get(id_)

    def found(self, words: str = "", event: str = "", table: str = "") -> list[Change]:
        """Returns the changes that have all of some words in key or values, the newest first.

        Args:
            words: Any, in whatever case.
            event: Of these alone; empty for all.
            table: Of this alone; empty for all.
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
