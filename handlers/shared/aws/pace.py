"""Keeps a writer to so many units a second, by what it is told was consumed."""

import math
import time
from collections.abc import Callable


class Pace:
    """What may be written now: a bucket that fills by the second and is emptied by what DynamoDB says was consumed.

    What a request consumes is known behind it, so that the bucket may be overdrawn: by the requests that are on their
    way when it runs dry, and the next one waits until that is paid. At most what flows in within a second is saved up.

    Attributes:
        units_per_second: What flows in.
    """

    def __init__(
        self, units_per_second: float, until: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begins with an empty bucket.

        Args:
            units_per_second: What may be consumed, more than 0.
            until: When waiting ends, on the clock: what was begun by then is written without delay.
            clock: Gives the time in seconds.
        """
        self.units_per_second = units_per_second
        self._until = until
        self._clock = clock
        self._filled_at = clock()
        self._units = 0.0

    def spend(self, units: float) -> None:
        """Takes what was consumed."""
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
