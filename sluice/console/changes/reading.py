"""Reads the changes of a stack's tables, in a thread that starts when somebody looks and ends when nobody does."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from sluice.aws_errors import AWS_ERRORS
from sluice.target import Target

_IDLE_SECONDS = 60.0
_FIRST_SECONDS = 0.15
"""How long the first look waits for existing changes; the next look shows later ones."""
_AGAIN_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Source(Protocol):
    """Where changes come from."""

    pause: float
    """Seconds until it is worth reading again."""

    def read(self, target: Target) -> bool:
        """Reads a piece; returns whether there is more to read at once."""
        ...


class Reading:
    """Keeps reading a source.

    Attributes:
        problem: Why the last read failed; empty if it did not.
        is_complete: Whether everything has been read once.
    """

    def __init__(self, source: Callable[[Target], Source], then: Callable[[Target], bool] = lambda _: False) -> None:
        """Prepares it.

        Args:
            source: Returns the source of a stack.
            then: Does a piece of the work that follows once everything is read; returns whether there is more to do.
        """
        self._source_of, self._then = source, then
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._read_once = threading.Event()
        self._looked = 0.0
        self._target: Target | None = None
        self.problem = ""
        self.is_complete = False

    def look(self, target: Target) -> None:
        """Starts reading the stack, or keeps it going."""
        with self._lock:
            self._looked, self._target = time.monotonic(), target
            if not self._thread:
                self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
                self._thread.start()
        if not self.is_complete:
            self._read_once.wait(_FIRST_SECONDS)

    def close(self) -> None:
        """Stops reading."""
        with self._lock:
            self._looked = -1.0

    def _run(self) -> None:
        source, of = None, None
        while target := self._wanted():
            if source is None or of is not target:
                source, of = self._source_of(target), target
            try:
                more = source.read(target)
                self.problem = ""
                if not more:  # the newest may come last: the follow-up waits for all of them
                    self.is_complete = True
                    self._read_once.set()
                    more = self._then(target)
                pause = 0.0 if more else source.pause
            except AWS_ERRORS as error:
                self.problem, pause = str(error), _AGAIN_SECONDS
            except Exception as error:  # the page shows it, and reading goes on
                _log.exception("changes cannot be read")
                self.problem, pause = f"{type(error).__name__}: {error}", _AGAIN_SECONDS
            time.sleep(pause)

    def _wanted(self) -> Target | None:
        """The stack to read; None if nobody has looked for a while, which ends the thread."""
        with self._lock:
            if self._looked >= 0 and time.monotonic() - self._looked < _IDLE_SECONDS:
                return self._target
            self._thread = None
            return None
