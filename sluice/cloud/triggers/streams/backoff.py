"""Waits before retries."""

from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Backoff:
    """Doubling waits up to a cap, each between half of its length and all of it.

    Lambda's own waits grow to minutes; here someone is watching.
    """

    base: float = 0.05
    cap: float = 1.0
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - jitter, not a secret

    def seconds(self, attempt: int) -> float:
        """The wait before a retry; the first has number 1."""
        ceiling = min(self.cap, self.base * 2 ** min(attempt - 1, 30))
        return self.random.uniform(ceiling / 2, ceiling)
