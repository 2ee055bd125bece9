"""How long to wait between attempts."""

from collections.abc import Callable
from random import random


def pause(attempt: int, first: float = 0.05, longest: float = 5.0, share: Callable[[], float] = random) -> float:
    """Returns the seconds to wait after an attempt: exponential, with full jitter."""
    # https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    return share() * min(longest, first * 2 ** min(attempt, 16))
