"""Fires schedules as EventBridge Scheduler does: with the scheduled time in the input, retries, and dead letters."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.cloud.triggers.delivery import Target
from sluice.cloud.triggers.runners import Runner
from sluice.cloud.triggers.streams.events import Timed
from sluice.schedules import Expression

_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
_LATE = timedelta(minutes=1)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fired(Timed):
    """A schedule came due.

    Attributes:
        schedule: its name.
        function: the function that it invoked.
        scheduled_time: when it came due.
        error: why it was not delivered, in which case it is among the dead letters.
    """

    schedule: str
    function: str
    scheduled_time: str
    error: str | None


class Schedule(Runner):
    """Runs one schedule. The first time of a rate is one interval away; times while the machine sleeps are left out."""

    def __init__(
        self,
        configuration: dict[str, Any],
        lambda_: Any,
        sqs: Any,
        on_event: Callable[[Fired], None] = lambda _: None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        """Reads a schedule.

        Args:
            configuration: the response of `get_schedule`.
            lambda_: a client that may invoke the target.
            sqs: a client that may send to the dead letter queue.
            on_event: called each time that it comes due.
            now: returns the time, in UTC.
            wait: waits that many seconds and returns True if the schedule is to end. By default `stop` ends the wait.

        Raises:
            ValueError: EventBridge does not accept its expression.
        """
        self.name: str = configuration["Name"]
        self._expression = Expression.parse(configuration["ScheduleExpression"])
        self._target = Target(configuration["Target"], lambda_, sqs)
        self._input: str = configuration["Target"].get("Input", "{}")
        self._on_event = on_event
        super().__init__(f"schedule {self.name}")
        self._now, self._wait = now, wait or self._stopping.wait

    def fire(self, scheduled: datetime) -> None:
        """Delivers one event; if that fails, it goes to the dead letters."""
        stamp = f"{scheduled:%Y-%m-%dT%H:%M:%SZ}"
        error = self._target.deliver(self._input.replace(_SCHEDULED_TIME, stamp), self._stopping)
        self._on_event(Fired(self.name, self._target.arn.rpartition(":")[2], stamp, error))

    def _run(self) -> None:
        due = self._now()
        try:
            while True:
                due = self._expression.after(due)
                if due + _LATE < self._now():
                    continue
                if self._wait(max(0.0, (due - self._now()).total_seconds())):
                    return
                self._try_to_fire(due)
        except ValueError:
            _logger.info("schedule %s never fires again", self.name)

    def _try_to_fire(self, due: datetime) -> None:
        try:
            self.fire(due)
        except Exception:
            if not self._stopping.is_set():
                _logger.exception("schedule %s could not fire", self.name)
