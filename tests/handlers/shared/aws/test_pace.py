"""The pace of a writer, by a clock that a test holds in its hands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.aws.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(
    share=st.floats(1, 4000),
    requests=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 1200)), min_size=1, max_size=60),
)
def test_no_span_of_time_consumes_more_than_flows_in_and_is_saved_up_and_one_request(
    share: float, requests: list[tuple[float, int]]
) -> None:
    clock = Clock()
    pace = Pace(share, clock=clock)
    sent: list[tuple[float, int]] = []
    for idle, units in requests:
        clock.now += idle
        clock.now += pace.wait()
        pace.spend(units)
        sent.append((clock.now, units))
    largest = max(units for _, units in sent)
    for first, (begin, _) in enumerate(sent):
        consumed = 0
        for end, units in sent[first:]:
            consumed += units
            assert consumed <= share * (end - begin + 1) + largest + 1e-3


def test_the_bucket_is_empty_at_first_and_a_request_may_overdraw_it() -> None:
    clock = Clock()
    pace = Pace(10, clock=clock)
    assert pace.wait() == 0
    pace.spend(25)
    assert pace.wait() == pytest.approx(2.5)
    clock.now += 2
    assert pace.wait() == pytest.approx(0.5)
    clock.now += 0.5
    assert pace.wait() == 0


def test_no_more_than_a_second_is_saved_up() -> None:
    clock = Clock()
    pace = Pace(10, clock=clock)
    clock.now += 3600
    pace.spend(25)
    assert pace.wait() == pytest.approx(1.5)


def test_waiting_ends_when_the_time_is_over() -> None:
    clock = Clock()
    pace = Pace(1, until=1060, clock=clock)
    pace.spend(400)
    assert pace.wait() == 60
    clock.now = 1060
    assert pace.wait() == 0
