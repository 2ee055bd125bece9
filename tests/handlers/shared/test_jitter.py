import pytest

from handlers.shared.jitter import pause


def test_pauses_grow_and_are_jittered() -> None:
    longest = [max(pause(attempts) for _ in range(300)) for attempts in (1, 4, 30)]
    assert 0.05 < longest[0] <= 0.1 < longest[1] <= 0.8 < longest[2] <= 5.0
    assert min(pause(30) for _ in range(300)) < 0.5


@pytest.mark.parametrize(("attempt", "longest"), [(0, 0.05), (1, 0.1), (6, 3.2), (7, 5.0), (5000, 5.0)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_pause_is_any_part_of_the_longest(attempt: int, longest: float, share: float) -> None:
    assert pause(attempt, share=lambda: share) == pytest.approx(longest * share)
