"""What happens in the embedded cloud, as its triggers tell it: the newest events."""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sluice.cloud.triggers.schedules import Fired
from sluice.cloud.triggers.streams import events

_KEPT = 10_000


class Happening(NamedTuple):
    """An event, and its place among all."""

    number: int
    """From 1."""
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
            self._kept.append(Happening(self._told, event))
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
