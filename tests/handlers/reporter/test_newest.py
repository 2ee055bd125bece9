from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.dates import recency_of
from handlers.reporter.newest import Attributes, Newest, merged
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


@pytest.mark.parametrize("kind", ["S", "N"])
@pytest.mark.parametrize(
    "newest_first",
    [
        ["2026-11-26T10:00:00Z", "1795600000123", "2026-11-25", "20250101120000", "20240630235959"],
        ["1710122301234", "1710122299999", "1600000000000"],
    ],
)
def test_mixed_forms_of_dates_are_listed_newest_first(newest_first: list[str], kind: str) -> None:
    newest = Newest(5, ATTRIBUTES)
    newest.offer([row(date, {kind if date.isdecimal() else "S": date}) for date in sorted(newest_first)])
    assert keys(merged([newest], 5)) == newest_first


def test_huge_names_and_dates_are_cut_and_keys_kept() -> None:
    newest = Newest(1, ATTRIBUTES)
    newest.offer([{"id": {"S": "k" * 2000}, "name": {"S": "n" * 400_000}, "date": {"L": [{"S": "d" * 400_000}]}}])
    [item] = merged([newest], 1)
    assert item.name == {"S": "n" * 999 + "…"}
    assert item.date is not None
    assert len(item.date["S"]) == 1000
    assert item.key == {"id": {"S": "k" * 2000}}


def test_memory_holds_the_newest_alone() -> None:
    newest = Newest(3, ATTRIBUTES)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(500):
        newest.offer([row(str(day), {"S": (start + timedelta(days=day)).isoformat()})])
    assert keys(merged([newest], 3)) == ["499", "498", "497"]
    assert len(newest.entries()) == 3
