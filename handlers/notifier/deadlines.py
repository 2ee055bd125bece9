"""The deadlines of a batch of mails."""

import time
from collections.abc import Callable

from handlers.shared.deadlines import Deadlines, pause

_FIRST_PAUSE = 0.2


class BatchDeadlines(Deadlines):
    """The deadlines of a batch of mails.

    A call to SES begins only while there is time for its answer and the marks: an unmarked mail is sent again.

    Attributes:
        work: When no call to SES begins any more, except the first.
        answers: When SES must have answered.
        calls: When marks must be read and written.
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
        """Pauses; returns False at once if that would end too late."""
        seconds = self._pause(attempt, _FIRST_PAUSE)
        if self.clock() + seconds >= until:
            return False
        self._sleep(seconds)
        return True
