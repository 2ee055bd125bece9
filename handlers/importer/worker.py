"""Does a message's work: begins a file, plans it or imports a chunk, and hands on the rest when time is up."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from handlers.importer.errors import FileError
from handlers.importer.items.transform import load
from handlers.importer.ledger.entries import Lease, Step
from handlers.importer.ledger.ledger import Ledger, Refusal, Verdict
from handlers.importer.queue.companions import is_companion
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.messages import PLAN, File, Task, chunk, plan, text
from handlers.importer.reading.batches import Reader
from handlers.importer.reading.formats import is_surely_streamed
from handlers.importer.reading.records import Position, Read
from handlers.importer.reading.rows import Rows
from handlers.importer.reading.splitter import Chunk, chunks
from handlers.importer.reading.streams import FilePart
from handlers.importer.rejects import Rejects
from handlers.importer.settings import Settings
from handlers.importer.steps import StepItems
from handlers.shared.aws.batch_writer import Outcome
from handlers.shared.aws.s3_stream import StreamingBucket
from handlers.shared.deadlines import Deadlines

_CHUNKS_SENT = 10
"""Chunks that are planned before they are sent and counted."""
_BYTES_A_UNIT = 16
"""Length of a short row, which takes one write unit."""
_LEAST_BYTES = 64


class NoProgressError(Exception):
    """An invocation's time was not enough for one step."""


class Counts:
    """What an invocation has done; `ends` counts how messages and files ended."""

    def __init__(self) -> None:
        self.rows_written = 0
        self.rows_rejected = 0
        self.rows_skipped = 0
        self.bytes_read = 0
        self.chunks_planned = 0
        self.ends: Counter[str] = Counter()

    def end(self, how: str) -> None:
        """Counts how a message or a file ended; `""` if it did not."""
        if how:
            self.ends[how.lower()] += 1


