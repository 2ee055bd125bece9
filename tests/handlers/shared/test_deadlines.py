"""The deadlines of an invocation."""

import pytest

from handlers.shared.deadlines import Deadlines


@pytest.fixture
def deadlines():
    return Deadlines(60, after_work=20, after_calls=1, longest_call=10, clock=lambda: 100.0)


def test_work_ends_before_calls_and_calls_before_the_invocation(deadlines):
    assert (deadlines.work, deadlines.calls) == (140.0, 159.0)


def test_a_call_has_its_own_time(deadlines):
    assert deadlines.call() == 110.0


def test_no_call_outlasts_the_last_deadline(deadlines):
    deadlines.clock = lambda: 155.0
    assert deadlines.call() == 159.0


def test_a_call_without_a_limit_may_take_all_of_the_time():
    assert Deadlines(60, after_work=20, after_calls=1, clock=lambda: 0.0).call() == 59.0


def test_work_is_over_from_its_deadline_on(deadlines):
    assert not deadlines.work_is_over
    deadlines.clock = lambda: 140.0
    assert deadlines.work_is_over
