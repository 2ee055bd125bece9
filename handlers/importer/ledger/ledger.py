"""The import ledger: which version of which object is imported, how far that has come, and who is at work on it.

Three kinds of items lie under an object; their `object` is bucket/key:

- `version` is a version: what people read. It alone has `status`, and all counters from the start.
- `version` is `#current`: the import that is under way, or the last. `sequencer` is its version's, `seen` the
  newest that was announced (with `seen_digits` and `seen_event_time`, but where version 0.1 wrote it), and `waiting`
  says that a newer version waits for this import to stop.
- `version` is version#sequencer#task: how far a task has come, and its lease. They expire.

One import of an object runs at a time, because a worker writes under a lease only, because a lease is given
only while `#current` is its import and nobody waits, and because a newer version takes `#current` over only
when no lease is live. A lease lasts as long as its invocation can: Lambda ends the worker before the lease
ends.

Counts stay right however often a message is delivered, because a step and its counts are one transaction, on
the condition that the task stands where the step began.
"""

import contextlib
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from handlers.importer.ledger.expressions import AttributeValue, Expression, value
from handlers.importer.ledger.order import Moment
from handlers.importer.queue.messages import PLAN, File, Task, milliseconds
from handlers.importer.reading.records import Position
from handlers.shared.aws import dynamodb
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.protocol import AwsClient
from handlers.shared.aws.response import Response

CURRENT = "#current"
SUPERSEDED = "a newer version of the object is imported instead"
_ATTEMPTS = 10
_CLOCKS_APART = 5
"""Seconds that the clocks of two workers may differ."""
_TASK_DAYS = 30
"""How long tasks are remembered: longer than a message may wait, 14 days in the queue and 14 among the dead letters."""

Item = dict[str, AttributeValue]


class Verdict(Enum):
    """What is to become of a file that has arrived, or of a task."""

    GO = "go"
    WAIT = "an older version is still imported"
    LATE = "older than the version imported last"
    SAME = "the version imported last"
    DONE = "done before"
    STALE = "carried on by another message"
    BUSY = "another invocation is at work on it"
    SUPERSEDED = SUPERSEDED


class LedgerError(Exception):
    """The ledger is not as this worker left it."""


class SupersededError(Exception):
    """A newer version of the object waits: this import is to stop. What was done is counted."""


class Lease(NamedTuple):
    """A worker's right to a task, and how far the task has come."""

    file: File
    task: Task
    owner: str
    position: Position
    bytes_read: int
    parts: int
    """How many objects with rejects it has."""
    number: int
    """A plan's: of the next chunk."""


class Step(NamedTuple):
    """What a worker has done since the step before."""

    end: Position
    rows_written: int = 0
    rows_rejected: int = 0
    bytes_read: int = 0
    """Of the task so far."""
    has_part: bool = False
    """It wrote an object with rejects."""
    number: int = 0
    done: bool = False
    """The task is done."""
    handed_on: bool = False
    """Another invocation goes on."""
    fault: str = ""
    """Why the file cannot be imported."""


class _ChangedError(Exception):
    """A condition did not hold."""


