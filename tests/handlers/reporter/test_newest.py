from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.newest import LONGEST, Attributes, Newest, merged, recency_of
from tests.handlers.reporter.fakes import unhurried

ATTRIBUTES = Attributes("name", "date", ("id",))

DATES = st.one_of(
    st.none(),
    st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda time: {"S": time.isoformat()}),
    st.dates().map(lambda date: {"S": date.isoformat()}),
    st.integers(-(10**37), 10**37).map(lambda number: {"N": str(number)}),
    st.text(max_size=40).map(lambda text: {"S": text}),
    st.just({"NULL": True}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"L": [{"S": "a"}]}),
)


def row(key: str, date: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": {"S": key}, "name": {"S": f"n{key}"}} | ({"date": date} if date else {})


def keys(newest: list[Any]) -> list[str]:
    return [item.key["id"]["S"] for item in newest]


@unhurried
@given(st.lists(DATES, max_size=60), st.integers(1, 10), st.integers(1, 4))
def test_the_newest_items_are_chosen_whatever_the_dates_look_like(dates: list[Any], limit: int, parts: int) -> None:
    rows = [row(str(number), date) for number, date in enumerate(dates)]
    selections = [Newest(limit, ATTRIBUTES) for _ in range(parts)]
    for number, selection in enumerate(selections):
        selection.offer(rows[number::parts])
    chosen = merged(selections, limit)
    best = sorted((recency_of(date) for date in dates), reverse=True)[:limit]
    assert [recency_of(item.date) for item in chosen] == best
    assert all(len(selection.entries()) <= limit for selection in selections)


def test_of_items_equally_old_the_first_found_are_kept() -> None:
    newest = Newest(2, ATTRIBUTES)
    newest.offer([row("a", None), row("b", None), row("c", None)])
    assert keys(merged([newest], 2)) == ["a", "b"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"S": "2026-11-21T09:00:00+02:00"}, {"S": "2026-11-21T08:00:00Z"}),
        ({"S": "2026-11-21"}, {"S": "2026-11-21T00:00:01"}),
        ({"S": "1969-12-31"}, {"N": "0"}),
        ({"N": "1763716000"}, {"N": "1763716001000"}),
        ({"S": "1763716000"}, {"S": "1763716001.5"}),
        ({"N": "1763716001000000000"}, {"S": "2026-01-01"}),
        ({"S": "last Tuesday"}, {"S": "1970-01-01"}),
        ({"S": "a"}, {"S": "b"}),
        ({"S": ""}, {"S": "a"}),
        (None, {"S": "a"}),
        ({"NULL": True}, {"BOOL": True}),
    ],
)
def test_dates_are_ordered_by_time_then_texts_then_nothing(older: Any, newer: Any) -> None:
    assert recency_of(older) < recency_of(newer)


def test_numbers_are_read_in_the_unit_that_their_size_tells() -> None:
    time = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    for unit in (1, 1e3, 1e6, 1e9):
        assert recency_of({"N": f"{time * unit:.0f}"}) == (2, time)


def test_huge_names_and_dates_are_cut_and_keys_kept() -> None:
    newest = Newest(1, ATTRIBUTES)
    newest.offer([{"id": {"S": "k" * 2000}, "name": {"S": "n" * 400_000}, "date": {"L": [{"S": "d" * 400_000}]}}])
    [item] = merged([newest], 1)
    assert item.name == {"S": "n" * (LONGEST - 1) + "…"}
    assert item.date is not None
    assert len(item.date["S"]) == LONGEST
    assert item.key == {"id": {"S": "k" * 2000}}


def test_memory_holds_the_newest_alone() -> None:
    newest = Newest(3, ATTRIBUTES)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(500):
        newest.offer([row(str(day), {"S": (start + timedelta(days=day)).isoformat()})])
    assert keys(merged([newest], 3)) == ["499", "498", "497"]
    assert len(newest.entries()) == 3
