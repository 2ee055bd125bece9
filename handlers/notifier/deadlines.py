"""The deadlines of a batch of mails."""

import time
from collections.abc import Callable

from handlers.shared.deadlines import Deadlines, pause

_FIRST_PAUSE = 0.2


class BatchDeadlines(Deadlines):
    """The deadlines of one invocation.

    What SES accepted just before Lambda ends the function would be mailed again. So a call to SES begins only while
    there is time to hear its answer and to mark it. A short timeout shortens all of it.

    Attributes:
        work: After this, no call to SES begins but the first.
        answers: Until this, SES's answers are waited for.
        calls: Until this, marks are read and written.
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        pause: Callable[[int, float], float] = pause,
    ) -> None:
        super().__init__(seconds, after_work=min(15.0, seconds / 2), after_calls=min(1.0, seconds / 10), clock=clock)
        self.answers = clock() + seconds - min(5.0, seconds / 4)
        self._sleep = sleep
        self._pause = pause

    def wait(self, attempt: int, until: float) -> bool:
        """Waits a random while (backoff with full jitter); returns False, at once, where that would end too late."""
        seconds = self._pause(attempt, _FIRST_PAUSE)
        if self.clock() + seconds >= until:
            return False
        self._sleep(seconds)
        return True
