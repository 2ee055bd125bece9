"""Does the work of a message: begins a file, plans it, imports a chunk, and hands on what is left when time is up."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from handlers.importer.errors import FileError
from handlers.importer.items import transform
from handlers.importer.ledger.ledger import Lease, Ledger, Step, SupersededError, Verdict
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.messages import PLAN, File, Task, chunk, plan, text
from handlers.importer.reading.batches import Reader
from handlers.importer.reading.formats import by_name
from handlers.importer.reading.records import Position
from handlers.importer.reading.rows import Rows
from handlers.importer.reading.splitter import Chunk, chunks
from handlers.importer.reading.streams import FilePart
from handlers.importer.rejects import Rejects
from handlers.importer.settings import Settings
from handlers.importer.steps import StepItems
from handlers.importer.writer import Writer
from handlers.shared.aws.s3 import Bucket
from handlers.shared.deadlines import Deadlines

_RETURN_SECONDS = {Verdict.WAIT: 10, Verdict.BUSY: 30}
"""When to look again, if another import or another worker has to end first."""
_CHUNKS_SENT = 10
"""How many chunks are planned before they are sent and counted."""


class NoProgressError(Exception):
    """An invocation's whole time was not enough for one step."""


class Counts:
    """What an invocation has done.

    Attributes:
        ends: How the messages and the files ended.
    """

    def __init__(self) -> None:
        self.rows_written = 0
        self.rows_rejected = 0
        self.bytes_read = 0
        self.chunks_planned = 0
        self.ends: Counter[str] = Counter()


