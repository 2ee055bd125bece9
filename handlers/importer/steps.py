"""A step of an import: the rows that are written between two entries in the ledger."""

from collections.abc import Callable, Iterator
from typing import Any

from handlers.importer.errors import FileError, Reject
from handlers.importer.items.rules import Item
from handlers.importer.reading.batches import Batch
from handlers.importer.reading.records import Position
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines

SECONDS = 10.0
"""How long a step takes: what a crash repeats, how often progress shows, and how soon a newer version is noticed."""
_REJECT_BYTES = 4 << 20
"""A step ends when its rejects have grown to this, because they are in memory."""


class StepItems:
    """The items of one step, for a writer, and its rejects.

    Attributes:
        end: Where the step has come to.
        rejects: The rows that are not imported.
        skipped: How many rows stand for nothing.
        is_last: There are no more rows.
        has_ended: Every row before `end` has been given; not so if whoever took them stopped before.
        error: Why reading ended before the rows did.
    """

    def __init__(
        self,
        batches: Iterator[Batch],
        rejected: Callable[[tuple[int, Any], str], Reject],
        start: Position,
        deadlines: Deadlines,
    ) -> None:
        """Begins a step where a task stands; `rejected` makes rejects of what DynamoDB refuses."""
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
        """Gives the items to write."""
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
        """Keeps the reject of an item that DynamoDB refused."""
        self._keep(self._rejected(source, reason))

    def _is_enough(self) -> bool:
        now = self._deadlines.clock()
        if self.end == self._start:  # such as within a huge row, where nobody could go on
            return now >= self._deadlines.calls
        return now >= self._stop_at or self._reject_bytes >= _REJECT_BYTES

    def _keep(self, reject: Reject) -> None:
        self.rejects.append(reject)
        self._reject_bytes += len(reject.row) + len(reject.reason)
