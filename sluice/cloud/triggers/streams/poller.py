"""Runs an event source mapping: reads the stream, invokes the function, keeps order, and loses nothing."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, Thread
from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.triggers.streams.backoff import Backoff
from sluice.cloud.triggers.streams.filters import compile_filters
from sluice.cloud.triggers.streams.lanes import Lane
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.reading import ShardDescription, ShardReader, describe
from sluice.cloud.triggers.streams.records import encode, event_record
from sluice.cloud.triggers.streams.reporter import OnEvent, Reporter
from sluice.cloud.triggers.streams.shard import Shard
from sluice.cloud.triggers.streams.worker import Clients, Worker

_DISCOVERY_SECONDS = 10.0
_MAXIMUM_WORKERS = 64
_log = logging.getLogger(__name__)


def _ignore(_event: object) -> None:
    pass


class StreamPoller:
    """Runs one mapping, in threads of its own (`start`, `stop`) or in the caller's (`step`, `drain`).

    Calls to AWS that fail are repeated for ever and reported as `events.Delayed`. With LATEST the position is fixed by
    the time that `wait_idle` or `drain` first returns.

    Args:
        mapping: the mapping that it runs.
        clients: the clients that it uses.
        on_event: called with each of `sluice.cloud.triggers.streams.events`, from any of the poller's threads.
        clock: returns seconds since the epoch.
        backoff: the waits between retries.
        poll_seconds: how often it looks for records when there are none.
    """

    def __init__(
        self,
        mapping: StreamMapping,
        clients: Clients,
        *,
        on_event: OnEvent = _ignore,
        clock: Callable[[], float] = time.time,
        backoff: Backoff | None = None,
        poll_seconds: float = 0.25,  # "four times per second", as Lambda does
    ) -> None:
        self._clock, self._poll_seconds = clock, poll_seconds
        self._changed = Condition()  # guards the following attributes, and the shards
        self._on_event, self._backoff = on_event, backoff or Backoff()
        self._configure(mapping, clients)
        self._partition_key = ""
        self._shards: dict[str, Shard] = {}
        self._passed_over: set[str] = set()
        self._next_discovery = 0.0
        self._discovery_failures = 0
        self._discovered = 0
        self._question = 0
        self._stopping = False
        self._poked = False
        self._crash: BaseException | None = None
        self._thread: Thread | None = None

    def _configure(self, mapping: StreamMapping, clients: Clients) -> None:
        self.mapping, self._streams = mapping, clients.streams
        self._matches = compile_filters(mapping.filters)
        self._reporter = Reporter(mapping, self._on_event, self._backoff)
        self._worker = Worker(
            mapping,
            clients,
            reporter=self._reporter,
            backoff=self._backoff,
            clock=self._clock,
            lock=self._changed,
        )

    # ---- running

    def change(self, mapping: StreamMapping, clients: Clients) -> None:
        """Takes another configuration of the same stream; unsettled records are batched again, with new retries.

        Raises:
            RuntimeError: it is running; stop it first.
        """
        if self._thread:
            raise RuntimeError("the poller runs: stop it first")
        self._configure(mapping, clients)
        for shard in self._shards.values():
            shard.change(mapping, clients.streams, self._clock())

    def start(self) -> None:
        """Starts, or continues after `stop`."""
        if self._thread:
            raise RuntimeError("the poller runs already")
        self._stopping = False
        self._thread = Thread(target=self._run, name=f"stream {self.mapping.function_name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops; returns once no invocation is running. Unsettled records are tried again after `start`.

        Raises:
            RuntimeError: the poller crashed; the cause is attached.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
            self._thread = None
        self._raise_crash()

    @property
    def lag(self) -> int:
        """How many records were read and are not settled."""
        with self._changed:
            return sum(shard.unsettled for shard in self._shards.values())

    @property
    def oldest(self) -> float | None:
        """When the oldest of those changes was made, in seconds since the epoch; None if all are settled."""
        with self._changed:
            return min(filter(None, (shard.oldest for shard in self._shards.values())), default=None)

    def wait_idle(self, timeout: float) -> bool:
        """Waits until everything written before this call is processed or discarded; False if it is not by then.

        Raises:
            RuntimeError: the poller crashed; the cause is attached.
        """
        with self._changed:
            self._question += 1
            question = self._question
            self._poke()
            idle = self._changed.wait_for(lambda: self._crash or self._reached(question), timeout)
        self._raise_crash()
        return bool(idle)

    def step(self) -> bool:
        """Does the work that is due now, in this thread; returns whether there was any."""
        return self._turn(lambda work, *arguments: work(*arguments))

    def drain(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Does in this thread the work that `wait_idle` waits for; `sleep` passes the time until something is due."""
        with self._changed:
            self._question += 1
            self._stopping = False
        while not self._reached(self._question):
            if not self.step():
                sleep(max(self._next_due() - self._clock(), 0.0))

    def _run(self) -> None:
        try:
            with ThreadPoolExecutor(_MAXIMUM_WORKERS, f"stream {self.mapping.function_name}") as workers:
                while not self._stopping:
                    self._turn(workers.submit)
                    with self._changed:
                        wait = self._next_due() - self._clock()
                        self._changed.wait_for(lambda: self._poked or self._stopping, max(wait, 0.0))
                        self._poked = False
        except BaseException as error:  # raised by stop() and wait_idle()
            self._break(error)

    def _turn(self, run: Callable[..., Any]) -> bool:
        """Discovers, reads, and serves the lanes that are due; `run` calls a function, here or in a worker."""
        busy = self._discover()
        for shard in list(self._shards.values()):
            busy = self._read(shard) or busy
            for lane in shard.lanes:
                with self._changed:
                    due = shard.due_at(lane)
                    if self._stopping or due is None or due > self._clock():
                        continue
                    shard.served.add(lane)
                busy = True
                run(self._serve, shard, lane)
        return busy

    def _next_due(self) -> float:
        with self._changed:
            moments: list[float | None] = [self._next_discovery]
            for shard in self._shards.values():
                moments.append(shard.read_at(self._question))
                moments += [shard.due_at(lane) for lane in shard.lanes]
        return min(moment for moment in moments if moment is not None)

    def _reached(self, question: int) -> bool:
        with self._changed:
            discovered = self._discovered >= question and self._next_discovery > 0.0
            return discovered and all(shard.is_done or shard.is_idle(question) for shard in self._shards.values())

    def _poke(self) -> None:
        self._poked = True
        self._changed.notify_all()

    def _break(self, error: BaseException) -> None:
        with self._changed:
            if not self._stopping:
                _log.error("the poller of mapping %s broke: it reads no further", self.mapping.uuid, exc_info=error)
            self._crash = self._crash or error
            self._stopping = True
            self._poke()

    def _raise_crash(self) -> None:
        if self._crash:
            raise RuntimeError(f"the poller of mapping {self.mapping.uuid} broke") from self._crash

    # ---- reading

    def _discover(self) -> bool:
        """Lists the shards, if that is due."""
        question, now = self._question, self._clock()
        waited_for = self._discovered < question and not self._discovery_failures
        if self._stopping or (now < self._next_discovery and not waited_for):
            return False
        try:
            self._partition_key, shards = describe(self._streams, self.mapping.stream_arn)
        except AWS_ERRORS as error:
            self._discovery_failures += 1
            wait = self._reporter.delayed(None, "DescribeStream", error, self._discovery_failures)
            self._next_discovery = now + wait
            return True
        with self._changed:
            self._begin(shards)
            self._discovery_failures = 0
            self._next_discovery = now + _DISCOVERY_SECONDS
            self._discovered = max(question, 1)
            self._changed.notify_all()
        return True

    def _begin(self, listed: list[ShardDescription]) -> None:
        """Begins with new shards whose parents are done."""
        latest = self.mapping.starting_position == "LATEST" and not self._discovered
        if latest:
            self._passed_over.update(shard.id for shard in listed if shard.closed)
        ahead = {shard.id for shard in listed} - self._passed_over
        ahead -= {shard.id for shard in self._shards.values() if shard.is_done}
        for shard in listed:
            if shard.id in ahead - self._shards.keys() and shard.parent not in ahead:
                # A shard that appears later began after the mapping: all of its records are new.
                start = "LATEST" if latest else "TRIM_HORIZON"
                reader = ShardReader(self._streams, self.mapping.stream_arn, shard.id, start)
                self._shards[shard.id] = Shard(shard.id, reader, self.mapping)

    def _read(self, shard: Shard) -> bool:
        """Reads one page, if that is due."""
        with self._changed:
            question, at = self._question, shard.read_at(self._question)
        if self._stopping or at is None or at > self._clock():
            return False
        try:
            page = shard.reader.read()
        except AWS_ERRORS as error:
            wait = self._reporter.delayed(shard.id, "GetRecords", error, shard.failures + 1)
            with self._changed:
                shard.has_failed(self._clock() + wait)
            return True
        passed = [event for record in page if self._matches(event := event_record(record, self.mapping.stream_arn))]
        records = [encode(event, self._partition_key) for event in passed]
        with self._changed:
            now = self._clock()
            shard.add(records, now)
            shard.has_read(len(page), now + self._poll_seconds)
            if not page:
                shard.answer = question
            self._look_for_children(shard)
            self._changed.notify_all()
        return True

    def _look_for_children(self, shard: Shard) -> None:
        if shard.is_done:
            self._next_discovery = 0.0

    # ---- serving

    def _serve(self, shard: Shard, lane: Lane) -> None:
        """Works on a lane until nothing is due in it."""
        try:
            while True:
                with self._changed:
                    now = self._clock()
                    work = None if self._stopping else lane.take(now, more_at_once=shard.more_at_once)
                    self._look_for_children(shard)
                    self._poke()
                    if work is None:
                        shard.served.discard(lane)
                        return
                self._worker.perform(shard.id, lane, work)
        except BaseException as error:
            self._break(error)
            raise