class Worker:
    """One invocation's worker."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        bucket: Callable[[str], Bucket],
        rejects: Rejects,
        writer: Writer,
        queue: Queue,
        deadlines: Deadlines,
        owner: str,
        until: float,
    ) -> None:
        """Lambda ends the invocation `owner` at `until`, in seconds since the epoch."""
        self._settings = settings
        self._ledger = ledger
        self._bucket = bucket
        self._rejects = rejects
        self._writer = writer
        self._queue = queue
        self._deadlines = deadlines
        self._owner = owner
        self._until = until
        self.counts = Counts()

    def work(self, file: File, task: Task | None) -> None:
        """Does a message's work, or as much of it as there is time for.

        Raises:
            AwsError: a service cannot be reached or refuses; the message may be tried again.
            LedgerError, QueueError, NoProgressError: likewise.
        """
        verdict = Verdict.GO if task else self._arrive(file)
        if verdict is not Verdict.GO:
            self._leave(file, task, verdict)
            return
        task = task or self.first_task(file)
        lease = self._ledger.acquire(file, task, self._owner, self._until)
        if isinstance(lease, Verdict):
            self._leave(file, task, lease)
            return
        try:
            rows = self._open(lease)
            reader = None if task.name == PLAN else rows.reader(self._settings.schema, transform.TRANSFORM)
        except FileError as error:
            step = Step(lease.position, bytes_read=lease.bytes_read, number=lease.number, done=True, fault=str(error))
            self._count(lease, step)
            return
        try:
            self._import(lease, rows, reader) if reader else self._plan(lease, rows)
        except SupersededError:
            self._leave(file, task, Verdict.SUPERSEDED)
        finally:
            rows.close()

    def first_task(self, file: File) -> Task:
        """What the import of a file begins with: a plan if it is to be split, else a chunk that is all of it."""
        return plan(file.size) if self._is_split(file) else chunk(0, Position(0, 1), file.size)

    def _is_split(self, file: File) -> bool:
        try:
            gzipped = by_name(file.key).gzipped
        except FileError:
            return False  # the ledger will say why it cannot be imported
        return file.size > self._settings.chunk_bytes and not gzipped and not self._settings.ordered

    def _arrive(self, file: File) -> Verdict:
        split = self._is_split(file)
        count = math.ceil(file.size / self._settings.chunk_bytes) if split else 1
        return self._ledger.arrive(file, count, not split, lambda task, parts: self._rejects.delete(file, task, parts))

    def _leave(self, file: File, task: Task | None, verdict: Verdict) -> None:
        """Ends the work on a message without doing it."""
        self.counts.ends[verdict.name.lower()] += 1
        if verdict in _RETURN_SECONDS:
            self._queue.send(text(file, task), _RETURN_SECONDS[verdict])
        elif verdict is Verdict.DONE:
            self._finish(file)  # who did it may have stopped just before this
        elif verdict is Verdict.SUPERSEDED:
            self._ledger.stop(file)

    def _finish(self, file: File) -> None:
        status = self._ledger.finish(file)
        if status:
            self.counts.ends[status.lower()] += 1

    def _open(self, lease: Lease) -> Rows:
        file, end = lease.file, lease.task.end
        return Rows(
            lambda start: FilePart(self._bucket(file.bucket), file, start, end),
            file.key,
            self._settings.gzip_limit_bytes,
            lease.position,
        )

    def _import(self, lease: Lease, rows: Rows, reader: Reader) -> None:
        batches = reader.batches(rows.stream.read, rows.position)
        begun_at = lease.position
        while True:
            items = StepItems(batches, reader.rejected, lease.position, self._deadlines)
            outcome = self._writer.write(items, items.refused, self._deadlines.calls)
            if outcome.error:
                raise outcome.error
            if not items.has_ended:
                raise NoProgressError(f"the time was over within a step, at byte {items.end.offset}")
            if items.end == begun_at and not (items.is_last or items.error):
                raise NoProgressError(f"no step was done in time, at byte {begun_at.offset}")
            step = self._step(lease, rows, items, outcome.written)
            if items.rejects:
                self._rejects.write(lease.file, lease.task.name, lease.parts, items.rejects)
            lease = self._count(lease, step)
            if items.error and not step.fault:
                raise items.error
            if step.done or step.handed_on:
                return

    def _step(self, lease: Lease, rows: Rows, items: StepItems, written: int) -> Step:
        fault = str(items.error) if isinstance(items.error, FileError) else ""
        handed_on = self._deadlines.work_is_over and not (items.is_last or items.error)
        if handed_on and lease.task.hop + 1 >= self._settings.hop_limit:
            fault = f"was not imported by {self._settings.hop_limit} invocations, one after the other"
        if rows.format.gzipped:
            bytes_read = lease.file.size if items.is_last else max(lease.bytes_read, rows.stream.source_bytes)
        else:
            end = lease.task.end if items.is_last else items.end.offset
            bytes_read = lease.bytes_read + end - lease.position.offset
        return Step(
            end=items.end,
            rows_written=written,
            rows_rejected=len(items.rejects),
            bytes_read=bytes_read,
            has_part=bool(items.rejects),
            done=items.is_last or bool(fault),
            handed_on=handed_on and not fault,
            fault=fault,
        )

    def _plan(self, lease: Lease, rows: Rows) -> None:
        ready: list[Chunk] = []
        fault = ""
        try:
            for piece in self._chunks(lease, rows):
                ready.append(piece)
                is_over = self._deadlines.work_is_over
                if is_over or len(ready) == _CHUNKS_SENT:
                    lease = self._send_chunks(lease, ready, handed_on=is_over)
                    ready = []
                if is_over:
                    return
        except FileError as error:
            fault = str(error)
        self._send_chunks(lease, ready, done=True, fault=fault)

    def _chunks(self, lease: Lease, rows: Rows) -> Iterable[Chunk]:
        """The chunks that are still to be planned; one if only reading from the start tells where rows begin."""
        if not rows.head.rules:
            return [Chunk(0, Position(0, 1), Position(lease.file.size, 1))]
        return chunks(
            rows.stream.read,
            rows.head.rules,
            self._settings.chunk_bytes,
            start=lease.position,
            number=lease.number,
            reading_from=rows.position,
        )

    def _send_chunks(
        self, lease: Lease, ready: Sequence[Chunk], *, done: bool = False, handed_on: bool = False, fault: str = ""
    ) -> Lease:
        # Sent before they are counted: a crash between the two sends the same chunks again, which does no harm.
        self._queue.send_all(text(lease.file, chunk(number, start, end.offset)) for number, start, end in ready)
        self.counts.chunks_planned += len(ready)
        end, number = (ready[-1].end, ready[-1].number + 1) if ready else (lease.position, lease.number)
        return self._count(lease, Step(end, number=number, done=done, handed_on=handed_on, fault=fault))

    def _count(self, lease: Lease, step: Step) -> Lease:
        """Enters a step in the ledger, and does what follows from it."""
        counted = self._ledger.count(lease, step)
        self.counts.rows_written += step.rows_written
        self.counts.rows_rejected += step.rows_rejected
        self.counts.bytes_read += step.bytes_read - lease.bytes_read
        if step.done:
            self.counts.ends["done"] += 1
            self._finish(lease.file)
        elif step.handed_on:
            self.counts.ends["handed_on"] += 1
            rest = lease.task._replace(start=step.end.offset, line=step.end.line, hop=lease.task.hop + 1)
            self._queue.send(text(lease.file, rest))
        return counted
