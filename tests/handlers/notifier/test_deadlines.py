"""The times of an invocation."""

import random
from inspect import signature

import pytest

from handlers.notifier.deadlines import BatchDeadlines
from handlers.shared.deadlines import pause
from tests.handlers.notifier.fakes import Clock


def test_calls_end_before_marks_and_marks_before_the_invocation():
    clock = Clock()
    deadlines = clock.deadlines(120)
    assert (deadlines.work, deadlines.answers, deadlines.calls) == (1105, 1115, 1119)


def test_a_short_timeout_shortens_all_of_it():
    clock = Clock()
    deadlines = clock.deadlines(2)
    assert 1000 < deadlines.work < deadlines.answers < deadlines.calls < 1002


@pytest.mark.parametrize(("attempt", "longest"), [(0, 0.2), (1, 0.4), (3, 1.6), (4, 3.2), (5, 5.0), (40, 5.0)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_pauses_grow_up_to_a_limit_and_are_any_part_of_it(attempt: int, longest: float, share: float):
    clock = Clock(share)
    deadlines = clock.deadlines(10_000)
    assert deadlines.wait(attempt, deadlines.work)
    assert clock.now == pytest.approx(1000 + longest * share)


def test_the_part_is_random():
    assert signature(BatchDeadlines).parameters["pause"].default is pause
    assert signature(pause).parameters["share"].default == random.random


def test_nothing_is_waited_for_that_would_end_too_late():
    clock = Clock()
    assert not clock.deadlines(120).wait(1, clock.now)
    assert clock.waits == 0
