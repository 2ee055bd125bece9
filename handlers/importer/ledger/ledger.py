"""The import ledger: which version of an object is imported, how far the import is, and who is working on it.

Each object has three kinds of items:

- `version` is a version: the entry that people read. It alone has `status`, and all counters from the start.
- `version` is `#current`: the running import, or the last one. `sequencer` is its version's, `seen` the newest
  announced (with `seen_digits` and `seen_event_time`, unless version 0.1 wrote it); `waiting` says that a newer version
  waits for this import to stop.
- `version` is version#sequencer#task: a task's progress and lease. They expire.

Only one import of an object runs at a time: a worker writes only under a lease, a lease is granted only while
`#current` is its import and no newer version waits, and a newer version takes over `#current` only when no lease is
live. A lease outlasts its invocation: Lambda ends the worker first.

Counts stay right however often a message is delivered: a step and its counts are one transaction, on the condition that
the task is still where the step began.
"""

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from handlers.importer.ledger import entries
from handlers.importer.ledger.entries import Lease, Step
from handlers.importer.ledger.table import ChangedError, Expression, Item, LedgerTable, number, text
from handlers.importer.queue.messages import File, Task, milliseconds
from handlers.importer.reading.records import Position
from handlers.shared.aws.errors import AwsError

_ATTEMPTS = 10
_CLOCKS_APART = 5
"""Seconds by which two workers' clocks may differ."""


class LedgerError(Exception):
    """Another worker changed the ledger."""


class Verdict(Enum):
    """Why a message gets no lease."""

    WAIT = "an older version is still imported"
    LATE = "older than the version imported last"
    SAME = "the version imported last"
    DONE = "done before"
    STALE = "carried on by another message"
    BUSY = "another invocation is at work on it"
    SUPERSEDED = "a newer version of the object is imported instead"


class Refusal(NamedTuple):
    """The answer to a message that gets no lease."""

    verdict: Verdict
    return_seconds: int = 0
    """When to retry, if another import or worker has to end first."""
    status: str = ""
    """The import's, if it ended with this answer."""


class Counted(NamedTuple):
    """The answer to a counted step."""

    lease: Lease | None = None
    """To continue with; None if it has ended."""
    superseded: bool = False
    """It has ended because a newer version of the object waits: nobody continues."""
    status: str = ""
    """The import's, if it ended with this step."""
    error: AwsError | None = None
    """Why it is unknown whether the import has ended: the message has to be delivered again."""


_RETURN_SECONDS = {Verdict.WAIT: 10, Verdict.BUSY: 30}


