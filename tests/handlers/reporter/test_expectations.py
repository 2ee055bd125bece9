import pytest

from handlers.reporter.expectations import Breach, Expectation, breaches


@pytest.mark.parametrize(
    ("expect", "total", "before", "broken"),
    [
        (Expectation(minimum=10), 10, None, ()),
        (Expectation(minimum=10), 9, None, (Breach("minimum", 10),)),
        (Expectation(maximum=10), 10, None, ()),
        (Expectation(maximum=10), 11, None, (Breach("maximum", 10),)),
        (Expectation(maximum=0), 1, 0, (Breach("maximum", 0),)),
        (Expectation(change_within=20), 120, 100, ()),
        (Expectation(change_within=20), 121, 100, (Breach("change_within", 20, 100),)),
        (Expectation(change_within=20), 80, 100, ()),
        (Expectation(change_within=20), 79, 100, (Breach("change_within", 20, 100),)),
        (Expectation(change_within=0), 100, 100, ()),
        (Expectation(change_within=0), 101, 100, (Breach("change_within", 0, 100),)),
        (Expectation(5, 8, 10), 20, 10, (Breach("maximum", 8), Breach("change_within", 10, 10))),
        (Expectation(), 7, 3, ()),
    ],
)
def test_a_total_beyond_a_limit_breaks_the_expectation(expect, total, before, broken) -> None:
    assert breaches(expect, total, before) == broken


def test_the_first_report_has_no_change_that_could_be_too_much() -> None:
    assert breaches(Expectation(change_within=20), 1000, None) == ()


def test_any_change_from_nothing_is_beyond_every_percentage() -> None:
    assert breaches(Expectation(change_within=1000), 1, 0) == (Breach("change_within", 1000, 0),)
    assert breaches(Expectation(change_within=20), 0, 0) == ()
