import time

from handlers.reporter.patience import patience


def test_reading_leaves_time_for_the_outcomes() -> None:
    patient = patience(101)
    assert patient.reading - time.monotonic() < 61
    assert patient.end - patient.reading > 39


def test_one_call_never_takes_the_time_of_all() -> None:
    assert patience(101).each == 5.0
    assert patience(900).each == 10.0
    patient = patience(900)
    assert patient.call() - time.monotonic() < 10.1


def test_no_call_goes_beyond_the_end() -> None:
    patient = patience(0)
    assert patient.call() <= patient.end
