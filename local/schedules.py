"""Fires schedules as EventBridge Scheduler does: with the scheduled time in the input, retries, and dead letters.

Expressions: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from local.delivery import Target

_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
_UNITS = {"minute": "minutes", "hour": "hours", "day": "days"}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_HORIZON = timedelta(days=366 * 8 + 2)
"""A cron expression that names no time in eight years names none."""
_LATE = timedelta(minutes=1)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Expression:
    """When a schedule fires.

    Attributes:
        interval: of a rate.
        fields: of a cron expression: the minutes, hours, days, months, weekdays and years that it allows; None: all.
    """

    interval: timedelta | None = None
    fields: tuple[frozenset[int] | None, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Expression":
        """Reads `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)`.

        Raises:
            ValueError: it is neither, or uses `L`, `W` or `#`, which are not run here.
        """
        rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text)
        if rate and int(rate[1]):
            return cls(interval=timedelta(**{_UNITS[rate[2]]: int(rate[1])}))
        cron = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", text)
        if not cron:
            raise ValueError(f"{text!r} is no schedule: write rate(5 minutes) or cron(0 8 * * ? *)")
        bounds = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, ()))
        return cls(fields=tuple(_field(part, *bound) for part, bound in zip(cron.groups(), bounds, strict=True)))

    def after(self, moment: datetime) -> datetime:
        """The next time after `moment`, which for a rate is the last one.

        Raises:
            ValueError: there is none.
        """
        if self.interval:
            return moment + self.interval
        minute, hour, day, month, weekday, year = self.fields
        found, end = moment.replace(second=0, microsecond=0) + timedelta(minutes=1), moment + _HORIZON
        while found < end:
            if not (
                _allows(year, found.year)
                and _allows(month, found.month)
                and _allows(day, found.day)
                and _allows(weekday, found.isoweekday() % 7 + 1)
            ):
                found = found.replace(hour=0, minute=0) + timedelta(days=1)
            elif not _allows(hour, found.hour):
                found = found.replace(minute=0) + timedelta(hours=1)
            elif not _allows(minute, found.minute):
                found += timedelta(minutes=1)
            else:
                return found
        raise ValueError("the schedule never fires")


class Fired(NamedTuple):
    """A schedule came due."""

    schedule: str
    function: str
    scheduled_time: str
    error: str | None
    """Why it was not delivered; it is among the dead letters then."""


class Schedule:
    """Runs one schedule in a thread of its own. Times that passed while the machine slept are left out."""

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
            configuration: what `get_schedule` returns.
            lambda_: a client that may invoke the target.
            sqs: a client that may send to the dead letters.
            on_event: told each time that it came due.
            now: the time, in UTC.
            wait: waits so many seconds; True if the schedule is to end. By default until `stop` is called.

        Raises:
            ValueError: its expression is none that is run here.
        """
        self.name: str = configuration["Name"]
        self._expression = Expression.parse(configuration["ScheduleExpression"])
        self._target = Target(configuration["Target"], lambda_, sqs)
        self._input: str = configuration["Target"].get("Input", "{}")
        self._on_event = on_event
        self._stopping = threading.Event()
        self._now, self._wait = now, wait or self._stopping.wait
        self._thread = threading.Thread(target=self._run, name=f"schedule {self.name}", daemon=True)

    def start(self) -> None:
        """Begins; the first time of a rate is one interval away."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; returns when nothing is under way."""
        self._stopping.set()
        self._thread.join()

    def fire(self, scheduled: datetime) -> None:
        """Delivers one event; what cannot be delivered goes to the dead letters."""
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


def _field(text: str, least: int, most: int, names: tuple[str, ...]) -> frozenset[int] | None:
    if text in ("*", "?"):
        return None
    allowed: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        low = least if first == "*" else _number(first, names, text)
        high = _number(last, names, text) if dash else (most if step or first == "*" else low)
        if not least <= low <= high <= most or step == "0":
            raise ValueError(f"{part!r} of a schedule is not between {least} and {most}")
        allowed.update(range(low, high + 1, int(step or 1)))
    return frozenset(allowed)


def _number(text: str, names: tuple[str, ...], field: str) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + 1
    if not text.isdecimal():
        raise ValueError(f"{field!r} of a schedule is not run here: numbers, names, ranges, lists and steps are")
    return int(text)


def _allows(field: frozenset[int] | None, value: int) -> bool:
    return field is None or value in field
