"""Leases and steps, and how they change the ledger's items."""

import os
from typing import NamedTuple

from handlers.importer.ledger.table import Expression, Item, Write, text, write
from handlers.importer.queue.messages import PLAN, File, Task
from handlers.importer.reading.records import Position

CURRENT = "#current"
_COUNTERS = ("rows_read", "rows_written", "rows_rejected", "rows_skipped", "bytes_read", "chunks_done")
_TASK_DAYS = 30
"""How long tasks are kept: longer than a message can wait, 14 days in the queue and 14 as a dead letter."""


class Lease(NamedTuple):
    """A worker's right to a task, and the task's progress."""

    file: File
    task: Task
    owner: str
    position: Position
    bytes_read: int
    parts: int
    """The number of its objects with rejects."""
    number: int
    """Of a plan's next chunk."""


class Step(NamedTuple):
    """What a worker has done since the step before."""

    end: Position
    rows_written: int = 0
    rows_rejected: int = 0
    rows_skipped: int = 0
    bytes_read: int = 0
    """Of the task so far."""
    has_part: bool = False
    """The step wrote an object with rejects."""
    number: int = 0
    done: bool = False
    """The task is done."""
    handed_on: bool = False
    """Another invocation continues it."""
    fault: str = ""
    """Why the file cannot be imported."""


def version_of(file: File, task: Task) -> str:
    """Returns the `version` of the item that holds a task's progress."""
    return f"{file.version}#{file.sequencer}#{task.name}"


def in_turn(file: File) -> Write:
    """Returns the condition that the file's import is the current one and no newer version waits."""
    condition = Expression().where("sequencer", "=", file.sequencer).without("waiting")
    return write("ConditionCheck", file, CURRENT, condition)


def announcement(file: File, current: Item, waits: bool) -> Expression:
    """Returns the change of `#current` for a file that was announced, and perhaps waits."""
    change = Expression().assign(**_seen(file))
    if waits:
        change.assign(waiting=file.sequencer)
    # DynamoDB cannot tell which is newer; it checks that nothing was announced since we judged this.
    for name in ("sequencer", "seen"):
        change.where(name, "=", text(current, name))
    return change


def ignored(file: File, time: str) -> Write:
    """Returns the write that records a file that is not data."""
    times = {"started_at": time, "finished_at": time}
    sizes = {"bytes_total": file.size, "chunks_total": 0}
    entry = {**dict.fromkeys(_COUNTERS, 0), "status": "IGNORED", **sizes, "sequencer": file.sequencer, **times}
    return write("Put", file, file.version, Expression().without("object"), entry)


def beginning(file: File, task: Task, chunks: int, before: Item, time: str) -> list[Write]:
    """Returns the writes that begin the import of a file with its first task; `before` is the `#current` so far."""
    condition = Expression()
    if before:
        condition.where("sequencer", "=", text(before, "sequencer")).where("seen", "=", file.sequencer)
    else:
        condition.without("object")
    current = {"holder": file.version, "sequencer": file.sequencer, **_seen(file)}
    entry = {
        **dict.fromkeys(_COUNTERS, 0),
        "status": "RUNNING",
        "bytes_total": file.size,
        "chunks_total": chunks,
        "planned": task.name != PLAN,
        "sequencer": file.sequencer,
        "started_at": time,
    }
    return [write("Put", file, CURRENT, condition, current), write("Put", file, file.version, Expression(), entry)]


def leasing(lease: Lease, progress: Item, until: float, now: float) -> Write:
    """Returns the write that grants a lease on a task with this progress."""
    change = Expression().assign(owner=lease.owner, lease_until=int(until) + 1, hop=lease.task.hop)
    if progress:
        change.where("revision", "=", text(progress, "revision")).without("done")
    else:
        start, expiry = lease.task.position, int(now) + _TASK_DAYS * 86_400
        change.assign(offset=start.offset, line=start.line, bytes_read=0, parts=0, number=0)
        change.assign(expires_at=expiry).without("object")
    change.assign(revision=os.urandom(16).hex())
    return write("Update", lease.file, version_of(lease.file, lease.task), change)


def resumption(file: File, task: Task, entry: Item) -> list[Write]:
    """Returns the writes that undo giving up a task."""
    given_up = entry.get("given_up", {}).get("SS", [])
    if task.name not in given_up:
        return []
    change = Expression().where("sequencer", "=", file.sequencer).where("status", "=", "FAILED")
    if len(given_up) == 1:
        change.assign(status="RUNNING").remove("error", "finished_at", "given_up")
    else:
        change.delete(given_up={task.name})
    return [write("Update", file, file.version, change)]


def counting(lease: Lease, step: Step, ends: bool) -> list[Write]:
    """Returns the writes that move a task to a step's end and count the step; `ends` releases the lease."""
    file, task = lease.file, lease.task
    progress = Expression().assign(offset=step.end.offset, line=step.end.line, bytes_read=step.bytes_read)
    progress.assign(parts=lease.parts + step.has_part, number=step.number, revision=os.urandom(16).hex())
    if step.done:
        progress.assign(done=True)
    if ends:
        progress.remove("owner", "lease_until")
    progress.where("owner", "=", lease.owner).where("offset", "=", lease.position.offset)
    progress.where("number", "=", lease.number)
    entry = Expression().add(
        rows_read=step.rows_written + step.rows_rejected + step.rows_skipped,
        rows_written=step.rows_written,
        rows_rejected=step.rows_rejected,
        rows_skipped=step.rows_skipped,
        bytes_read=step.bytes_read - lease.bytes_read,
    )
    if step.fault:
        entry.assign_once(fault=step.fault)
    if step.done and task.name == PLAN:
        entry.assign(planned=True, chunks_total=step.number)
    elif step.done:
        entry.add(chunks_done=1)
    entry.where("sequencer", "=", file.sequencer)
    return [write("Update", file, version_of(file, task), progress), write("Update", file, file.version, entry)]


def _seen(file: File) -> dict[str, str | int]:
    return {"seen": file.sequencer, "seen_digits": file.digits, "seen_event_time": file.event_time}