class Ledger:
    """Grants leases on tasks and counts their steps."""

    def __init__(
        self,
        table: LedgerTable,
        clear: Callable[[File, str, int], object],
        is_wanted_again: Callable[[File], bool],
        now: Callable[[], float] = time.time,
    ) -> None:
        """Wraps the table.

        Before an import begins, `clear` is called for each task of the previous one, with its name and its number of
        objects with rejects. `is_wanted_again` tells whether to import a file again whose content was imported before.
        """
        self._table = table
        self._clear = clear
        self._is_wanted_again = is_wanted_again
        self._now = now

    def take(self, file: File, task: Task, owner: str, until: float, chunks: int = 0) -> Lease | Refusal:
        """Takes a lease on a task; begins or ends the import of its file if that is due.

        Args:
            file: The task's file.
            task: As in the message; the ledger may know more progress.
            owner: This invocation.
            until: When it has surely ended, in seconds since the epoch.
            chunks: The estimated number of chunks of a newly arrived file; 0 for others.

        Raises:
            LedgerError: Others keep changing the ledger.
        """
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(ChangedError):
                verdict = self._arrive(file, task, chunks) if chunks else None
                chunks = 0
                answer = verdict or self._lease(file, task, owner, until)
                return answer if isinstance(answer, Lease) else self._refusal(file, task, answer)
        raise LedgerError("the ledger keeps changing")

    def count(self, lease: Lease, step: Step) -> Counted:
        """Counts a step; ends the lease if the task is done or handed on, and the import if that was its last task.

        Raises:
            LedgerError: The lease was lost.
        """
        ends = step.done or step.handed_on
        checks = [] if ends else [entries.in_turn(lease.file)]
        try:
            self._table.transact(*checks, *entries.counting(lease, step, ends))
        except ChangedError:
            current = self._table.get(lease.file, entries.CURRENT)
            if ends or "waiting" not in current:
                raise LedgerError(f"the lease on {lease.task.name} was lost") from None
            self.count(lease, step._replace(handed_on=True))
            self._stop(lease.file)
            return Counted(superseded=True)
        try:
            if ends:
                return Counted(status=self._finish(lease.file) if step.done else "")
        except AwsError as error:
            return Counted(error=error)
        parts = lease.parts + step.has_part
        return Counted(lease._replace(position=step.end, bytes_read=step.bytes_read, parts=parts, number=step.number))

    def ignore(self, file: File) -> None:
        """Records that a file was seen and is not data."""
        with contextlib.suppress(ChangedError):  # imported under earlier settings: that entry stays
            self._table.transact(entries.ignored(file, self._time()))

    def give_up(self, file: File, task: Task, error: str) -> None:
        """Ends an import of which a task became a dead letter. When that is redriven, the import continues."""
        change = Expression().assign(status="FAILED", error=error, finished_at=self._time())
        change.add(given_up={task.name}).where("sequencer", "=", file.sequencer)
        change.where("status", "<>", "SUCCEEDED").where("status", "<>", "PARTIAL").without("fault")
        with contextlib.suppress(ChangedError):  # it never began, or ended in another way
            self._table.update(file, file.version, change)

    def _refusal(self, file: File, task: Task, verdict: Verdict) -> Refusal:
        status = ""
        if verdict is Verdict.DONE:  # its worker may have stopped just before the end, or not received the answer
            if writes := entries.resumption(file, task, self._table.get(file, file.version)):
                self._table.transact(*writes)
            status = self._finish(file)
        elif verdict is Verdict.SUPERSEDED:
            self._stop(file)
        return Refusal(verdict, _RETURN_SECONDS.get(verdict, 0), status)

    # Imports.

    def _arrive(self, file: File, task: Task, chunks: int) -> Verdict | None:
        """Begins a file's import, or says why it is not its turn."""
        current = self._table.get(file, entries.CURRENT)
        if text(current, "sequencer") == file.sequencer:
            return None
        if current and (verdict := self._judge(file, current)):
            return verdict
        self._table.transact(*entries.beginning(file, task, chunks, current, self._time()))
        return None

    def _judge(self, file: File, current: Item) -> Verdict | None:
        sequencer, holder = text(current, "sequencer"), text(current, "holder")
        entry = self._table.get(file, holder)
        if _is_late(file, current, entry):
            return Verdict.LATE
        same = file.version == holder and text(entry, "status") != "FAILED" and "waiting" not in current
        same = same and not self._is_wanted_again(file)
        self._table.update(file, entries.CURRENT, entries.announcement(file, current, waits=not same))
        if same:
            return Verdict.SAME
        tasks = self._table.query(file, f"{holder}#{sequencer}#")
        if any(map(self._is_live, tasks)):
            return Verdict.WAIT
        for task in tasks:
            # An unfinished task may have written one more than it counted.
            name = text(task, "version").rpartition("#")[2]
            self._clear(file, name, number(task, "parts") + ("done" not in task))
        if text(entry, "status") == "RUNNING":
            self._stop(file._replace(version_id=holder, sequencer=sequencer))
        return None

    def _finish(self, file: File) -> str:
        """Ends an import if all its chunks are done; returns its status if this call ended it, else `""`."""
        entry = self._table.get(file, file.version)
        if (
            text(entry, "sequencer") != file.sequencer
            or not entry["planned"]["BOOL"]
            or number(entry, "chunks_done") < number(entry, "chunks_total")
        ):
            return ""
        fault = text(entry, "fault")
        status = "FAILED" if fault else "PARTIAL" if number(entry, "rows_rejected") else "SUCCEEDED"
        return status if self._end(file, status, fault) else ""

    def _stop(self, file: File) -> None:
        self._end(file, "FAILED", Verdict.SUPERSEDED.value)

    def _end(self, file: File, status: str, error: str) -> bool:
        change = Expression().assign(status=status, finished_at=self._time())
        if error:
            change.assign(error=error)
        change.where("sequencer", "=", file.sequencer).where("status", "=", "RUNNING")
        try:
            self._table.update(file, file.version, change)
        except ChangedError:
            return False
        return True

    # Tasks.

    def _lease(self, file: File, task: Task, owner: str, until: float) -> Lease | Verdict:
        current = self._table.get(file, entries.CURRENT)
        if text(current, "sequencer") != file.sequencer or "waiting" in current:
            return Verdict.SUPERSEDED
        progress = self._table.get(file, entries.version_of(file, task))
        if "done" in progress:
            return Verdict.DONE
        if number(progress, "hop") > task.hop:
            return Verdict.STALE
        if self._is_live(progress) and text(progress, "owner") != owner:
            return Verdict.BUSY
        lease = Lease(
            file,
            task,
            owner,
            Position(number(progress, "offset"), number(progress, "line")) if progress else task.position,
            number(progress, "bytes_read"),
            number(progress, "parts"),
            number(progress, "number"),
        )
        taking = entries.leasing(lease, progress, until, self._now())
        entry = self._table.get(file, file.version)
        self._table.transact(entries.in_turn(file), taking, *entries.resumption(file, task, entry))
        return lease

    def _is_live(self, progress: Item) -> bool:
        return number(progress, "lease_until") + _CLOCKS_APART > self._now()

    def _time(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_late(file: File, current: Item, entry: Item) -> bool:
    """Tells whether a version is older than the newest that was announced."""
    digits, event_time = number(current, "seen_digits"), number(current, "seen_event_time")
    seen = file._replace(sequencer=text(current, "seen"), digits=digits, event_time=event_time)
    if not seen.digits and (begun := text(entry, "started_at")) and file.event_time > milliseconds(begun):
        return False  # all that is known of entries of version 0.1: what happened after their import began is newer
    return file.precedes(seen)
