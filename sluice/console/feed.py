"""The newest events of the embedded cloud, as its triggers report them."""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sluice.cloud.triggers.schedules import Fired
from sluice.cloud.triggers.streams import events

_KEPT = 10_000


class Happening(NamedTuple):
    """An event and its number."""

    number: int
    """From 1."""
    event: events.Event | Fired


class Feed:
    """The newest events, added by several threads and read by several others."""

    def __init__(self, show: Callable[[events.Event | Fired], None] = lambda _: None) -> None:
        """Takes a function that is called with each event too."""
        self._show, self._lock = show, threading.Lock()
        self._kept: deque[Happening] = deque(maxlen=_KEPT)
        self._told = 0

    def tell(self, event: events.Event | Fired) -> None:
        """Adds an event."""
        with self._lock:
            self._told += 1
            self._kept.append(Happening(self._told, event))
        self._show(event)

    @property
    def told(self) -> int:
        """How many events there were."""
        with self._lock:
            return self._told

    def after(self, number: int = 0) -> list[Happening]:
        """Returns the kept events after that number, oldest first."""
        with self._lock:
            new = self._told - number
            return list(self._kept)[-new:] if new > 0 else []
