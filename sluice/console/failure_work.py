"""Redriving and discarding from a page: one at a time, in a thread, because thousands of failures take minutes."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from sluice.failures import sources
from sluice.failures.failure import Failure, Wanted
from sluice.failures.lease import UnderWayError
from sluice.failures.redriving import followed, outcome, redrive
from sluice.target import Target

_TOLD = 100
"""How many results are kept: those of the last failures."""


class Outcome(NamedTuple):
    """The result for one failure."""

    failure: Failure
    text: str
    is_left: bool
    """Whether some of it is still among the failures."""


@dataclass
class Work:
    """A redrive or a discard of failures.

    Attributes:
        verb: `taken` or `discarded`.
        began: When, in ISO 8601.
        is_under_way: Whether it is still running.
        done: How many failures are gone.
        left: How many are not.
        outcomes: The last ones.
        problems: Why some failures are left.
    """

    verb: str
    began: str
    is_under_way: bool = True
    done: int = 0
    left: int = 0
    outcomes: deque[Outcome] = field(default_factory=lambda: deque(maxlen=_TOLD))
    problems: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The result so far, as a sentence."""
        if self.is_under_way:
            return f"Under way: {self.done:,} {self.verb}, {self.left:,} left so far."
        return f"{self.done:,} {self.verb}, {self.left:,} left."

    def add(self, outcome: Outcome) -> None:
        """Adds the result for the next failure."""
        self.done += not outcome.is_left
        self.left += outcome.is_left
        self.outcomes.append(outcome)


class FailureWork:
    """The redrives and discards of a stack's failures.

    Attributes:
        last: The one that is running, or else the last one; None before the first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.last: Work | None = None

    def redrive(self, target: Target, wanted: Wanted, ended: Callable[[], None]) -> threading.Thread | None:
        """Begins to send failures to their functions again.

        Args:
            target: The stack.
            wanted: Selects the failures.
            ended: Called at the end.

        Returns:
            The thread that does it; None if a redrive or discard is running already.
        """
        return self._begin("taken", ended, lambda work: _redrive(target, wanted, work))

    def discard(self, target: Target, wanted: Wanted, ended: Callable[[], None]) -> threading.Thread | None:
        """Begins to remove failures for good; see `redrive`."""
        return self._begin("discarded", ended, lambda work: _discard(target, wanted, work))

    def _begin(
        self, verb: str, ended: Callable[[], None], outcomes: Callable[[Work], Iterable[Outcome]]
    ) -> threading.Thread | None:
        with self._lock:
            if self.last and self.last.is_under_way:
                return None
            work = self.last = Work(verb, datetime.now(UTC).isoformat())
        thread = threading.Thread(target=_run, args=(work, outcomes, ended), name=f"failures {verb}", daemon=True)
        thread.start()
        return thread


def _run(work: Work, outcomes: Callable[[Work], Iterable[Outcome]], ended: Callable[[], None]) -> None:
    try:
        for one in outcomes(work):
            work.add(one)
    except Exception as error:
        work.problems.append(f"It stopped early: {str(error) or type(error).__name__}")
    finally:
        work.is_under_way = False
        ended()


def _redrive(target: Target, wanted: Wanted, work: Work) -> Iterator[Outcome]:
    refused, again = list[str](), []
    try:
        for one in redrive(target, wanted, refused):
            if one.failure.file and one.is_complete:
                again.append(one)
            else:
                yield Outcome(one.failure, outcome(one), not one.is_complete)
    except UnderWayError as error:
        work.problems.append(f"Nothing was sent: {error}.")
    for one in followed(target, again):
        yield Outcome(one.failure, outcome(one), not one.is_complete)
    work.problems += [f"Not all failures could be read: {problem}" for problem in dict.fromkeys(refused)]


def _discard(target: Target, wanted: Wanted, work: Work) -> Iterator[Outcome]:
    refused: list[str] = []
    for one in sources.one_by_one(sources.DISCARDED, target, wanted, refused):
        text = f"not discarded: {one.error}" if one.error else "discarded"
        yield Outcome(one.failure, text, bool(one.error))
    work.problems += [f"Not all failures could be read: {problem}" for problem in dict.fromkeys(refused)]
