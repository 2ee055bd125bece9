"""The time that a run stands for: the schedule's, not the clock's, so that a repeated run is the same run."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.reporter.environment import SCHEDULED_TIME

_SKEW = timedelta(minutes=5)  # that clocks may differ; AWS signs and verifies requests within as much


class NoScheduledTimeError(ValueError):
    """The event does not say which time the run stands for."""


class FutureTimeError(ValueError):
    """The event stands for a time that is still to come: its report would pass for the newest until then."""


def scheduled_time(event: Mapping[str, Any], clock: Callable[[], float] = time.time) -> datetime:
    """Reads the scheduled time of an event, in UTC and whole seconds.

    Raises:
        NoScheduledTimeError: it is missing, or no timestamp with an offset.
        FutureTimeError: it lies ahead of the clock by more than clocks differ.
    """
    at = _time_of(event)
    now = _now(clock)
    if at > now + _SKEW:
        raise FutureTimeError(
            f"the event's {SCHEDULED_TIME} is {stamp(at)}, and it is {stamp(now)}: a report counts what is there now, "
            "so it can stand for a time that has come, or is five minutes ahead at most"
        )
    return at


def latest_stamp(clock: Callable[[], float] = time.time) -> str:
    """Gives the latest time, as `stamp` writes it, that a report can stand for now."""
    return stamp(_now(clock) + _SKEW)


def _now(clock: Callable[[], float]) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)


def _time_of(event: Mapping[str, Any]) -> datetime:
    value = event.get(SCHEDULED_TIME)
    try:
        at = datetime.fromisoformat(value)  # type: ignore[arg-type]  # whatever is no string is refused below
        if at.tzinfo is None:
            raise ValueError("no offset")
        return at.astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError) as error:
        raise NoScheduledTimeError(
            f"the event's {SCHEDULED_TIME} is {value!r}: expected a timestamp such as 2026-11-21T09:05:00Z, "
            "which the schedule's input <aws.scheduler.scheduled-time> becomes"
        ) from error


def stamp(time: datetime) -> str:
    """Writes a time as reports and totals carry it: `2026-11-21T09:05:00Z`; such texts sort by time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def object_key(time: datetime, kind: str) -> str:
    """Names an object of one report: `reports/date=2026-11-21/2026-11-21T09-05-00Z.json`, `.html`, and `.mail`."""
    return f"reports/date={time:%Y-%m-%d}/{time:%Y-%m-%dT%H-%M-%SZ}.{kind}"
