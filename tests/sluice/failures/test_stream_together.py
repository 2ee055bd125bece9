"""Two people, or two programs, who redrive the same failed batches."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.failures.stream import redrive_stream, stream_failures
from tests.sluice.failures.fakes import FakeTarget, partial, redrive


def test_what_somebody_else_redrove_meanwhile_is_passed_over():
    target = FakeTarget()
    for number in range(5):
        target.add(f"{number}", f"{number}")
    results = redrive_stream(target)
    assert next(results).is_complete
    for number in range(1, 4):
        target.s3.delete_object(Key=f"aws/lambda/{number}")
    assert [(result.done, result.left) for result in results] == [(1, 0)]
    assert list(stream_failures(target)) == []
    assert target.function.taken == ["0", "4"]


@pytest.mark.parametrize("answer", ["error", partial("2")])
def test_what_somebody_else_brought_home_meanwhile_is_not_put_back(answer):
    def act(numbers):
        target.s3.delete_object(Key="aws/lambda/a")  # the other one, while this one's invocation runs
        return answer if "2" in numbers else None

    target = FakeTarget(act)
    target.add("a", "1", "2")
    (result,) = redrive_stream(target)
    assert (result.left, result.error, result.is_complete) == (0, "", True)
    assert target.s3.objects == {}


def test_what_somebody_else_left_meanwhile_stays_as_they_left_it():
    def act(numbers):
        if numbers == ["1", "2", "3"]:
            target.add("a", "3")
        return partial("2") if "2" in numbers else None

    target = FakeTarget(act)
    target.add("a", "1", "2", "3")
    (result,) = redrive_stream(target)
    assert (result.done, result.left) == (2, 1)
    assert target.held("a")[1] == ["3"]


@pytest.mark.parametrize(
    "changed",
    [
        {"timestamp": "yesterday"},
        {"timestamp": 5},
        {"requestContext": {"functionArn": 5, "condition": "x"}},
        {"payload": '{"Records": [{"dynamodb": {}}]}'},
        {"payload": '{"Records": []}'},
        {"payload": "[" * 100_000},
    ],
)
def test_a_damaged_failure_is_shown_and_left_alone_and_the_others_go(changed):
    target = FakeTarget()
    target.add("0", "1")
    document = {**target.held("0")[0], **changed}
    target.s3.objects["aws/lambda/0"] = (target.s3.objects["aws/lambda/0"][0], json.dumps(document).encode())
    target.add("1", "2")
    assert [failure.reason for failure in stream_failures(target)] == ["Unreadable", "RetryAttemptsExhausted"]
    first, second = redrive_stream(target)
    assert (first.is_complete, first.error) == (False, "this object is not a failure of a stream")
    assert second.is_complete


@given(st.sets(st.integers(0, 39)), st.sets(st.integers(0, 39)), st.integers(1, 40))
def test_every_record_is_taken_once_or_left(crashing, named, count):
    def act(numbers):
        if any(int(number) in crashing for number in numbers):
            return "error"
        return next((partial(number) for number in numbers if int(number) in named), None)

    target, numbers = FakeTarget(act), [str(number) for number in range(count)]
    target.add("a", *numbers)
    redrive(target)
    bad = [number for number in numbers if int(number) in crashing | named]
    assert sorted(target.function.taken) == sorted(set(numbers) - set(bad))
    assert (target.held("a")[1] if bad else []) == bad
