"""The deadlines of an invocation, and its pauses."""

import pytest

from handlers.shared.deadlines import Deadlines, pause


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


def test_pauses_grow_and_are_jittered():
    longest = [max(pause(attempts) for _ in range(300)) for attempts in (1, 4, 30)]
    assert 0.05 < longest[0] <= 0.1 < longest[1] <= 0.8 < longest[2] <= 5.0
    assert min(pause(30) for _ in range(300)) < 0.5


@pytest.mark.parametrize(("attempt", "longest"), [(0, 0.05), (1, 0.1), (6, 3.2), (7, 5.0), (5000, 5.0)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_pause_is_any_part_of_the_longest(attempt, longest, share):
    assert pause(attempt, share=lambda: share) == pytest.approx(longest * share)
