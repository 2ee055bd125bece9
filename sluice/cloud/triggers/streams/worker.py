"""Does the work that a lane hands out: invokes the function, or delivers discarded records."""

from collections.abc import Callable
from threading import Condition
from typing import Any, NamedTuple

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.triggers.streams.backoff import Backoff
from sluice.cloud.triggers.streams.batches import Batch, Discarded, Response, settle
from sluice.cloud.triggers.streams.destinations import deliver
from sluice.cloud.triggers.streams.lanes import Lane, Work
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import payload
from sluice.cloud.triggers.streams.reporter import Reporter


class Clients(NamedTuple):
    """The SDK's clients of a mapping; they need no retries of their own."""

    streams: Any
    """With the function's role."""
    lambda_: Any
    """Its read timeout is longer than the function's."""
    s3: Any
    """For discarded records; with the function's role."""


class Worker:
    """Does a piece of work and answers its lane; threads may share a worker, each with its own lane."""

    def __init__(
        self,
        mapping: StreamMapping,
        clients: Clients,
        *,
        reporter: Reporter,
        backoff: Backoff,
        clock: Callable[[], float],
        lock: Condition,
    ) -> None:
        self._mapping, self._clients = mapping, clients
        self._reporter, self._backoff, self._clock, self._lock = reporter, backoff, clock, lock

    def perform(self, shard_id: str, lane: Lane, work: Work) -> None:
        """Does the work; if a call to AWS fails, the lane keeps it for later."""
        try:
            if isinstance(work, Batch):
                self._invoke(shard_id, lane, work)
            else:
                self._discard(shard_id, lane, work)
        except AWS_ERRORS as error:
            operation = "Invoke" if isinstance(work, Batch) else "Deliver"
            wait = self._reporter.delayed(shard_id, operation, error, lane.delays + 1)
            with self._lock:
                lane.delay(self._clock() + wait)

    def _invoke(self, shard_id: str, lane: Lane, batch: Batch) -> None:
        started = self._clock()
        response = self._call_function(payload(batch.records))
        now = self._clock()
        outcome = settle(batch, response, self._mapping, now)
        wait = self._backoff.seconds(batch.retries + 1) if outcome.wait else 0.0
        self._reporter.invoked(shard_id, batch, outcome, now - started)
        with self._lock:
            lane.settle(outcome.succeeded, outcome.next, now + wait, now=now)

    def _call_function(self, body: bytes) -> Response:
        answer = self._clients.lambda_.invoke(
            FunctionName=self._mapping.function_arn, InvocationType="RequestResponse", Payload=body
        )
        return Response(
            request_id=answer["ResponseMetadata"].get("RequestId", ""),
            status=answer["StatusCode"],
            executed_version=answer.get("ExecutedVersion", "$LATEST"),
            function_error=answer.get("FunctionError"),
            payload=answer["Payload"].read(),
        )

    def _discard(self, shard_id: str, lane: Lane, discarded: Discarded) -> None:
        has_destination = bool(self._mapping.on_failure)
        address = deliver(self._clients.s3, self._mapping, shard_id, discarded) if has_destination else None
        count = len(discarded.batch.records)
        self._reporter.discarded(shard_id, discarded, address)
        with self._lock:
            lane.settle(count, now=self._clock())
