"""Ranks dates as people and programs write them: the greater, the newer.

Points in time are ordered by time. Other texts rank below them, in text order; items without a date come last. Digits
alone are read before ISO 8601 is tried: Python would read the milliseconds 1710122301234 as a day and an hour of 1710.
The forms are in docs/report.md.
"""

import math
from datetime import UTC, datetime

from handlers.shared.attributes import AttributeValue, json_text

LONGEST = 1000
"""Longer names and dates are cut to this many characters, so that a few huge ones cannot fill the memory."""

USUAL_MARKS = "--T::Z"
"""The characters `[4::3]` of a date in the usual form."""

Recency = tuple[int, float | str]

_NO_DATE: Recency = (0, "")
_TEXT, _INSTANT = 1, 2

_CALENDAR = (8, 12, 14, 17, 20)  # digits of a day, a minute, a second, a millisecond, a microsecond
_CENTURIES = ("19", "20", "21")


def recency_of(date: AttributeValue | None) -> Recency:
    """Returns a date's rank: the greater, the newer."""
    if not date:
        return _NO_DATE
    text = date.get("S")
    if text is None:
        number = date.get("N")
        if number is not None:
            return _INSTANT, _seconds(number)
        return _NO_DATE if "NULL" in date else (_TEXT, json_text(date)[:LONGEST])
    if not text[:9].isdecimal():
        try:
            return _INSTANT, _timestamp(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            pass
    return _recency_of_text(text)


def usual_text(recency: Recency) -> str:
    """Returns the latest date in the usual form, `2026-11-21T09:05:00Z`, that ranks no higher; `""` if there is none.

    A text with the `USUAL_MARKS` in their places that sorts no later ranks no higher either.
    """
    _, instant = recency
    if isinstance(instant, str):
        return ""
    try:
        return f"{datetime.fromtimestamp(math.floor(instant), UTC).isoformat()[:19]}Z"
    except (OverflowError, OSError, ValueError):  # beyond the years of the calendar
        return ""


def _recency_of_text(text: str) -> Recency:
    bare = text.strip()
    if bare != text:
        return recency_of({"S": bare})
    if not text:
        return _NO_DATE
    if len(text) < 40 and text.removeprefix("-").replace(".", "", 1).isdecimal():
        return _INSTANT, _seconds(text)
    return _TEXT, text[:LONGEST]


def _seconds(number: str) -> float:
    """Reads a number: digits of the calendar, or a time since 1970 whose size tells its unit."""
    if len(number) in _CALENDAR and number.startswith(_CENTURIES) and number.isdecimal():
        try:
            return _timestamp(_calendar(number))
        except ValueError:  # no such day or hour
            pass
    value = float(number)
    for unit in (1.0, 1e3, 1e6):  # seconds reach 1e11 in the year 5138
        if abs(value) < 1e11 * unit:
            return value / unit
    return value / 1e9


def _calendar(digits: str) -> datetime:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    hour, minute, second = (int(digits[at : at + 2] or 0) for at in (8, 10, 12))
    return datetime(year, month, day, hour, minute, second, int(digits[14:].ljust(6, "0")), UTC)


def _timestamp(time: datetime) -> float:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
