"""Limits a writer to units per second, by its reported consumption."""

import math
import time
from collections.abc import Callable


class Pace:
    """A token bucket that fills steadily; the consumption that DynamoDB reports empties it.

    Consumption is known only afterwards, so requests in flight may overdraw the bucket, and the next one waits until
    that is paid. It holds at most the units of one second.

    Attributes:
        units_per_second: What flows in.
    """

    def __init__(
        self, units_per_second: float, until: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begins with an empty bucket.

        Args:
            units_per_second: The limit, more than 0.
            until: When waiting ends, on the clock: rows begun by then are written without delay.
            clock: Gives the time in seconds.
        """
        self.units_per_second = units_per_second
        self._until = until
        self._clock = clock
        self._filled_at = clock()
        self._units = 0.0

    def spend(self, units: float) -> None:
        """Takes consumed units."""
        self._fill()
        self._units -= units

    def wait(self) -> float:
        """Returns the seconds until the next request may be sent; 0 if it may be sent now."""
        self._fill()
        return max(min(-self._units / self.units_per_second, self._until - self._filled_at), 0.0)

    def _fill(self) -> None:
        now = self._clock()
        flown = (now - self._filled_at) * self.units_per_second
        self._units = min(self._units + flown, self.units_per_second)
        self._filled_at = now
