"""How long a run waits: for reading, and for each call after it, so that one outage leaves time for the rest."""

import time
from dataclasses import dataclass

_READING = 0.6  # of the time that is left; what follows needs seconds
_CALLS = 20  # more than a run makes one after the other, reading aside
_LONGEST_CALL = 10.0
_MARGIN = 1.0


@dataclass(frozen=True)
class Patience:
    """The deadlines of a run, all in `time.monotonic()`.

    Attributes:
        reading: when no further page is asked for.
        end: when the run has to be over.
        each: seconds that one call may take with its retries.
    """

    reading: float
    end: float
    each: float

    def call(self) -> float:
        """Gives the deadline of a call that is made now."""
        return min(time.monotonic() + self.each, self.end)


def patience(seconds: float) -> Patience:
    """Divides the seconds that an invocation has left."""
    now = time.monotonic()
    usable = max(seconds - _MARGIN, 0.0)
    return Patience(reading=now + usable * _READING, end=now + usable, each=min(usable / _CALLS, _LONGEST_CALL))
