"""The times of an invocation."""

import random
from inspect import signature

import pytest

from handlers.notifier.patience import Patience
from handlers.shared.jitter import pause
from tests.handlers.notifier.fakes import Clock


def test_calls_end_before_marks_and_marks_before_the_invocation():
    clock = Clock()
    patience = clock.patience(120)
    assert (patience.begin, patience.answer, patience.mark) == (1105, 1115, 1119)


def test_a_short_timeout_shortens_all_of_it():
    clock = Clock()
    patience = clock.patience(2)
    assert 1000 < patience.begin < patience.answer < patience.mark < 1002


def test_a_time_is_over_once_it_is_reached():
    clock = Clock()
    patience = clock.patience(120)
    assert not patience.over(1000.1)
    assert patience.over(1000)


@pytest.mark.parametrize(("attempt", "longest"), [(0, 0.2), (1, 0.4), (3, 1.6), (4, 3.2), (5, 5.0), (40, 5.0)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_pauses_grow_up_to_a_limit_and_are_any_part_of_it(attempt: int, longest: float, share: float):
    clock = Clock(share)
    patience = clock.patience(10_000)
    assert patience.wait(attempt, patience.begin)
    assert clock.now == pytest.approx(1000 + longest * share)


def test_the_part_is_random():
    assert signature(Patience).parameters["pause"].default is pause
    assert signature(pause).parameters["share"].default == random.random


def test_nothing_is_waited_for_that_would_end_too_late():
    clock = Clock()
    assert not clock.patience(120).wait(1, clock.now)
    assert clock.waits == 0
