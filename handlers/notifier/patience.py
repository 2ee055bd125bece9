"""How long an invocation may go on, and how it waits between attempts."""

import time
from collections.abc import Callable

from handlers.shared.jitter import pause

_FIRST_PAUSE = 0.2


class Patience:
    """The times of one invocation, on the clock of `time.monotonic`.

    Lambda kills a function that overruns, and what SES accepted just before would be mailed again. So a call
    begins only while there is time to hear its answer and to mark it. A short timeout shortens all of it.

    Attributes:
        begin: after this, no call to SES begins but the first.
        answer: until this, SES's answers are waited for.
        mark: until this, marks are read and written.
    """

    def __init__(
        self,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        pause: Callable[[int, float], float] = pause,
    ) -> None:
        end = now() + seconds
        self.begin = end - min(15.0, seconds / 2)
        self.answer = end - min(5.0, seconds / 4)
        self.mark = end - min(1.0, seconds / 10)
        self._now = now
        self._sleep = sleep
        self._pause = pause

    def over(self, until: float) -> bool:
        """Tell whether a time has passed."""
        return self._now() >= until

    def wait(self, attempt: int, until: float) -> bool:
        """Wait a random while (backoff with full jitter); False, at once, where that would end too late."""
        seconds = self._pause(attempt, _FIRST_PAUSE)
        if self._now() + seconds >= until:
            return False
        self._sleep(seconds)
        return True
