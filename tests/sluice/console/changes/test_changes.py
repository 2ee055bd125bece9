"""The newest changes: kept within bounds, ordered, searched."""

import pytest

from sluice.console.changes import changes
from sluice.console.changes.changes import Changes
from tests.sluice.console.making import ADA, change


def numbers(found: list[changes.Change]) -> list[int]:
    return [int(each.number) for each in found]


@pytest.fixture
def kept() -> Changes:
    kept = Changes()
    grace = {"userId": {"S": "u-2"}, "name": {"S": "Grace HOPPER"}, "score": {"N": "12.50"}}
    kept.add([change(2, new=grace), change(1), change(3, "REMOVE"), change(4, "MODIFY", table="Orders")])
    return kept


def test_the_newest_are_first_whatever_the_order_in_which_they_were_read(kept):
    kept.add([change(9, at=1_789_999_999)])
    assert numbers(kept.all()) == [4, 3, 2, 1, 9]


def test_what_was_read_twice_is_there_once(kept):
    kept.add([change(2), change(2)])
    assert numbers(kept.all()) == [4, 3, 2, 1]


def test_all_words_are_looked_for_in_key_and_values_in_any_case(kept):
    assert numbers(kept.found("hopper")) == [2]
    assert numbers(kept.found("U-2 12.50")) == [2]
    assert numbers(kept.found("ada@example.com")) == [4, 3, 1]
    assert kept.found("ada hopper") == []


def test_changes_of_an_event_or_a_table(kept):
    assert numbers(kept.found(event="REMOVE")) == [3]
    assert numbers(kept.found(table="Orders")) == [4]
    assert kept.found(event="REMOVE", table="Orders") == []


def test_one_is_found_by_its_event_id(kept):
    assert kept.one("e3") is kept.all()[1]
    assert kept.one("e99") is None


def test_no_more_are_kept_than_so_many(kept, monkeypatch):
    monkeypatch.setattr(changes, "KEPT", 3)
    kept.add([change(5)])
    assert (numbers(kept.all()), kept.dropped, kept.one("e2")) == ([5, 4, 3], 2, None)


def test_no_more_are_kept_than_so_many_bytes(kept, monkeypatch):
    monkeypatch.setattr(changes, "_KEPT_BYTES", 100_000)
    kept.add([change(5, new={**ADA, "text": {"S": "x" * 97_000}})])
    assert numbers(kept.all())[0] == 5
    assert sum(each.size for each in kept.all()) <= 100_000
    assert kept.dropped > 0


def test_a_long_key_is_cut_and_shows_it():
    assert change(1, new={**ADA, "userId": {"S": "k" * 500}}).key == "k" * 200 + "…"
