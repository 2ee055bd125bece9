"""A step of an import: the rows written between two updates of the ledger."""

from collections.abc import Callable, Iterator
from typing import Any

from handlers.importer.errors import FileError, Reject
from handlers.importer.items.rules import Item
from handlers.importer.reading.batches import Batch
from handlers.importer.reading.records import Position
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines

SECONDS = 10.0
"""Length of a step: how much a crash repeats, how often progress shows, how soon a newer version is noticed."""
_REJECT_BYTES = 4 << 20
"""A step ends when its rejects, which are in memory, reach this size."""


class StepItems:
    """The items of one step, for a writer, and its rejects.

    Attributes:
        end: How far the step has come.
        is_last: There are no more rows.
        has_ended: Every row before `end` was yielded; False if the writer stopped early.
        error: Why reading ended early.
    """

    def __init__(
        self,
        batches: Iterator[Batch],
        rejected: Callable[[tuple[int, Any], str], Reject],
        start: Position,
        deadlines: Deadlines,
    ) -> None:
        """Begins a step at `start`; `rejected` makes the rejects of items that DynamoDB refuses."""
        self.end = start
        self.rejects: list[Reject] = []
        self.skipped = 0
        self.is_last = False
        self.has_ended = False
        self.error: FileError | AwsError | None = None
        self._batches = batches
        self._rejected = rejected
        self._start = start
        self._deadlines = deadlines
        self._stop_at = min(deadlines.clock() + SECONDS, deadlines.work)
        self._reject_bytes = 0

    def __iter__(self) -> Iterator[Item]:
        """Yields the items to write."""
        while not self._is_enough():
            try:
                batch = next(self._batches, None)
            except (FileError, AwsError) as error:
                self.error = error
                break
            if not batch:
                self.is_last = True
                break
            self.end = batch.end
            self.skipped += batch.skipped
            for reject in batch.rejects:
                self._keep(reject)
            yield from batch.items
        self.has_ended = True

    def refused(self, source: tuple[int, Any], reason: str) -> None:
        """Rejects the row of an item that DynamoDB refused."""
        self._keep(self._rejected(source, reason))

    def _is_enough(self) -> bool:
        now = self._deadlines.clock()
        if self.end == self._start:  # as within a huge row, where no other invocation could continue
            return now >= self._deadlines.calls
        return now >= self._stop_at or self._reject_bytes >= _REJECT_BYTES

    def _keep(self, reject: Reject) -> None:
        self.rejects.append(reject)
        self._reject_bytes += len(reject.row) + len(reject.reason)
