"""When a schedule of EventBridge Scheduler fires: `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)`, in UTC.

Expressions that AWS refuses are refused here: fields, ranges and wildcards are those of
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, and `LW`, which AWS accepts too.
Standard library only: the settings, the alarms and the embedded cloud all use this module.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple

_UNITS = {"minute": "minutes", "hour": "hours", "day": "days"}
_RATE = re.compile(r"rate\((?:1 (minute|hour|day)|([2-9]|[1-9][0-9]{1,5}) (minute|hour|day)s)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")

_Days = Callable[[int, int], Sequence[int]]
"""The days of a month, in order, by the weekday of its first day (Monday is 0) and its length."""


class _Field(NamedTuple):
    """One field of a cron expression: its name, its least and greatest value, the names of values from 1."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()


_MINUTES = _Field("minutes", 0, 59)
_HOURS = _Field("hours", 0, 23)
_MONTH_DAYS = _Field("days of the month", 1, 31)
_MONTHS = _Field("months", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
_WEEKDAYS = _Field("days of the week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
_YEARS = _Field("years", 1970, 2199)


@dataclass(frozen=True)
class Expression:
    """When a schedule fires.

    Attributes:
        interval: the interval of a rate; None for a cron expression.
        minutes: of a day, from 0 to 1439, in order.
        days: of a month of a year, in order.
        months: from 1 to 12.
        years: from 1970 to 2199, in order.
    """

    interval: timedelta | None = None
    minutes: tuple[int, ...] = ()
    days: _Days = lambda _year, _month: []
    months: frozenset[int] = frozenset()
    years: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Expression":
        """Reads an expression.

        Raises:
            ValueError: EventBridge would refuse it, or it names no time at all.
        """
        if rate := _RATE.fullmatch(text):
            unit = rate[1] or rate[3]
            return cls(interval=timedelta(**{_UNITS[unit]: int(rate[2] or 1)}))
        cron = _CRON.fullmatch(text)
        if not cron:
            raise ValueError(f"{text!r} is not a schedule: write rate(5 minutes) or cron(0 8 * * ? *)")
        minute, hour, day, month, weekday, year = cron.groups()
        if (day == "?") == (weekday == "?"):
            raise ValueError(
                f"a schedule has ? for either the days of the month or those of the week, not {day} and {weekday}"
            )
        parsed = cls(
            minutes=tuple(60 * h + m for h in sorted(_values(hour, _HOURS)) for m in sorted(_values(minute, _MINUTES))),
            days=_days_of_the_month(day) if weekday == "?" else _days_of_the_week(weekday),
            months=_values(month, _MONTHS),
            years=tuple(sorted(_values(year, _YEARS))),
        )
        if next(parsed._ordinals(), None) is None:
            raise ValueError(f"{text!r} is a schedule that never fires: no year has such a day")
        return parsed

    def after(self, moment: datetime) -> datetime:
        """Returns the next time after a moment, which for a rate is the last one.

        Raises:
            ValueError: there is none.
        """
        if self.interval:
            return moment + self.interval
        moment = moment.astimezone(UTC)
        for day in self._ordinals(moment.date()):
            midnight = datetime.fromordinal(day).replace(tzinfo=UTC)
            for minute in self.minutes:
                if (time := midnight + timedelta(minutes=minute)) > moment:
                    return time
        raise ValueError("the schedule never fires again")

    def longest_gap(self) -> timedelta:
        """Returns the longest time from one run to the next; `timedelta.max` if there is a last run."""
        if self.interval:
            return self.interval
        return max(self._gaps(), default=timedelta.max) if self.years[-1] == _YEARS.most else timedelta.max

    def shortest_gap(self) -> timedelta:
        """Returns the shortest time from one run to the next; `timedelta.max` if there is only one run."""
        return self.interval or min(self._gaps(), default=timedelta.max)

    def _gaps(self) -> set[timedelta]:
        """The times from one run to the next: within a day, and from a day's last run to the next day's first."""
        overnight = timedelta(minutes=self.minutes[-1] - self.minutes[0])
        within = {timedelta(minutes=later - minute) for minute, later in pairwise(self.minutes)}
        days = {later - day for day, later in pairwise(self._ordinals())}
        return within | {timedelta(days=between) - overnight for between in days}

    def _ordinals(self, first: date = date.min) -> Iterator[int]:
        """The ordinals of the days that it fires on, from the first one on."""
        for year in self.years:
            for month in sorted(self.months) if year >= first.year else ():
                before = date(year, month, 1).toordinal() - 1
                for day in self.days(*calendar.monthrange(year, month)):
                    if before + day >= first.toordinal():
                        yield before + day


def _values(text: str, field: _Field) -> frozenset[int]:
    """The values that a field allows: `*`, values, ranges and steps, and lists of these."""
    allowed: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        low = field.least if first == "*" else _value(first, field, text)
        high = _value(last, field, text) if dash else (field.most if slash or first == "*" else low)
        # AWS's table of wildcards has no step for the days of the week.
        if low > high or (dash and first == "*") or (slash and (field is _WEEKDAYS or not _is_number(step, 1, field))):
            raise _refusal(text, field)
        allowed.update(range(low, high + 1, int(step or 1)))
    return frozenset(allowed)


def _value(text: str, field: _Field, whole: str) -> int:
    if text.upper() in field.names:
        return field.names.index(text.upper()) + 1
    if not _is_number(text, field.least, field):
        raise _refusal(whole, field)
    return int(text)


def _is_number(text: str, least: int, field: _Field) -> bool:
    return bool(re.fullmatch("[0-9]{1,4}", text)) and least <= int(text) <= field.most


def _refusal(text: str, field: _Field) -> ValueError:
    names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    return ValueError(f"the {field.name} of a schedule are {field.least} to {field.most}{names}, not {text!r}")


def _days_of_the_month(text: str) -> _Days:
    """Days by their number; `L`: the last; `15W`: the weekday nearest to the 15th; `LW`: the last weekday."""
    last, nearest = text.upper() in ("L", "LW"), text.upper().endswith("W")
    if not last and not nearest:
        allowed = sorted(_values(text, _MONTH_DAYS))
        return lambda _, length: [day for day in allowed if day <= length]
    number = None if last else _value(text[:-1], _MONTH_DAYS, text)

    def days(first: int, length: int) -> list[int]:
        day = number or length
        if day > length:
            return []
        return [_nearest_weekday(day, first, length) if nearest else day]

    return days


def _nearest_weekday(day: int, first: int, length: int) -> int:
    """The nearest weekday in the same month."""
    weekday = (first + day - 1) % 7
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def _days_of_the_week(text: str) -> _Days:
    """Days of each week; `L`: Saturdays; `6L`: the last Friday of the month; `6#3`: its third Friday."""
    weekday, numbered, which = text.partition("#")
    last = text.upper().endswith("L") and text.upper() != "L"
    if not numbered and not last:
        allowed = _values("SAT" if text.upper() == "L" else text, _WEEKDAYS)
    else:
        allowed = {_value(text[:-1] if last else weekday, _WEEKDAYS, text)}
    if numbered and not re.fullmatch("[1-5]", which):
        raise _refusal(text, _WEEKDAYS)
    some = slice(-1, None) if last else slice(int(which) - 1, int(which)) if numbered else slice(None)

    @cache
    def days(first: int, length: int) -> Sequence[int]:
        # AWS counts from Sunday, which is 1.
        return [day for day in range(1, length + 1) if (first + day) % 7 + 1 in allowed][some]

    return days
