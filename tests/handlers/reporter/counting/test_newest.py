from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.counting.dates import recency_of
from handlers.reporter.counting.newest import Listing, Newest, Room
from tests.handlers.reporter.fakes import unhurried


def misspelled(date: datetime, at: int, piece: str, left_out: int) -> str:
    text = f"{date.isoformat()}Z"
    return text[:at] + piece + text[at + left_out :]


NEARLY_USUAL = st.builds(
    misspelled,
    st.sampled_from([datetime(2020, 12, 31, 23, 59, 58), datetime(2021, 1, 1), datetime(2021, 1, 1, 0, 0, 1)]),
    st.integers(0, 20),
    st.sampled_from(["", "0", "1", "9", "-", "W", "T", ":", "Z", ".", ",", " ", "+", "W53", "24", "5", "é"]),
    st.integers(0, 3),
)
DATES = st.one_of(
    st.none(),
    NEARLY_USUAL.map(lambda text: {"S": text}),
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


def newest_of(items: int, room: Room | None = None) -> Newest:
    return Newest(Listing("name", "date", items), ("id",), room)


def keys(newest: list[Any]) -> list[str]:
    return [item.key["id"]["S"] for item in newest]


@unhurried
@given(st.lists(DATES, max_size=60), st.integers(1, 10), st.integers(1, 4))
def test_the_newest_items_are_chosen_whatever_the_dates_look_like(dates: list[Any], limit: int, parts: int) -> None:
    rows = [row(str(number), date) for number, date in enumerate(dates)]
    newest = newest_of(limit)
    for number in range(parts):
        newest.offer(rows[number::parts])
    chosen = newest.chosen()
    best = sorted((recency_of(date) for date in dates), reverse=True)[:limit]
    assert [recency_of(item.date) for item in chosen] == best
    assert len(chosen) == min(limit, len(dates))


@unhurried
@given(st.lists(NEARLY_USUAL, min_size=4, max_size=60), st.integers(1, 3))
def test_dates_of_nearly_one_form_are_read_as_each_is(texts: list[str], limit: int) -> None:
    newest = newest_of(limit)
    for text in texts:  # one at a time: what is held already tells what is passed over
        newest.offer([row(text, {"S": text})])
    best = sorted((recency_of({"S": text}) for text in texts), reverse=True)[:limit]
    assert [recency_of(item.date) for item in newest.chosen()] == best


def test_of_items_equally_old_the_first_found_are_kept() -> None:
    newest = newest_of(2)
    newest.offer([row("a", None), row("b", None), row("c", None)])
    assert keys(newest.chosen()) == ["a", "b"]


@pytest.mark.parametrize("kind", ["S", "N"])
@pytest.mark.parametrize(
    "newest_first",
    [
        ["2026-11-26T10:00:00Z", "1795600000123", "2026-11-25", "20250101120000", "20240630235959"],
        ["1710122301234", "1710122299999", "1600000000000"],
    ],
)
def test_mixed_forms_of_dates_are_listed_newest_first(newest_first: list[str], kind: str) -> None:
    newest = newest_of(5)
    newest.offer([row(date, {kind if date.isdecimal() else "S": date}) for date in sorted(newest_first)])
    assert keys(newest.chosen()) == newest_first


def test_huge_names_and_dates_are_cut_and_keys_kept() -> None:
    newest = newest_of(1)
    newest.offer([{"id": {"S": "k" * 2000}, "name": {"S": "n" * 400_000}, "date": {"L": [{"S": "d" * 400_000}]}}])
    [item] = newest.chosen()
    assert item.name == {"S": "n" * 999 + "…"}
    assert item.date is not None
    assert len(item.date["S"]) == 1000
    assert item.key == {"id": {"S": "k" * 2000}}


def test_memory_holds_the_newest_alone() -> None:
    newest = newest_of(3)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(500):
        newest.offer([row(str(day), {"S": (start + timedelta(days=day)).isoformat()})])
    assert keys(newest.chosen()) == ["499", "498", "497"]


@unhurried
@given(
    st.lists(st.tuples(st.integers(1, 9), st.text(max_size=30)), max_size=40),
    st.integers(0, 5000),
    st.integers(1, 9),
)
def test_what_is_held_fits_its_room_and_has_no_gaps(items: list[tuple[int, str]], room: int, limit: int) -> None:
    rows = [row(str(at), {"N": str(date)}) | {"name": {"S": name}} for at, (date, name) in enumerate(items)]
    newest = newest_of(limit, Room(room))
    newest.offer(rows)
    chosen = newest.chosen()
    sizes = [len(item.json()) + 200 for item in chosen]
    assert sum(sizes) <= room
    assert len(chosen) <= limit
    held = [float(item.date["N"]) for item in chosen if item.date]
    assert held == sorted(held, reverse=True)
    newer = sum(date > held[-1] for date, _ in items) if held else 0
    assert newer < len(chosen) or not held  # nothing newer than the oldest that is held was left out


def test_an_item_that_is_larger_than_the_room_is_left_out_with_all_that_are_older() -> None:
    newest = newest_of(9, Room(1000))
    large = row("large", {"S": "2026-01-02"}) | {"name": {"S": "n" * 900}}
    newest.offer([row("old", {"S": "2026-01-01"}), large, row("new", {"S": "2026-01-03"}), row("older", None)])
    assert keys(newest.chosen()) == ["new"]


def test_where_the_room_is_spent_the_longest_lists_lose_their_oldest_items() -> None:
    room = Room(20_000)  # 80 items and a little
    short, long, longer = (newest_of(1000, room) for _ in range(3))
    for newest, number in ((short, 5), (longer, 400), (long, 200)):
        newest.offer([row(f"{at:03}", {"N": str(1_700_000_000 + at)}) for at in range(number)])
    held = [len(newest.chosen()) for newest in (short, long, longer)]
    assert held[0] == 5
    assert sum(held) * (200 + len(short.chosen()[0].json())) <= 20_000
    assert 30 <= held[2] <= held[1] <= 45
    assert keys(longer.chosen()) == [f"{at:03}" for at in range(399, 399 - held[2], -1)]


def test_the_lists_of_all_tables_take_twenty_megabytes_at_most() -> None:
    newest = newest_of(10**6)
    newest.offer([row(str(at), {"N": str(at)}) | {"name": {"S": "n" * 1000}} for at in range(20_000)])
    assert 18_000_000 <= newest.size + 1300 <= 20_000_000 + 1300
    assert newest.size == sum(len(item.json()) + 200 for item in newest.chosen())
