from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.schedule import FutureTimeError, NoScheduledTimeError, object_key, scheduled_time, stamp
from tests.handlers.reporter.fakes import AT, STAMP


def test_the_scheduled_time_is_read_in_utc() -> None:
    assert scheduled_time({"scheduled_time": STAMP}) == AT
    assert scheduled_time({"scheduled_time": "2026-11-21T10:05:00.75+01:00"}) == AT


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"scheduled_time": None},
        {"scheduled_time": 1795251900},
        {"scheduled_time": ""},
        {"scheduled_time": "<aws.scheduler.scheduled-time>"},
        {"scheduled_time": "2026-11-21T09:05:00"},
        {"scheduled_time": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_an_event_without_a_real_timestamp_is_an_error_that_shows_it(event: dict[str, object]) -> None:
    with pytest.raises(NoScheduledTimeError, match=r"2026-11-21T09:05:00Z") as raised:
        scheduled_time(event)
    assert repr(event.get("scheduled_time")) in str(raised.value)


@pytest.mark.parametrize("ahead", ["2026-11-21T09:10:01Z", "2126-11-27T06:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_has_not_come_is_refused_and_shown_beside_the_clock(ahead: str) -> None:
    with pytest.raises(FutureTimeError, match=f"is {ahead}, and it is 2026-11-21T09:05:00Z"):
        scheduled_time({"scheduled_time": ahead}, AT.timestamp)


@pytest.mark.parametrize("soon", ["2026-11-21T09:10:00Z", "2026-11-21T09:05:00Z", "1999-12-31T23:59:59Z"])
def test_clocks_may_differ_by_five_minutes(soon: str) -> None:
    assert stamp(scheduled_time({"scheduled_time": soon}, AT.timestamp)) == soon


def test_objects_lie_under_the_date_and_sort_by_time() -> None:
    assert object_key(AT, "json") == "reports/date=2026-11-21/2026-11-21T09-05-00Z.json"


@given(
    st.lists(st.datetimes(datetime(1000, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)), min_size=2, max_size=2)
)
def test_stamps_sort_by_time(times: list[datetime]) -> None:
    whole = sorted(time.replace(microsecond=0) for time in times)
    assert [stamp(time) for time in whole] == sorted(map(stamp, times))
    late = datetime(9999, 1, 1, tzinfo=UTC).timestamp
    assert [scheduled_time({"scheduled_time": stamp(time)}, late) for time in whole] == whole
