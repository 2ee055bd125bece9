"""What follows from the function's answer to a batch."""

import json
from typing import Any

import pytest

from sluice.cloud.triggers.streams.batches import Batch, Discarded, Response, expired, settle
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import Record
from tests.sluice.cloud.triggers.streams.fakes import FUNCTION, NOW, STREAM


def batch(count: int, retries: int = 0, created: float = NOW) -> Batch:
    return Batch([Record(str(i), created, 0, b"{}") for i in range(count)], retries)


def mapping(**settings: Any) -> StreamMapping:
    return StreamMapping("uuid-1", FUNCTION, STREAM, **settings)


def answer(body: object = None, error: str | None = None) -> Response:
    return Response("request-1", 200, "$LATEST", error, json.dumps(body).encode())


def failed(*items: object) -> Response:
    return answer({"batchItemFailures": [{"itemIdentifier": item} for item in items]})


def numbers(parts: tuple[Batch | Discarded, ...]) -> list[list[str]]:
    return [[record.sequence_number for record in part.records] for part in parts if isinstance(part, Batch)]


@pytest.mark.parametrize(
    "body", [None, "", {}, [], {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}]
)
def test_an_answer_that_names_no_failure_is_a_success(body: object) -> None:
    outcome = settle(batch(3), answer(body), mapping(report_batch_item_failures=True), NOW)
    assert (outcome.succeeded, outcome.next, outcome.error) == (3, (), None)


def test_an_empty_payload_is_a_success() -> None:
    response = Response("request-1", 200, "$LATEST", None, b"")
    assert settle(batch(3), response, mapping(report_batch_item_failures=True), NOW).succeeded == 3


@pytest.mark.parametrize(
    "body",
    [
        "failed",
        5,
        ["1"],
        {"batchItemFailures": "1"},
        {"batchItemFailures": ["1"]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": 1}]},
        {"batchItemFailures": [{"identifier": "1"}]},
        {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "unknown"}]},
    ],
)
def test_a_malformed_answer_is_a_complete_failure(body: object) -> None:
    outcome = settle(batch(3), answer(body), mapping(report_batch_item_failures=True), NOW)
    assert (outcome.succeeded, numbers(outcome.next)) == (0, [["0", "1", "2"]])
    assert outcome.error
    assert "invalid partial batch response" in outcome.error


def test_the_answer_is_not_read_unless_the_mapping_reports_failures() -> None:
    assert settle(batch(3), failed("0"), mapping(), NOW).succeeded == 3


def test_the_lowest_failed_number_is_the_checkpoint() -> None:
    outcome = settle(batch(12), failed("10", "9"), mapping(report_batch_item_failures=True), NOW)
    assert (outcome.succeeded, numbers(outcome.next), outcome.wait) == (9, [["9", "10", "11"]], True)
    assert outcome.error is None


def test_without_bisecting_a_partial_failure_costs_a_retry() -> None:
    settings = mapping(report_batch_item_failures=True, maximum_retry_attempts=3)
    (rest,) = settle(batch(3, retries=1), failed("1"), settings, NOW).next
    assert isinstance(rest, Batch)
    assert rest.retries == 2
    (rest,) = settle(batch(3, retries=3), failed("1"), settings, NOW).next
    assert isinstance(rest, Discarded)
    assert [record.sequence_number for record in rest.batch.records] == ["1", "2"]


def test_with_bisecting_a_partial_failure_cuts_at_its_number_and_costs_nothing() -> None:
    settings = mapping(report_batch_item_failures=True, bisect_on_error=True, maximum_retry_attempts=0)
    outcome = settle(batch(3), failed("1"), settings, NOW)
    assert (numbers(outcome.next), outcome.wait) == ([["1", "2"]], False)
    assert all(isinstance(part, Batch) and part.retries == 0 for part in outcome.next)


def test_with_bisecting_a_batch_whose_first_record_failed_is_halved() -> None:
    settings = mapping(report_batch_item_failures=True, bisect_on_error=True, maximum_retry_attempts=0)
    assert numbers(settle(batch(3), failed("0"), settings, NOW).next) == [["0"], ["1", "2"]]


def test_a_function_error_retries_the_whole_batch() -> None:
    outcome = settle(batch(3), answer({"errorType": "E", "errorMessage": "no"}, "Unhandled"), mapping(), NOW)
    assert (outcome.succeeded, numbers(outcome.next), outcome.wait) == (0, [["0", "1", "2"]], True)
    assert outcome.error == "E: no"


def test_a_function_error_without_a_document_is_told_by_its_kind() -> None:
    response = Response("request-1", 200, "$LATEST", "Unhandled", b"Task timed out")
    assert settle(batch(1), response, mapping(), NOW).error == "Unhandled"


def test_splitting_does_not_consume_the_retry_quota() -> None:
    settings = mapping(bisect_on_error=True, maximum_retry_attempts=0)
    outcome = settle(batch(5), answer(None, "Unhandled"), settings, NOW)
    assert (numbers(outcome.next), outcome.wait) == ([["0", "1"], ["2", "3", "4"]], False)


def test_the_last_retry_is_followed_by_the_discard() -> None:
    settings = mapping(maximum_retry_attempts=2)
    (again,) = settle(batch(1, retries=1), answer(None, "Unhandled"), settings, NOW).next
    assert isinstance(again, Batch)
    assert again == Batch(batch(1).records, 2, 1, answer(None, "Unhandled"))
    (given_up,) = settle(again, answer(None, "Unhandled"), settings, NOW).next
    assert isinstance(given_up, Discarded)
    assert (given_up.condition, given_up.at, given_up.batch.invocations) == ("RetryAttemptsExhausted", NOW, 2)


def test_without_a_limit_retries_go_on() -> None:
    (again,) = settle(batch(1, retries=50_000), answer(None, "Unhandled"), mapping(), NOW).next
    assert isinstance(again, Batch)


def test_only_records_beyond_the_age_are_split_off() -> None:
    settings = mapping(maximum_record_age_seconds=60)
    records = [Record(str(i), NOW - age, 0, b"{}") for i, age in enumerate((62, 61, 60, 1))]
    old, rest = expired(Batch(records, 3), settings, NOW)
    assert old == Discarded(Batch(records[:2], 3), "RecordAgeExceeded", NOW)
    assert rest == Batch(records[2:], 3)
    assert expired(Batch(records[:1]), settings, NOW)[1] is None
    assert expired(Batch(records), mapping(), NOW) == (None, Batch(records))
