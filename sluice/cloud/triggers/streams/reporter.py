"""Reports the work of a mapping, for display."""

import logging
from collections.abc import Callable

from sluice.aws_errors import is_throttled
from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.backoff import Backoff
from sluice.cloud.triggers.streams.batches import Batch, Discarded, Outcome
from sluice.cloud.triggers.streams.mapping import StreamMapping

OnEvent = Callable[[events.Event], object]
_log = logging.getLogger(__name__)


class Reporter:
    """Makes the events of one mapping."""

    def __init__(self, mapping: StreamMapping, on_event: OnEvent, backoff: Backoff) -> None:
        self._on_event, self._backoff = on_event, backoff
        self._mapping, self._function = mapping.uuid, mapping.function_name

    def invoked(self, shard: str, batch: Batch, outcome: Outcome, seconds: float) -> None:
        """The function ran."""
        count = len(batch.records)
        failed = count - outcome.succeeded
        names = (self._mapping, self._function, shard)
        self._report(events.Invoked(*names, count, seconds, batch.retries, outcome.error, failed, *_ends(batch)))
        parts = tuple(len(part.records) for part in outcome.next if isinstance(part, Batch))
        if parts and not outcome.wait:
            self._report(events.Bisected(*names, count, parts))

    def discarded(self, shard: str, discarded: Discarded, destination: str | None) -> None:
        """Records were given up."""
        batch, names = discarded.batch, (self._mapping, self._function, shard)
        told = (len(batch.records), discarded.condition, destination)
        self._report(events.Discarded(*names, *told, *_ends(batch)))

    def delayed(self, shard: str | None, operation: str, error: Exception, attempt: int) -> float:
        """A call failed; `attempt` counts the failures in a row. Returns how long to wait before the next."""
        seconds = self._backoff.seconds(attempt)
        throttled = is_throttled(error)
        names = (self._mapping, self._function, shard)
        self._report(events.Delayed(*names, operation, str(error), throttled, seconds))
        return seconds

    def _report(self, event: events.Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # the display must not stop the stream
            _log.exception("showing %r failed", event)


def _ends(batch: Batch) -> tuple[str, str]:
    return batch.records[0].sequence_number, batch.records[-1].sequence_number