class Ledger:
    """The ledger's table."""

    def __init__(
        self, client: AwsClient, table: str, now: Callable[[], float] = time.time, deadline: float | None = None
    ) -> None:
        """Wraps the table; `now` gives the time since the epoch, `deadline` is the client's."""
        self._client = client
        self._table = table
        self._now = now
        self._deadline = deadline

    def until(self, deadline: float) -> "Ledger":
        """Returns the ledger for one invocation: what passes by itself is waited out until then."""
        return Ledger(self._client, self._table, self._now, deadline)

    # Files.

    def arrive(self, file: File, chunks: int, planned: bool, clear: Callable[[str, int], None]) -> Verdict:
        """Begins the import of a file, if it is its turn.

        Args:
            file: what has arrived.
            chunks: how many it will have, as far as is known.
            planned: whether that is certain.
            clear: is called with each task of the object's import before, and how many objects of rejects it has.
        """
        for _ in range(_ATTEMPTS):
            current = self._get(file.object, CURRENT)
            try:
                verdict = self._judge(file, current, clear) if current else Verdict.GO
                if verdict is Verdict.GO and not (current and _text(current, "sequencer") == file.sequencer):
                    self._begin(file, chunks, planned, current)
            except _ChangedError:
                continue
            return verdict
        raise LedgerError("the ledger keeps changing")

    def finish(self, file: File) -> str:
        """Ends an import all of whose chunks are done; returns its status if this has ended it, else `""`."""
        entry = self._get(file.object, file.version) or {}
        if (
            _text(entry, "sequencer") != file.sequencer
            or not entry["planned"]["BOOL"]
            or _number(entry, "chunks_done") < _number(entry, "chunks_total")
        ):
            return ""
        fault = _text(entry, "fault")
        status = "FAILED" if fault else "PARTIAL" if _number(entry, "rows_rejected") else "SUCCEEDED"
        return status if self._end(file, status, fault) else ""

    def stop(self, file: File) -> None:
        """Ends an import that a newer version supersedes."""
        self._end(file, "FAILED", SUPERSEDED)

    def give_up(self, file: File, task: Task, error: str) -> None:
        """Ends an import of which a task has become a dead letter. When that is redriven, the import goes on."""
        change = Expression().assign(status="FAILED", error=error, finished_at=self._time())
        change.add(given_up={task.name}).where("sequencer", "=", file.sequencer)
        change.where("status", "<>", "SUCCEEDED").where("status", "<>", "PARTIAL").without("fault")
        with contextlib.suppress(_ChangedError):  # it never began, or has ended in another way
            self._update(file.version, file, change)

    def _judge(self, file: File, current: Item, clear: Callable[[str, int], None]) -> Verdict:
        sequencer, holder = _text(current, "sequencer"), _text(current, "holder")
        if file.sequencer == sequencer:
            return Verdict.GO
        entry = self._get(file.object, holder) or {}
        if _is_late(file, current, entry):
            return Verdict.LATE
        same = file.version == holder and _text(entry, "status") != "FAILED" and "waiting" not in current
        self._announce(file, current, waits=not same)
        if same:
            return Verdict.SAME
        tasks = self._tasks(file.object, f"{holder}#{sequencer}#")
        if any(map(self._is_live, tasks)):
            return Verdict.WAIT
        for task in tasks:
            # One that was not done may have written one more than it has counted.
            clear(_text(task, "version").rpartition("#")[2], _number(task, "parts") + ("done" not in task))
        if _text(entry, "status") == "RUNNING":
            self.stop(file._replace(version_id=holder, sequencer=sequencer))
        return Verdict.GO

    def _announce(self, file: File, current: Item, waits: bool) -> None:
        change = Expression().assign(**_seen(file))
        if waits:
            change.assign(waiting=file.sequencer)
        # DynamoDB cannot tell which is newer: it holds that nothing was announced since this was judged.
        for name in ("sequencer", "seen"):
            change.where(name, "=", _text(current, name))
        self._update(CURRENT, file, change)

    def _begin(self, file: File, chunks: int, planned: bool, before: Item | None) -> None:
        current = {"holder": file.version, "sequencer": file.sequencer, **_seen(file)}
        condition = Expression()
        if before:
            condition.where("sequencer", "=", _text(before, "sequencer")).where("seen", "=", file.sequencer)
        else:
            condition.without("object")
        counters = ("rows_read", "rows_written", "rows_rejected", "bytes_read", "chunks_done")
        entry = {
            **dict.fromkeys(counters, 0),
            "status": "RUNNING",
            "bytes_total": file.size,
            "chunks_total": chunks,
            "planned": planned,
            "sequencer": file.sequencer,
            "started_at": self._time(),
        }
        self._transact(
            {"Put": {"Item": self._item(file, CURRENT, current), **condition.request()}},
            {"Put": {"Item": self._item(file, file.version, entry)}},
        )

    def _end(self, file: File, status: str, error: str) -> bool:
        change = Expression().assign(status=status, finished_at=self._time())
        if error:
            change.assign(error=error)
        change.where("sequencer", "=", file.sequencer).where("status", "=", "RUNNING")
        try:
            self._update(file.version, file, change)
        except _ChangedError:
            return False
        return True

    # Tasks.

    def acquire(self, file: File, task: Task, owner: str, until: float) -> Lease | Verdict:
        """Takes a lease on a task.

        Args:
            file: the file that it is a part of.
            task: as the message has it; the ledger may know that it has come further.
            owner: this invocation.
            until: when this invocation has surely ended, since the epoch.
        """
        for _ in range(_ATTEMPTS):
            current = self._get(file.object, CURRENT)
            if not current or _text(current, "sequencer") != file.sequencer or "waiting" in current:
                return Verdict.SUPERSEDED
            mark = self._get(file.object, _mark(file, task)) or {}
            if "done" in mark:
                return Verdict.DONE
            if _number(mark, "hop") > task.hop:
                return Verdict.STALE
            if self._is_live(mark) and _text(mark, "owner") != owner:
                return Verdict.BUSY
            lease = Lease(
                file,
                task,
                owner,
                Position(_number(mark, "offset"), _number(mark, "line")) if mark else task.position,
                _number(mark, "bytes_read"),
                _number(mark, "parts"),
                _number(mark, "number"),
            )
            try:
                self._take(lease, mark, until)
            except _ChangedError:
                continue
            return lease
        raise LedgerError("the ledger keeps changing")

    def count(self, lease: Lease, step: Step) -> Lease:
        """Counts a step; the lease ends with it if the task is done or handed on.

        Raises:
            SupersededError: a newer version waits; the step is counted, the lease has ended.
            LedgerError: the lease was lost.
        """
        ends = step.done or step.handed_on
        checks = [] if ends else [self._in_turn(lease.file)]
        try:
            self._transact(*checks, *self._counting(lease, step, ends))
        except _ChangedError:
            current = self._get(lease.file.object, CURRENT) or {}
            if ends or "waiting" not in current:
                raise LedgerError(f"the lease on {lease.task.name} was lost") from None
            self.count(lease, step._replace(handed_on=True))
            raise SupersededError from None
        return lease._replace(
            position=step.end,
            bytes_read=step.bytes_read,
            parts=lease.parts + step.has_part,
            number=step.number,
        )

    def _take(self, lease: Lease, mark: Item, until: float) -> None:
        change = Expression().assign(owner=lease.owner, lease_until=int(until) + 1, hop=lease.task.hop)
        if mark:
            change.where("revision", "=", _text(mark, "revision")).without("done")
        else:
            start, expiry = lease.task.position, int(self._now()) + _TASK_DAYS * 86_400
            change.assign(offset=start.offset, line=start.line, bytes_read=0, parts=0, number=0)
            change.assign(expires_at=expiry).without("object")
        change.assign(revision=uuid.uuid4().hex)
        writing = self._writing(_mark(lease.file, lease.task), lease.file, change)
        self._transact(self._in_turn(lease.file), writing, *self._resumption(lease))

    def _resumption(self, lease: Lease) -> list[dict[str, Any]]:
        """What takes back that a task was given up."""
        entry = self._get(lease.file.object, lease.file.version) or {}
        given_up = entry.get("given_up", {}).get("SS", [])
        if lease.task.name not in given_up:
            return []
        change = Expression().where("sequencer", "=", lease.file.sequencer)
        if len(given_up) == 1:
            change.assign(status="RUNNING").remove("error", "finished_at", "given_up")
        else:
            change.delete(given_up={lease.task.name})
        return [self._writing(lease.file.version, lease.file, change)]

    def _in_turn(self, file: File) -> dict[str, Any]:
        condition = Expression().where("sequencer", "=", file.sequencer).without("waiting")
        return {"ConditionCheck": {"Key": self._key(file, CURRENT), **condition.request()}}

    def _counting(self, lease: Lease, step: Step, ends: bool) -> list[dict[str, Any]]:
        file, task = lease.file, lease.task
        mark = Expression().assign(offset=step.end.offset, line=step.end.line, bytes_read=step.bytes_read)
        mark.assign(parts=lease.parts + step.has_part, number=step.number, revision=uuid.uuid4().hex)
        if step.done:
            mark.assign(done=True)
        if ends:
            mark.remove("owner", "lease_until")
        mark.where("owner", "=", lease.owner).where("offset", "=", lease.position.offset)
        mark.where("number", "=", lease.number)
        entry = Expression().add(
            rows_read=step.rows_written + step.rows_rejected,
            rows_written=step.rows_written,
            rows_rejected=step.rows_rejected,
            bytes_read=step.bytes_read - lease.bytes_read,
        )
        if step.fault:
            entry.assign_once(fault=step.fault)
        if step.done and task.name == PLAN:
            entry.assign(planned=True, chunks_total=step.number)
        elif step.done:
            entry.add(chunks_done=1)
        entry.where("sequencer", "=", file.sequencer)
        return [self._writing(_mark(file, task), file, mark), self._writing(file.version, file, entry)]

    def _is_live(self, mark: Item) -> bool:
        return _number(mark, "lease_until") + _CLOCKS_APART > self._now()

    # The table.

    def _get(self, object_: str, version: str) -> Item | None:
        key = {"object": value(object_), "version": value(version)}
        payload = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        return self._call("GetItem", payload).json().get("Item")

    def _tasks(self, object_: str, prefix: str) -> list[Item]:
        where = {
            "KeyConditionExpression": "#object = :object AND begins_with(#version, :prefix)",
            "ExpressionAttributeNames": {"#object": "object", "#version": "version"},
            "ExpressionAttributeValues": {":object": value(object_), ":prefix": value(prefix)},
        }
        payload = {"TableName": self._table, "ConsistentRead": True, **where}
        tasks: list[Item] = []
        while True:
            answer = self._call("Query", payload).json()
            tasks += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return tasks
            payload["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _update(self, version: str, file: File, change: Expression) -> None:
        # Every change made this way sets what it sets, so a repetition does no harm.
        self._change("UpdateItem", {"TableName": self._table, "Key": self._key(file, version), **change.request()})

    def _transact(self, *writes: dict[str, dict[str, Any]]) -> None:
        items = [{kind: {"TableName": self._table, **write}} for item in writes for kind, write in item.items()]
        # The token makes a repetition the same transaction.
        self._change("TransactWriteItems", {"TransactItems": items, "ClientRequestToken": uuid.uuid4().hex})

    def _change(self, operation: str, payload: dict[str, Any]) -> None:
        """Makes a change that may be repeated; the client waits out other workers' changes of the same items."""
        try:
            self._call(operation, payload, repeatable=True)
        except AwsError as error:
            if error.code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in error.message:
                raise _ChangedError from error
            raise

    def _call(self, operation: str, payload: dict[str, Any], *, repeatable: bool | None = None) -> Response:
        return self._client.call(dynamodb.request(operation, payload, repeatable=repeatable), deadline=self._deadline)

    def _writing(self, version: str, file: File, change: Expression) -> dict[str, Any]:
        return {"Update": {"Key": self._key(file, version), **change.request()}}

    def _key(self, file: File, version: str) -> Item:
        return {"object": value(file.object), "version": value(version)}

    def _item(self, file: File, version: str, attributes: dict[str, Any]) -> Item:
        return self._key(file, version) | {name: value(plain) for name, plain in attributes.items()}

    def _time(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seen(file: File) -> dict[str, str | int]:
    return {"seen": file.sequencer, "seen_digits": file.digits, "seen_event_time": file.event_time}


def _is_late(file: File, current: Item, entry: Item) -> bool:
    """Whether a version is older than the newest that was announced."""
    seen = Moment(_text(current, "seen"), _number(current, "seen_digits"), _number(current, "seen_event_time"))
    if not seen.digits and (begun := _text(entry, "started_at")) and file.event_time > milliseconds(begun):
        return False  # of what version 0.1 wrote this is known: what happened after its import began is newer
    return file.moment.precedes(seen)


def _mark(file: File, task: Task) -> str:
    return f"{file.version}#{file.sequencer}#{task.name}"


def _text(item: Item, name: str) -> str:
    return item.get(name, {}).get("S", "")


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {}).get("N", 0))
