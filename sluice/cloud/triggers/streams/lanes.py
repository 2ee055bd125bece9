"""The queue for one group of partition keys in a shard: its records leave in order, one batch at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from sluice.cloud.triggers.streams.batches import Batch, Discarded, expired
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import PAYLOAD_LIMIT, Record, payload_size

Work = Batch | Discarded


class Lane:
    """Holds records that were read and are not settled yet, and decides what is due.

    Not safe for threads; users that share it must lock. `take` hands out one piece of work, and nothing more until
    `settle` or `delay` has answered it.

    Attributes:
        unsettled: records that are neither processed nor discarded.
        delays: how often in a row the front could not be processed.
    """

    def __init__(self, mapping: StreamMapping) -> None:
        self._mapping = mapping
        self._gathered: deque[Record] = deque()
        self._gathered_bytes = 0
        self._window_opened = 0.0
        self._front: deque[Work] = deque()  # already tried; goes before newly gathered records
        self._not_before = 0.0
        self._taken: Work | None = None
        self._last_settled = 0.0
        self.unsettled = 0
        self.delays = 0

    def add(self, record: Record, now: float) -> None:
        """Adds a record behind all others."""
        if not self._gathered:
            self._window_opened = now
        self._gathered.append(record)
        self._gathered_bytes += len(record.body)
        self.unsettled += 1

    def due_at(self, *, more_at_once: bool) -> float | None:
        """When there is something to do; None if that takes a new record or an answer.

        Args:
            more_at_once: whether more records are being read right now, so that a batch may still fill.
        """
        if self._taken is not None:
            return None
        if self._front:
            return self._not_before
        if not self._gathered:
            return None
        if self._is_full():
            return 0.0
        window = self._mapping.maximum_batching_window_seconds
        if not window:
            return None if more_at_once else 0.0
        # "The next window begins as soon as the previous function invocation completes."
        return max(self._window_opened, self._last_settled) + window

    def take(self, now: float, *, more_at_once: bool) -> Work | None:
        """Hands out the work that is due, if any; records that are too old come as `Discarded`."""
        due = self.due_at(more_at_once=more_at_once)
        if due is None or due > now:
            return None
        work = self._front.popleft() if self._front else self._gather()
        if isinstance(work, Batch):
            old, rest = expired(work, self._mapping, now)
            if old:
                if rest:
                    self._front.appendleft(rest)
                work = old
        self._taken = work
        return work

    def records(self) -> Iterator[Record]:
        """The records that are not settled, in order."""
        for work in chain([self._taken] if self._taken else [], self._front):
            yield from (work if isinstance(work, Batch) else work.batch).records
        yield from self._gathered

    def settle(self, done: int, following: Iterable[Work] = (), not_before: float = 0.0, *, now: float) -> None:
        """Answers `take`: `done` records are finished, `following` comes next, not before the given time."""
        self._front.extendleft(reversed(tuple(following)))
        self._not_before = not_before
        self._taken = None
        self._last_settled = now
        self.unsettled -= done
        self.delays = 0

    def delay(self, until: float) -> None:
        """Answers `take`: the work failed; it stays at the front and is handed out again later."""
        if self._taken is None:
            raise RuntimeError("nothing was taken from this lane")
        self._front.appendleft(self._taken)
        self._not_before = until
        self._taken = None
        self.delays += 1

    def _is_full(self) -> bool:
        return (
            len(self._gathered) >= self._mapping.batch_size
            or payload_size(self._gathered_bytes, len(self._gathered)) >= PAYLOAD_LIMIT
        )

    def _gather(self) -> Batch:
        records: list[Record] = []
        size = 0
        while self._gathered and len(records) < self._mapping.batch_size:
            record = self._gathered[0]
            if records and payload_size(size + len(record.body), len(records) + 1) > PAYLOAD_LIMIT:
                break
            records.append(self._gathered.popleft())
            size += len(record.body)
        self._gathered_bytes -= size
        return Batch(records)
