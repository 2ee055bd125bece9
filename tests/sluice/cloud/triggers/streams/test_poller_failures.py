"""What a stream mapping does with records that its function fails for."""

from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.backoff import Backoff
from tests.sluice.cloud.triggers.streams.fakes import BUCKET, NOW, Cloud, fails_on, refusal, reports


def test_a_failing_batch_is_retried_as_often_as_allowed_and_the_shard_goes_on(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(4)]
    cloud.function.handler = fails_on(written[0])
    cloud.run(batch_size=2, maximum_retry_attempts=3, on_failure=BUCKET)
    assert cloud.function.batches == [written[:2]] * 4 + [written[2:]]
    assert cloud.bucket.discarded == [written[:2]]
    (document,) = cloud.bucket.objects.values()
    assert document["requestContext"]["approximateInvokeCount"] == 4


def test_bisecting_leaves_only_the_poisoned_record(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(100)]
    cloud.function.handler = fails_on(written[36])
    cloud.run(bisect_on_error=True, maximum_retry_attempts=2, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written[36]]]
    assert cloud.function.batches.count([written[36]]) == 3


@pytest.mark.parametrize("bisect", [True, False])
def test_a_partial_failure_does_not_repeat_what_came_before_it(cloud: Cloud, bisect: bool) -> None:
    written = [cloud.streams.put("u") for _ in range(10)]
    answers = iter([{"batchItemFailures": [{"itemIdentifier": written[4]}]}, None])
    cloud.function.handler = lambda records: next(answers)
    cloud.run(report_batch_item_failures=True, bisect_on_error=bisect)
    assert cloud.function.batches == [written, written[4:]]


def test_partial_failures_and_bisecting_leave_only_the_poisoned_records(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(100)]
    cloud.function.handler = reports(written[0], written[36], written[99])
    settings = {"report_batch_item_failures": True, "bisect_on_error": True}
    cloud.run(**settings, maximum_retry_attempts=2, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written[0]], [written[36]], [written[99]]]


def test_without_a_destination_what_is_discarded_is_told(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.handler = fails_on(written)
    assert cloud.run(maximum_retry_attempts=0).lag == 0
    (told,) = cloud.told(events.Discarded)
    assert (told.records, told.condition, told.destination) == (1, "RetryAttemptsExhausted", None)


def test_waits_between_retries_grow_up_to_the_cap() -> None:
    backoff = Backoff(base=0.05, cap=1.0)
    for attempt, ceiling in [(1, 0.05), (2, 0.1), (3, 0.2), (5, 0.8), (6, 1.0), (10_000, 1.0)]:
        assert ceiling / 2 <= backoff.seconds(attempt) <= ceiling


def test_a_retry_waits(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    moments: list[float] = []

    def handle(records: list[dict[str, Any]]) -> None:
        moments.append(cloud.clock.now)
        fails_on(written)(records)

    cloud.function.handler = handle
    cloud.run(maximum_retry_attempts=3)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert [0.025 * 2**i <= wait <= 0.05 * 2**i + 1e-6 for i, wait in enumerate(waits)] == [True] * 3


@pytest.mark.parametrize(
    ("fault", "throttled"),
    [
        (refusal("TooManyRequestsException", "Invoke", 429), True),
        (refusal("ServiceException", "Invoke", 500), False),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1"), False),
        (OSError(24, "Too many open files"), False),
    ],
)
def test_an_invocation_that_did_not_happen_costs_no_retry(cloud: Cloud, fault: Exception, throttled: bool) -> None:
    written = cloud.streams.put("u")
    cloud.function.faults = [fault] * 5
    cloud.run(maximum_retry_attempts=0, on_failure=BUCKET)
    assert cloud.function.batches == [[written]]
    assert cloud.bucket.objects == {}
    assert [told.throttled for told in cloud.told(events.Delayed)] == [throttled] * 5


def test_a_throttled_half_still_goes_before_the_other(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(4)]

    def handle(records: list[dict[str, Any]]) -> None:
        if len(records) == 4:
            cloud.function.faults = [refusal("TooManyRequestsException", "Invoke", 429)]
            raise ValueError

    cloud.function.handler = handle
    cloud.run(bisect_on_error=True)
    assert cloud.function.batches == [written, written[:2], written[2:]]


def test_records_that_grow_too_old_while_the_function_is_throttled_are_discarded(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.faults = [refusal("TooManyRequestsException", "Invoke", 429)] * 500
    cloud.run(maximum_record_age_seconds=60, on_failure=BUCKET)
    assert cloud.function.batches == []
    assert cloud.bucket.discarded == [[written]]
    (document,) = cloud.bucket.objects.values()
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"


def test_records_that_are_too_old_are_never_sent(cloud: Cloud) -> None:
    old = [cloud.streams.put("u", age=100) for _ in range(2)]
    young = cloud.streams.put("u", age=10)
    cloud.run(maximum_record_age_seconds=60, on_failure=BUCKET)
    assert cloud.function.batches == [[young]]
    assert cloud.bucket.discarded == [old]


def test_only_the_part_of_a_split_batch_that_is_too_old_is_discarded(cloud: Cloud) -> None:
    written = [cloud.streams.put("u", age=age) for age in (59, 50, 40, 30)]

    def handle(records: list[dict[str, Any]]) -> None:
        if len(records) > 2:
            cloud.clock.sleep(5)
            raise ValueError

    cloud.function.handler = handle
    cloud.run(bisect_on_error=True, maximum_record_age_seconds=60, on_failure=BUCKET)
    assert cloud.function.batches == [written, written[1:2], written[2:]]
    assert cloud.bucket.discarded == [written[:1]]


def test_a_failing_batch_is_retried_until_it_is_too_old(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.handler = fails_on(written)
    cloud.run(maximum_record_age_seconds=60, on_failure=BUCKET)
    assert len(cloud.function.batches) > 60
    assert cloud.bucket.discarded == [[written]]
    assert NOW + 60 < cloud.clock.now < NOW + 62


def test_a_destination_that_fails_is_tried_until_it_works(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(2)]
    cloud.function.handler = fails_on(written[0])
    cloud.bucket.faults = [refusal("AccessDenied", "PutObject", 403)] * 20
    cloud.run(batch_size=1, maximum_retry_attempts=0, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written[0]]]
    assert cloud.function.batches == [[written[0]], [written[1]]]
    assert [told.operation for told in cloud.told(events.Delayed)] == ["Deliver"] * 20


def test_a_delivery_whose_answer_was_lost_makes_one_object(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.handler = fails_on(written)
    cloud.bucket.lost_answers = 3
    cloud.run(maximum_retry_attempts=0, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written]]
