from dataclasses import replace
from types import SimpleNamespace

import pytest

from handlers.importer import shift as module
from handlers.importer.shift import Shift, shift


@pytest.fixture(autouse=True)
def _clocks_that_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 1000.0, time=lambda: 1_760_000_000.0))


def at(moment: float, found: Shift) -> Shift:
    return replace(found, monotonic=lambda: moment)


def test_work_is_not_begun_that_could_not_be_finished() -> None:
    found = shift("me", 120)
    assert (found.deadline, found.last_orders, found.until) == (1119.0, 1099.0, 1_760_000_120.0)
    assert not at(1098.9, found).is_over
    assert at(1099.0, found).is_over


def test_a_short_shift_keeps_a_quarter_for_the_end() -> None:
    found = shift("me", 8)
    assert (found.deadline, found.last_orders) == (1007.0, 1005.0)
    assert at(1000.0, shift("me", 1)).is_over
