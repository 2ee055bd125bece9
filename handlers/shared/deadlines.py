"""An invocation's deadlines, and its pauses between attempts."""

import time
from collections.abc import Callable
from random import random


class Deadlines:
    """The deadlines of one invocation.

    Lambda kills a function that overruns: work stops before calls do, and calls before the invocation ends.

    Attributes:
        work: When no more work is begun.
        calls: When every call must have returned.
        longest_call: The seconds that one call may take with its retries.
        clock: Gives the time in seconds.
    """

    def __init__(
        self,
        seconds: float,
        *,
        after_work: float,
        after_calls: float,
        longest_call: float = float("inf"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Divides the invocation's `seconds`: so many remain after work, so many after calls."""
        end = clock() + seconds
        self.work = end - after_work
        self.calls = end - after_calls
        self.longest_call = longest_call
        self.clock = clock

    @property
    def work_is_over(self) -> bool:
        """Whether no more work should begin."""
        return self.clock() >= self.work

    def call(self) -> float:
        """Returns the deadline of a call made now."""
        return min(self.clock() + self.longest_call, self.calls)


def pause(attempt: int, first: float = 0.05, longest: float = 5.0, share: Callable[[], float] = random) -> float:
    """Returns the seconds to wait after an attempt: exponential, with full jitter."""
    # https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    return share() * min(longest, first * 2 ** min(attempt, 16))
