"""What happens in the embedded cloud, as its triggers tell it: the newest events."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from sluice.cloud.triggers.schedules import Fired
from sluice.cloud.triggers.streams import events

_KEPT = 10_000


class Happening(NamedTuple):
    """An event, and when it was told."""

    number: int
    """Its place among all, from 1."""
    at: str
    """ISO 8601 in UTC, with milliseconds."""
    event: events.Event | Fired


class Feed:
    """The newest events, told from several threads and read from several others."""

    def __init__(self, show: Callable[[events.Event | Fired], None] = lambda _: None) -> None:
        """Takes who else is told of each event."""
        self._show, self._lock = show, threading.Lock()
        self._kept: deque[Happening] = deque(maxlen=_KEPT)
        self._told = 0

    def tell(self, event: events.Event | Fired) -> None:
        """Takes what happened."""
        with self._lock:
            self._told += 1
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._kept.append(Happening(self._told, at, event))
        self._show(event)

    @property
    def told(self) -> int:
        """How many events there were."""
        with self._lock:
            return self._told

    def after(self, number: int = 0) -> list[Happening]:
        """Returns the events that are kept and came after that one, oldest first."""
        with self._lock:
            new = self._told - number
            return list(self._kept)[-new:] if new > 0 else []
