"""Times derived from a schedule: how long a run may take, how long it is retried, when a missing run is noticed."""

from datetime import timedelta
from typing import NamedTuple

from sluice.schedules import Expression

_LONGEST_RUN_SECONDS = 240
_LONGEST_EVENT_AGE_SECONDS = 21_600
"""The longest that Lambda keeps an asynchronous event."""
_LONGEST_LOOK_BACK = timedelta(days=7)
_LONGEST_OF_SHORT_PERIODS = timedelta(days=1)
"""How far a CloudWatch alarm can look back: seven days, or one day where its periods are shorter than an hour."""


class Periods(NamedTuple):
    """How long an alarm looks back: a number of periods of some seconds each."""

    number: int
    seconds: int

    @property
    def hours(self) -> float:
        """The hours of all periods together."""
        return self.number * self.seconds / 3600


def timeout_seconds(every: str) -> int:
    """Returns how long a run may take: until the next one, at most four minutes."""
    return min(_LONGEST_RUN_SECONDS, _interval_seconds(every))


def event_age_seconds(every: str) -> int:
    """Returns how long a run is retried: until the next one, and long enough to retry a run that timed out.

    Lambda waits a minute before it retries, and gives up an event that is older than this by then.
    """
    once_more = timeout_seconds(every) + 2 * 60
    return min(max(_interval_seconds(every), once_more), _LONGEST_EVENT_AGE_SECONDS)


def silence(every: str) -> Periods | None:
    """Returns how long a schedule may be without runs: the longest gap and two intervals, at most seven days.

    None where runs may be seven days apart: no alarm can look back so far.
    """
    schedule = Expression.parse(every)
    gap = schedule.longest_gap()
    if gap >= _LONGEST_LOOK_BACK:
        return None
    window = min(gap + 2 * schedule.shortest_gap(), _LONGEST_LOOK_BACK)
    period = timedelta(minutes=5) if window <= _LONGEST_OF_SHORT_PERIODS else timedelta(hours=1)
    return Periods(-(-window // period), int(period.total_seconds()))


def _interval_seconds(every: str) -> int:
    """Returns the shortest time between two runs."""
    return int(Expression.parse(every).shortest_gap().total_seconds())
