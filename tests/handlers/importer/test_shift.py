import time

from handlers.importer.shift import shift


def test_work_is_not_begun_that_could_not_be_finished() -> None:
    found = shift("me", 120)
    left = found.deadline - time.monotonic()
    assert 118 < left <= 119
    assert 19.9 < found.deadline - found.last_orders < 20.1
    assert 119 < found.until - time.time() <= 120
    assert not found.is_over


def test_a_short_shift_keeps_a_quarter_for_the_end() -> None:
    found = shift("me", 8)
    assert 1.9 < found.deadline - found.last_orders < 2.1
    assert shift("me", 1).is_over
