"""The logs of a stack's functions, read as they grow: the newest entries, and counts of all."""

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from sluice.functions import Function, functions
from sluice.log_entries import Entry, Invocations
from sluice.logs import Log, lateness
from sluice.target import Target

_KEPT = 1000
"""How many of a function's newest entries are kept."""
_TIMED = 200
"""How many of the newest durations are kept."""
_BACK_SECONDS = 15 * 60
"""How far back a log in AWS is read; a log of the embedded cloud begins with the stack and is read whole."""


@dataclass
class FunctionLog:
    """A function's log, as far as it was read.

    Attributes:
        function: Whose log it is.
        entries: The newest, oldest first.
        calls: Its invocations, as `status` counts them.
        durations: Milliseconds of the newest invocations that reported them.
        totals: The sums of its summaries' counts, such as `MailsSent`.
    """

    function: Function
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_KEPT))
    calls: Invocations = field(default_factory=Invocations)
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=_TIMED))
    totals: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        """Adds the next entry."""
        self.entries.append(entry)
        self.calls.add(entry)
        if entry.kind == "summary":
            counted = {name: value for name, value in entry.summary.items() if type(value) in (int, float)}
            self.totals.update(counted)
            if "Duration" in counted:
                self.durations.append(counted["Duration"])

    @property
    def invocations(self) -> int:
        """How many invocations there were."""
        return self.calls.count

    @property
    def errors(self) -> int:
        """How many of them failed."""
        return self.calls.failed

    @property
    def usual_duration(self) -> float | None:
        """The median of the durations, in milliseconds; None if there is none."""
        return sorted(self.durations)[len(self.durations) // 2] if self.durations else None


class FunctionLogs:
    """The logs of all functions of a stack."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logs: dict[str, tuple[Log, FunctionLog]] = {}

    def read(self, target: Target) -> list[FunctionLog]:
        """Returns the logs of a stack's functions, in the order of its pipelines, with their new entries.

        Raises:
            ClientError: A log may not be read.
        """
        there = functions(target)
        with self._lock:
            self._logs = {each.name: self._logs.get(each.name) or _begun(target, each) for each in there}
            for log, kept in self._logs.values():
                for entry in log.read():
                    kept.add(entry)
                kept.calls.begin(log.started)
            return [kept for _, kept in self._logs.values()]


def _begun(target: Target, function: Function) -> tuple[Log, FunctionLog]:
    start = 0 if target.endpoint else int((time.time() - _BACK_SECONDS) * 1000)
    return Log(target, function, start, lateness(target)), FunctionLog(function)
