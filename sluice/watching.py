"""Shows the sent mails and the ended imports while `up` runs.

This is only for people to see: if a look fails, the cloud continues; the failure is shown once, and the look retried.
"""

import time
from collections.abc import Callable
from contextlib import suppress

from sluice import interruption
from sluice.cloud.emulator.outbox import mails
from sluice.events import show_import, show_mail
from sluice.ledger import RUNNING, entries
from sluice.pipelines import pipelines
from sluice.state import Running
from sluice.target import of as target_of
from sluice.terminal import note

_PAUSE_SECONDS = 0.5
_LOOKING_SHARE = 10
"""Looks take at most this fraction (one in ten) of the time, because each one reads everything."""


def watch(alive: Callable[[], bool], watcher: "Watcher") -> None:
    """Shows what happens; returns when the emulator has ended.

    Raises:
        KeyboardInterrupt: an end was requested.
    """
    pause, problems = _PAUSE_SECONDS, []
    while alive():
        with suppress(OSError):  # the output cannot be written: the terminal is gone, or the disk is full
            for problem in problems:  # now it is known that the emulator is not just ending
                note((problem, "yellow"))
        if interruption.asked.wait(pause):
            raise KeyboardInterrupt
        began = time.monotonic()
        problems = watcher.look()
        took = 0.0 if watcher.failing else time.monotonic() - began
        pause = max(_PAUSE_SECONDS, _LOOKING_SHARE * took)


class Watcher:
    """Looks at a running stack, and shows what happened since the last look."""

    def __init__(self, ready: Running) -> None:
        self.follow(ready)
        self._mailed = 0
        self._ended: set[tuple[str, str, str]] = set()
        self._problems: dict[str, str] = {}  # what cannot be looked at -> why

    def follow(self, ready: Running) -> None:
        """Looks at the stack as it is after a change in place."""
        self.ready, self._target = ready, target_of(ready)

    @property
    def failing(self) -> bool:
        """Whether the last look did not see everything."""
        return bool(self._problems)

    def look(self) -> list[str]:
        """Shows what is new; returns problems that the last look did not have."""
        new = []
        for what, look in (("mails", self._look_at_mails), ("imports", self._look_at_imports)):
            try:
                look()
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
                if self._problems.get(what) != problem:
                    new.append(f"The {what} cannot be looked at ({problem}). Everything else runs; this is retried.")
                self._problems[what] = problem
            else:
                self._problems.pop(what, None)
        return new

    def _look_at_mails(self) -> None:
        for mail in mails(self.ready.endpoint, self.ready.token, after=self._mailed):
            self._mailed += 1
            show_mail(mail)

    def _look_at_imports(self) -> None:
        for entry in entries(pipelines(self._target, "imports")):
            end = (entry["object"], entry["version"], entry["finished_at"])
            if entry["status"] != RUNNING and end not in self._ended:
                self._ended.add(end)
                show_import(entry)
