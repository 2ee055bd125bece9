"""The changes of a stack, read while somebody looks, and checked against the mail rules."""

import time
from collections.abc import Sequence
from pathlib import Path

from sluice.console.changes.archive_source import ArchiveSource
from sluice.console.changes.changes import Change, Changes
from sluice.console.changes.notifiers import Notifier, notifiers
from sluice.console.changes.previews import Previews, Ruling
from sluice.console.changes.reading import Reading, Source
from sluice.console.changes.stream_source import StreamSource
from sluice.target import Target

_AT_ONCE = 1000
"""Changes that are judged at once."""
_FEW = 200
"""If fewer wait, they wait a moment for others, because each judging starts a process."""
_PAUSE_SECONDS = 1.0
_AGAIN_SECONDS = 5.0
"""How soon rules that could not be asked are asked again."""


class ChangeLog:
    """The newest changes, with the rules' results for them.

    Attributes:
        changes: The newest changes.
        reading: Reads further changes.
        problem: Why the rules cannot be asked; empty if they can.
        mailed: The ids of changes for which a mail was found.
    """

    def __init__(self, program: Path | None) -> None:
        self.changes = Changes()
        self.reading = Reading(self._source, self._judge_some)
        self.problem = ""
        self.mailed: set[str] = set()
        self._previews = Previews(program)
        self._notifiers: dict[str, Notifier] = {}
        self._asked = self._judged = 0.0

    def look(self, target: Target) -> None:
        """Starts reading the stack's changes, or keeps it going."""
        self.reading.look(target)

    @property
    def is_behind(self) -> bool:
        """Whether more will be known soon about existing changes."""
        if not self.reading.is_complete:
            return not self.reading.problem
        return not self.problem and any(
            self.notifier(change) and self.rulings(change) is None for change in self.changes.all()
        )

    def notifier(self, change: Change) -> Notifier | None:
        """Returns the notifier of a change's table; None if it has none, or it is not known yet."""
        return self._notifiers.get(change.table)

    def rulings(self, change: Change) -> list[Ruling] | None:
        """Returns the rules' results for a change; None if they are not known, or not yet."""
        notifier = self.notifier(change)
        return self._previews.known(change, notifier) if notifier else None

    def judge(self, target: Target, changes: Sequence[Change]) -> None:
        """Asks the rules about changes now."""
        self._know_notifiers(target)
        by_notifier: dict[str, tuple[Notifier, list[Change]]] = {}
        for change in changes:
            if notifier := self.notifier(change):
                by_notifier.setdefault(notifier.function, (notifier, []))[1].append(change)
        problems = [self._previews.judge(waiting, notifier) for notifier, waiting in by_notifier.values()]
        self.problem = "\n".join(filter(None, dict.fromkeys(problems)))

    def asking_for(self, content: bytes) -> list[Change]:
        """Returns the changes judged so far that ask for a mail with this `content_of`."""
        return [change for id_ in self._previews.asking_for(content) if (change := self.changes.one(id_))]

    def _source(self, target: Target) -> Source:
        return StreamSource(target, self.changes) if target.endpoint else ArchiveSource(target, self.changes)

    def _judge_some(self, target: Target) -> bool:
        self._know_notifiers(target)
        waiting = [change for change in self.changes.all() if self.notifier(change) and self.rulings(change) is None]
        pause = _AGAIN_SECONDS if self.problem else _PAUSE_SECONDS if len(waiting) < _FEW else 0.0
        if not waiting or time.monotonic() - self._judged < pause:
            return False
        self.judge(target, waiting[:_AT_ONCE])
        kept = {change.id for change in self.changes.all()}
        self._previews.forget_others(kept)
        for old in set(self.mailed) - kept:
            self.mailed.discard(old)
        self._judged = time.monotonic()
        return len(waiting) > _AT_ONCE and not self.problem

    def _know_notifiers(self, target: Target) -> None:
        if time.monotonic() - self._asked < _PAUSE_SECONDS and self._notifiers:
            return
        found = notifiers(target)
        self._notifiers = {table["name"]: notifier for notifier in found for table in notifier.pipeline["tables"]}
        self._asked = time.monotonic()
