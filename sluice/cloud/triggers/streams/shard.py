"""The progress of a mapping in one shard."""

from collections.abc import Iterable
from typing import Any

from sluice.cloud.triggers.streams.lanes import Lane
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.reading import PAGE_RECORDS, ShardReader
from sluice.cloud.triggers.streams.records import Record


class Shard:
    """A shard that is being read, and its lanes. Not safe for threads; the poller locks.

    Attributes:
        lanes: as many as batches may run at once; all records of a partition key are in the same lane.
        served: the lanes that a worker is busy with.
        failures: how many reads in a row failed.
        answer: the last question of `StreamPoller.wait_idle` asked before a read that found nothing more.
    """

    def __init__(self, shard_id: str, reader: ShardReader, mapping: StreamMapping) -> None:
        self.id = shard_id
        self.reader = reader
        self.lanes: list[Lane] = []
        self.served: set[Lane] = set()
        self.failures = 0
        self.answer = 0
        self._next_read = 0.0
        self._more_at_once = True
        self._configure(mapping)

    def _configure(self, mapping: StreamMapping) -> None:
        self.lanes = [Lane(mapping) for _ in range(mapping.parallelization_factor)]
        self._read_ahead = mapping.batch_size * mapping.parallelization_factor + PAGE_RECORDS

    def change(self, mapping: StreamMapping, streams: Any, now: float) -> None:
        """Takes another configuration, while no lane is served: unsettled records are put into new lanes."""
        self.reader.use(streams)
        records = [
            record for lane in self.lanes for record in lane.records()
        ]  # the records of a key are in one lane, in order
        self._configure(mapping)
        self.add(records, now)

    @property
    def unsettled(self) -> int:
        """How many records are neither processed nor discarded."""
        return sum(lane.unsettled for lane in self.lanes)

    @property
    def oldest(self) -> float | None:
        """When the oldest of those changes was made, in seconds since the epoch; None if all are settled."""
        firsts = (next(lane.records(), None) for lane in self.lanes)
        return min((record.created for record in firsts if record), default=None)

    @property
    def is_done(self) -> bool:
        """Whether the shard is closed, and all of it settled."""
        return self.reader.ended and not self.unsettled

    def is_idle(self, question: int) -> bool:
        """Whether everything written before a question of `wait_idle` is settled."""
        return self.answer >= question and not self.unsettled

    @property
    def more_at_once(self) -> bool:
        """Whether the next read follows at once and is likely to find more."""
        return self._more_at_once and not self.failures and not self.reader.ended and not self._is_full

    @property
    def _is_full(self) -> bool:
        return self.unsettled >= self._read_ahead

    def read_at(self, question: int) -> float | None:
        """When to read next; None if not before records are settled.

        Args:
            question: the last question of `wait_idle`; if it is not answered yet, that is a reason to read now.
        """
        if self.reader.ended or self._is_full:
            return None
        return 0.0 if self.answer < question and not self.failures else self._next_read

    def due_at(self, lane: Lane) -> float | None:
        """When the lane needs a worker; None if that is not known, or it has one."""
        return None if lane in self.served else lane.due_at(more_at_once=self.more_at_once)

    def add(self, records: Iterable[Record], now: float) -> None:
        """Adds records behind the others of their keys."""
        for record in records:
            self.lanes[record.group % len(self.lanes)].add(record, now)

    def has_read(self, count: int, next_poll: float) -> None:
        """Notes how many records a page held before filtering; after a full page the next read follows at once."""
        self.failures = 0
        self._more_at_once = count >= PAGE_RECORDS
        self._next_read = 0.0 if self._more_at_once else next_poll

    def has_failed(self, next_read: float) -> None:
        """Notes that a read failed."""
        self.failures += 1
        self._next_read = next_read
