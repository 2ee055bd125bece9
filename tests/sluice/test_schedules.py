"""Schedules, against times counted by hand and against a reference that tries one minute after the other."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluice.schedules import Expression

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONTHS = ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def times(expression: str, count: int, moment: datetime = NOON) -> list[str]:
    parsed, found = Expression.parse(expression), []
    for _ in range(count):
        moment = parsed.after(moment)
        found.append(f"{moment:%Y-%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", ["2026-11-21T12:01", "2026-11-21T12:02"]),
        ("rate(2 hours)", ["2026-11-21T14:00", "2026-11-21T16:00"]),
        ("rate(1 day)", ["2026-11-22T12:00", "2026-11-23T12:00"]),
        ("cron(0 8 * * ? *)", ["2026-11-22T08:00", "2026-11-23T08:00"]),
        ("cron(00 08 01 01 ? 2027)", ["2027-01-01T08:00"]),
        ("cron(0/20 12-13 * * ? *)", ["2026-11-21T12:20", "2026-11-21T12:40", "2026-11-21T13:00"]),
        ("cron(30 9 ? * MON-FRI *)", ["2026-11-23T09:30", "2026-11-24T09:30"]),
        ("cron(0 0 ? * 1 *)", ["2026-11-22T00:00", "2026-11-29T00:00"]),  # 1 is Sunday
        ("cron(0 0 1 JAN,jul ? *)", ["2027-01-01T00:00", "2027-07-01T00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 1 1 ? 2030-2031)", ["2030-01-01T00:00", "2031-01-01T00:00"]),
        ("cron(0 8 L * ? *)", ["2026-11-30T08:00", "2026-12-31T08:00", "2027-01-31T08:00", "2027-02-28T08:00"]),
        ("cron(0 8 LW * ? *)", ["2026-11-30T08:00", "2026-12-31T08:00", "2027-01-29T08:00", "2027-02-26T08:00"]),
        ("cron(0 8 15W * ? *)", ["2026-12-15T08:00", "2027-01-15T08:00", "2027-02-15T08:00"]),
        ("cron(0 8 21W * ? *)", ["2026-12-21T08:00", "2027-01-21T08:00", "2027-02-22T08:00"]),  # Sunday the 21st
        ("cron(0 8 1W 5 ? *)", ["2027-05-03T08:00", "2028-05-01T08:00"]),  # Saturday the 1st: no day of April
        ("cron(0 8 31W 1,2 ? *)", ["2027-01-29T08:00", "2028-01-31T08:00"]),  # Sunday the 31st: no day of February
        ("cron(0 8 ? * L *)", ["2026-11-28T08:00", "2026-12-05T08:00"]),  # a week ends on Saturday
        ("cron(0 8 ? * 6L *)", ["2026-11-27T08:00", "2026-12-25T08:00"]),
        ("cron(0 8 ? * friL *)", ["2026-11-27T08:00", "2026-12-25T08:00"]),
        ("cron(0 8 ? * 6#1 *)", ["2026-12-04T08:00", "2027-01-01T08:00"]),
        ("cron(0 8 ? * MON#5 *)", ["2026-11-30T08:00", "2027-03-29T08:00"]),
    ],
)
def test_an_expression_names_its_next_times(expression, expected):
    assert times(expression, len(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(05 minutes)",
        "rate(٥ minutes)",
        "rate(99999999999 days)",
        "rate(5)",
        "at(2026-11-21T12:00:00)",
        "cron(0 8 * * ?)",
        "cron(60 8 * * ? *)",
        "cron(61 8 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 25 * * ? *)",
        "cron(0 8 32 * ? *)",
        "cron(0 8 0 * ? *)",
        "cron(0 8 * 13 ? *)",
        "cron(0 8 ? * 0 *)",
        "cron(0 8 ? * 8 *)",
        "cron(0 8 * * ? 1969)",
        "cron(0 8 * * ? 2200)",
        "cron(0 8 * * * *)",
        "cron(0 8 ? * ? *)",
        "cron(0 8 1 * MON *)",
        "cron(? 8 * * ? *)",
        "cron(0 8 * ? ? *)",
        "cron(5-1 8 * * ? *)",
        "cron(*-5 8 * * ? *)",
        "cron(5- 8 * * ? *)",
        "cron(5,,6 8 * * ? *)",
        "cron(0/0 8 * * ? *)",
        "cron(0/ 8 * * ? *)",
        "cron(0/60 8 * * ? *)",
        "cron(-1 8 * * ? *)",
        "cron(L 8 * * ? *)",
        "cron(0 8 W * ? *)",
        "cron(0 8 32W * ? *)",
        "cron(0 8 1,L * ? *)",
        "cron(0 8 1-15W * ? *)",
        "cron(0 8 ? * W *)",
        "cron(0 8 ? * 15W *)",
        "cron(0 8 ? * 6#0 *)",
        "cron(0 8 ? * 6#6 *)",
        "cron(0 8 ? * 6# *)",
        "cron(0 8 ? * #1 *)",
        "cron(0 8 ? * 3#1,6#3 *)",
        "cron(0 8 ? * 2/2 *)",
        "cron(0 8 ? * 6#2L *)",
        "cron(0 8 30 2 ? *)",
        "cron(0 8 31 4,6,9,11 ? *)",
        "cron(0 8 29 2 ? 2027)",
        "cron(0 8 30W 2 ? *)",
    ],
)
def test_what_eventbridge_refuses_and_what_never_fires_is_refused_as_a_schedule(text):
    with pytest.raises(ValueError, match="schedule"):
        Expression.parse(text)


def test_a_refusal_names_the_field_its_bounds_and_what_was_found():
    with pytest.raises(ValueError, match=r"^the minutes of a schedule are 0 to 59, not '61'$"):
        Expression.parse("cron(61 8 * * ? *)")
    with pytest.raises(ValueError, match=r"^the days of the week of a schedule are 1 to 7 or SUN to SAT, not 'MO'$"):
        Expression.parse("cron(0 8 ? * MO *)")


def test_a_schedule_whose_years_have_passed_never_fires_again():
    with pytest.raises(ValueError, match="never fires again"):
        Expression.parse("cron(0 0 1 1 ? 2025)").after(NOON)


FOREVER = timedelta.max


@pytest.mark.parametrize(
    ("expression", "longest", "shortest"),
    [
        ("rate(5 minutes)", timedelta(minutes=5), timedelta(minutes=5)),
        ("rate(7 days)", timedelta(days=7), timedelta(days=7)),
        ("cron(* * * * ? *)", timedelta(minutes=1), timedelta(minutes=1)),
        ("cron(0/15 * * * ? *)", timedelta(minutes=15), timedelta(minutes=15)),
        ("cron(0 8 * * ? *)", timedelta(days=1), timedelta(days=1)),
        ("cron(0,10 8 * * ? *)", timedelta(hours=23, minutes=50), timedelta(minutes=10)),
        ("cron(59,0 23,0 * * ? *)", timedelta(hours=22, minutes=1), timedelta(minutes=1)),
        ("cron(0 8 ? * MON-FRI *)", timedelta(days=3), timedelta(days=1)),
        ("cron(0 8 ? * 6 *)", timedelta(days=7), timedelta(days=7)),
        ("cron(0 8 1 * ? *)", timedelta(days=31), timedelta(days=28)),
        ("cron(0 8 L * ? *)", timedelta(days=31), timedelta(days=28)),
        ("cron(0 8 ? * 6#1 *)", timedelta(days=35), timedelta(days=28)),
        ("cron(0 8 29 2 ? *)", timedelta(days=2921), timedelta(days=1461)),  # 2100 is no leap year
        ("cron(0 8 * * ? 2026)", FOREVER, timedelta(days=1)),
        ("cron(0 8 1 1 ? 2026)", FOREVER, FOREVER),
        ("cron(0 0 1 1 ? 2199)", FOREVER, FOREVER),  # the last year that EventBridge knows
        ("cron(0 0 29 2 ? 2196-2199)", FOREVER, FOREVER),
    ],
)
def test_the_gaps_between_runs_are_known(expression, longest, shortest):
    parsed = Expression.parse(expression)
    assert (parsed.longest_gap(), parsed.shortest_gap()) == (longest, shortest)


# The reference: whether a moment is one of a schedule's is asked for each minute by itself.


def matches(field: str, value: int, most: int, names: list[str]) -> bool:
    def number(text: str) -> int:
        return names.index(text) if text in names else int(text)

    def part(text: str) -> bool:
        span, slash, step = text.partition("/")
        first, dash, last = span.partition("-")
        low = 0 if first == "*" else number(first)
        high = number(last) if dash else most if slash or first == "*" else low
        least = 1 if first == "*" and (names or most == 31) else 1970 if first == "*" and most == 2199 else low
        return low <= value <= high and (value - least) % int(step or 1) == 0

    return any(part(text) for text in field.split(","))


def is_its_day(day: datetime, month_day: str, month: str, weekday: str, year: str) -> bool:
    if not matches(month, day.month, 12, MONTHS) or not matches(year, day.year, 2199, []):
        return False
    last_of_month = (day + DAY).month != day.month
    if month_day == "L":
        return last_of_month
    month_days = [day + (n - day.day) * DAY for n in range(1, 32)] if month_day.endswith("W") else []
    workdays = [other.day for other in month_days if other.month == day.month and other.weekday() < 5]
    if month_day == "LW":
        return day.day == workdays[-1]
    if month_day.endswith("W"):
        wanted = int(month_day[:-1])
        exists = (day + (wanted - day.day) * DAY).month == day.month
        return exists and day.day == min(workdays, key=lambda other: abs(other - wanted))
    if month_day != "?":
        return matches(month_day, day.day, 31, [])
    aws = WEEKDAYS.index(f"{day:%a}".upper())
    if "#" in weekday:
        wanted, _, which = weekday.partition("#")
        return matches(wanted, aws, 7, WEEKDAYS) and (day.day - 1) // 7 + 1 == int(which)
    if weekday == "L":
        return aws == 7
    if weekday.endswith("L"):
        return matches(weekday[:-1], aws, 7, WEEKDAYS) and (day + 7 * DAY).month != day.month
    return matches(weekday, aws, 7, WEEKDAYS)


def slowly(fields: tuple[str, ...], moment: datetime, until: datetime) -> datetime | None:
    minute, hour, *days = fields
    tried = moment.replace(second=0, microsecond=0) + MINUTE
    while tried <= until:
        if is_its_day(tried, *days):
            end = tried.replace(hour=23, minute=59)
            while tried <= end:
                if matches(minute, tried.minute, 59, []) and matches(hour, tried.hour, 23, []):
                    return tried
                tried += MINUTE
        else:
            tried = tried.replace(hour=0, minute=0) + DAY
    return None


def plain(least: int, most: int, names: list[str], *, steps: bool = True) -> st.SearchStrategy[str]:
    value = st.integers(least, most).map(lambda n: names[n] if names and n % 2 else str(n))
    ordered = st.tuples(st.integers(least, most), st.integers(least, most)).map(sorted)
    span = ordered.map(lambda pair: f"{pair[0]}-{pair[1]}")
    step = st.integers(1, min(most, 99)).map(lambda n: f"/{n}")
    part = st.one_of(value, span)
    if steps:
        part = st.one_of(part, st.tuples(st.one_of(st.just("*"), value, span), step).map("".join))
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


DAYS = st.one_of(
    st.tuples(
        st.one_of(plain(1, 31, []), st.just("L"), st.just("LW"), st.integers(1, 31).map(lambda n: f"{n}W")),
        plain(1, 12, MONTHS),
        st.just("?"),
    ),
    st.tuples(
        st.just("?"),
        plain(1, 12, MONTHS),
        st.one_of(
            plain(1, 7, WEEKDAYS, steps=False),
            st.just("L"),
            st.sampled_from(WEEKDAYS[1:]).map(lambda name: f"{name}L"),
            st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
        ),
    ),
)
FIELDS = st.tuples(plain(0, 59, []), plain(0, 23, []), DAYS, st.one_of(st.just("*"), plain(2020, 2040, []))).map(
    lambda drawn: (drawn[0], drawn[1], *drawn[2], drawn[3])
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))


def parsed_or_passed_over(fields: tuple[str, ...]) -> Expression:
    try:
        return Expression.parse(f"cron({' '.join(fields)})")
    except ValueError as error:
        assume("never fires" not in str(error))
        raise


@settings(deadline=None)
@given(FIELDS, MOMENTS)
def test_the_next_time_is_the_one_that_trying_each_minute_finds(fields, moment):
    parsed, until = parsed_or_passed_over(fields), moment + timedelta(days=100)
    try:
        found = parsed.after(moment)
    except ValueError:
        found = None
    assert slowly(fields, moment, until) == (found if found and found <= until else None)


@settings(deadline=None)
@given(FIELDS, MOMENTS)
def test_no_gap_is_longer_or_shorter_than_the_ones_it_names(fields, moment):
    parsed, runs = parsed_or_passed_over(fields), []
    try:
        for _ in range(50):
            moment = parsed.after(moment)
            runs.append(moment)
    except ValueError:
        assert parsed.longest_gap() == FOREVER
    shortest, longest = parsed.shortest_gap(), parsed.longest_gap()
    assert all(shortest <= later - earlier <= longest for earlier, later in pairwise(runs))
