"""The time that a run stands for: the schedule's, not the clock's, so that a repeated run is the same run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.reporter.environment import SCHEDULED_TIME


class NoScheduledTimeError(ValueError):
    """The event does not say which time the run stands for."""


def scheduled_time(event: Mapping[str, Any]) -> datetime:
    """Reads the scheduled time of an event, in UTC and whole seconds.

    Raises:
        NoScheduledTimeError: it is missing, or no timestamp with an offset.
    """
    value = event.get(SCHEDULED_TIME)
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]  # whatever is no string is refused below
        if time.tzinfo is None:
            raise ValueError("no offset")
        return time.astimezone(UTC).replace(microsecond=0)
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