class Worker:
    """One invocation's worker; `counts` says what it has done."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        bucket: Callable[[str], StreamingBucket],
        rejects: Rejects,
        write: Callable[..., Outcome],
        queue: Queue,
        deadlines: Deadlines,
        owner: str,
        until: float,
    ) -> None:
        """`write` is `batch_writer.write` for the table; Lambda ends `owner` at `until`, in seconds since the epoch."""
        self.counts = Counts()
        self._settings = settings
        self._ledger = ledger
        self._bucket = bucket
        self._rejects = rejects
        self._write = write
        self._queue = queue
        self._deadlines = deadlines
        self._owner = owner
        self._until = until

    def work(self, file: File, task: Task | None) -> None:
        """Does a message's work, or as much as time allows.

        Raises:
            AwsError: A service refuses or cannot be reached; the message may be retried.
            LedgerError, QueueError, NoProgressError: Likewise.
        """
        if not task and is_companion(file.key.removeprefix(self._settings.prefix), self._settings.ignore):
            self._ledger.ignore(file)
            self.counts.end("ignored")
            return
        first = task or self.first_task(file)
        chunk_count = -(-file.size // self._settings.chunk_bytes) if first.name == PLAN else 1
        lease = self._ledger.take(file, first, self._owner, self._until, 0 if task else chunk_count)
        if isinstance(lease, Refusal):
            self._leave(file, task if lease.verdict is Verdict.WAIT else first, lease)
            return
        try:
            rows = self._open(lease)
            reader = None if first.name == PLAN else rows.reader(self._settings.schema, load(self._settings.transform))
        except FileError as error:
            step = Step(lease.position, bytes_read=lease.bytes_read, number=lease.number, done=True, fault=str(error))
            self._count(lease, step)
            return
        try:
            self._import(lease, rows, reader) if reader else self._plan(lease, rows)
        finally:
            rows.close()

    def first_task(self, file: File) -> Task:
        """Returns the first task of a file's import: a plan if it is to be split, else one chunk of the whole file."""
        is_small = file.size <= self._settings.chunk_bytes
        is_split = not (is_small or self._settings.ordered or is_surely_streamed(file.key, self._settings.format))
        return plan(file.size) if is_split else chunk(0, Position(0, 1), file.size)

    def _leave(self, file: File, task: Task | None, refusal: Refusal) -> None:
        self.counts.end(refusal.verdict.name)
        self.counts.end(refusal.status)
        if refusal.return_seconds:
            self._queue.send(text(file, task), refusal.return_seconds)

    def _open(self, lease: Lease) -> Rows:
        file, end = lease.file, lease.task.end
        return Rows(
            lambda start: FilePart(self._bucket(file.bucket), file, start, end),
            file.key,
            self._settings.gzip_limit_bytes,
            lease.position,
            self._settings.format,
        )

    # Chunks.

    def _import(self, lease: Lease, rows: Rows, reader: Reader) -> None:
        batches = reader.batches(self._in_small_pieces(rows.stream.read), rows.position)
        begun_at = lease.position
        while True:
            items = StepItems(batches, reader.rejected, lease.position, self._deadlines)
            outcome = self._write(items, on_reject=items.refused, deadline=self._deadlines.calls)
            if outcome.error:
                raise outcome.error
            if not items.has_ended:
                raise NoProgressError(f"the time was over within a step, at byte {items.end.offset}")
            if items.end == begun_at and not (items.is_last or items.error):
                raise NoProgressError(f"no step was done in time, at byte {begun_at.offset}")
            step = self._step(lease, rows, items, outcome.written)
            if items.rejects:
                self._rejects.write(lease.file, lease.task.name, lease.parts, items.rejects)
            following = self._count(lease, step)
            if not following:
                return
            if items.error:
                raise items.error
            lease = following

    def _in_small_pieces(self, read: Read) -> Read:
        """Limits reads to what can be written soon: a step can end only at the end of a piece."""
        units = self._settings.write_units
        if not units:
            return read
        most = max(int(units * _BYTES_A_UNIT), _LEAST_BYTES)
        return lambda size: read(min(size, most))

    def _step(self, lease: Lease, rows: Rows, items: StepItems, written: int) -> Step:
        fault = str(items.error) if isinstance(items.error, FileError) else ""
        handed_on = self._deadlines.work_is_over and not (items.is_last or items.error)
        if handed_on and lease.task.hop + 1 >= self._settings.hop_limit:
            fault = f"was not imported by {self._settings.hop_limit} invocations, one after the other"
        if rows.is_streamed:
            bytes_read = lease.file.size if items.is_last else max(lease.bytes_read, rows.stored_bytes_read)
        else:
            end = lease.task.end if items.is_last else items.end.offset
            bytes_read = lease.bytes_read + end - lease.position.offset
        return Step(
            end=items.end,
            rows_written=written,
            rows_rejected=len(items.rejects),
            rows_skipped=items.skipped,
            bytes_read=bytes_read,
            has_part=bool(items.rejects),
            done=items.is_last or bool(fault),
            handed_on=handed_on and not fault,
            fault=fault,
        )

    # Plans.

    def _plan(self, lease: Lease, rows: Rows) -> None:
        ready: list[Chunk] = []
        fault = ""
        try:
            for piece in self._chunks(lease, rows):
                ready.append(piece)
                is_over = self._deadlines.work_is_over
                if is_over or len(ready) == _CHUNKS_SENT:
                    following = self._send_chunks(lease, ready, handed_on=is_over)
                    if not following:
                        return
                    lease, ready = following, []
        except FileError as error:
            fault = str(error)
        self._send_chunks(lease, ready, done=True, fault=fault)

    def _chunks(self, lease: Lease, rows: Rows) -> Iterable[Chunk]:
        """Yields the chunks still to be planned; a single one if only reading from the start tells where rows begin."""
        if not rows.rules:
            return [] if lease.number else [Chunk(0, Position(0, 1), Position(lease.file.size, 1))]
        return chunks(
            rows.stream.read,
            rows.rules,
            self._settings.chunk_bytes,
            start=lease.position,
            number=lease.number,
            reading_from=rows.position,
        )

    def _send_chunks(
        self, lease: Lease, ready: Sequence[Chunk], *, done: bool = False, handed_on: bool = False, fault: str = ""
    ) -> Lease | None:
        # Sent before they are counted: a crash in between sends the same chunks again, which does no harm.
        self._queue.send_all(text(lease.file, chunk(number, start, end.offset)) for number, start, end in ready)
        self.counts.chunks_planned += len(ready)
        end, number = (ready[-1].end, ready[-1].number + 1) if ready else (lease.position, lease.number)
        return self._count(lease, Step(end, number=number, done=done, handed_on=handed_on, fault=fault))

    def _count(self, lease: Lease, step: Step) -> Lease | None:
        """Counts a step in the ledger and here, and hands on the rest; returns the lease to continue with, if any."""
        counted = self._ledger.count(lease, step)
        if counted.superseded:
            self.counts.end("superseded")
            return None
        self.counts.rows_written += step.rows_written
        self.counts.rows_rejected += step.rows_rejected
        self.counts.rows_skipped += step.rows_skipped
        self.counts.bytes_read += step.bytes_read - lease.bytes_read
        self.counts.end("done" if step.done else "")
        self.counts.end(counted.status)
        if counted.error:
            raise counted.error
        if step.handed_on:
            self.counts.end("handed_on")
            rest = lease.task._replace(start=step.end.offset, line=step.end.line, hop=lease.task.hop + 1)
            self._queue.send(text(lease.file, rest))
        return counted.lease
