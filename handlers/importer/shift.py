"""The time that an invocation has."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_MARGIN = 1.0
_LONGEST_RESERVE = 20.0


@dataclass(frozen=True)
class Shift:
    """One invocation: who works, and for how long."""

    owner: str
    until: float
    """When it has ended for sure, since the epoch: Lambda ends it."""
    deadline: float
    """When calls must have come back, as `time.monotonic()` says it."""
    last_orders: float
    """When no more work is begun, likewise, so that what was begun can be written and counted."""
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_over(self) -> bool:
        """No more work is to be begun."""
        return self.monotonic() >= self.last_orders


def shift(owner: str, seconds: float, *, reserve: float = _LONGEST_RESERVE) -> Shift:
    """The shift of an invocation that has so many seconds left."""
    deadline = time.monotonic() + max(seconds - _MARGIN, 0)
    return Shift(owner, time.time() + seconds, deadline, deadline - min(reserve, seconds / 4))
