"""A run's time: the schedule's, not the clock's, so that a repeated run is the same run."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.reporter.environment import SCHEDULED_TIME

_SKEW = timedelta(minutes=5)  # by which clocks may differ; AWS accepts as much in signatures


class NoScheduledTimeError(ValueError):
    """The event does not say the run's time."""


class FutureTimeError(ValueError):
    """The event's time is in the future: until then, its report would count as the newest."""


def scheduled_time(event: Mapping[str, Any], clock: Callable[[], float] = time.time) -> datetime:
    """Reads the scheduled time of an event, in UTC and whole seconds.

    Raises:
        NoScheduledTimeError: it is missing, or not a timestamp with an offset.
        FutureTimeError: it is ahead of the clock by more than clocks may differ.
    """
    at = _time_of(event)
    now = _now(clock)
    if at > now + _SKEW:
        raise FutureTimeError(
            f"the event's {SCHEDULED_TIME} is {stamp(at)}, and it is {stamp(now)}: a report counts what is there now, "
            "so its time may be at most five minutes ahead"
        )
    return at


def latest_stamp(clock: Callable[[], float] = time.time) -> str:
    """Returns the latest time that a report may have now, as `stamp` writes it."""
    return stamp(_now(clock) + _SKEW)


def _now(clock: Callable[[], float]) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)


def _time_of(event: Mapping[str, Any]) -> datetime:
    value = event.get(SCHEDULED_TIME)
    try:
        at = datetime.fromisoformat(value)  # type: ignore[arg-type]  # anything but a string is refused below
        if at.tzinfo is None:
            raise ValueError("no offset")
        return at.astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError) as error:
        raise NoScheduledTimeError(
            f"the event's {SCHEDULED_TIME} is {value!r}: expected a timestamp such as 2026-11-21T09:05:00Z, "
            "which the schedule's input <aws.scheduler.scheduled-time> becomes"
        ) from error


def stamp(time: datetime) -> str:
    """Writes a time as in reports and totals: `2026-11-21T09:05:00Z`; such texts sort by time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def object_key(time: datetime, kind: str) -> str:
    """Names an object of one report: `reports/date=2026-11-21/2026-11-21T09-05-00Z.json`, `.html`, and `.mail`."""
    return f"reports/date={time:%Y-%m-%d}/{time:%Y-%m-%dT%H-%M-%SZ}.{kind}"
