"""Marks of what was mailed: in bulk, consistently, with an end."""

import json
from collections.abc import Iterable, Iterator

import pytest
from moto import mock_aws

from handlers.notifier.environment import MARK_EXPIRY, MARK_KEY
from handlers.notifier.marks import Claim, Marks, MarksUnavailableError
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request, Response
from tests.clients import moto_client
from tests.handlers.notifier.fakes import TABLE, Clock, Table, answer, error

IDS = [f"e{n}" for n in range(130)]


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def marks(table: Table) -> Marks:
    return Marks(table, TABLE, days=30)


def test_what_was_written_is_present_and_nothing_else(marks: Marks):
    marks.write(IDS[:60], Clock().deadlines())
    assert marks.present(IDS, Clock().deadlines()) == set(IDS[:60])


def test_marks_are_read_by_100_and_written_by_25(table: Table, marks: Marks):
    marks.present(IDS, Clock().deadlines())
    marks.write(IDS, Clock().deadlines())
    assert table.operations == ["BatchGetItem"] * 2 + ["BatchWriteItem"] * 6


def test_without_events_nothing_is_asked(table: Table, marks: Marks):
    assert marks.present([], Clock().deadlines()) == set()
    marks.write([], Clock().deadlines())
    assert table.operations == []


def test_a_mark_expires_after_its_days(table: Table):
    marks = Marks(table, TABLE, days=30, now=lambda: 1_760_011_200.9)
    marks.write(["e1"], Clock().deadlines())
    assert table.items["e1"] == {MARK_KEY: {"S": "e1"}, MARK_EXPIRY: {"N": "1762603200"}}


def test_keys_that_dynamodb_left_are_read_again(table: Table, marks: Marks):
    marks.write(IDS[:100], Clock().deadlines())
    table.script.extend([3, 0, 50])
    assert marks.present(IDS[:100], Clock().deadlines()) == set(IDS[:100])


def test_items_that_dynamodb_left_are_written_again(table: Table, marks: Marks):
    clock = Clock()
    table.script.extend([10, 0])
    marks.write(IDS[:50], clock.deadlines())
    assert set(table.items) == set(IDS[:50])
    assert clock.waits > 0


def test_each_pause_is_twice_the_one_before(table: Table, marks: Marks, monkeypatch: pytest.MonkeyPatch):
    clock, pauses = Clock(), list[float]()
    monkeypatch.setattr(clock, "sleep", pauses.append)
    table.script.extend([0] * 4)
    marks.present(["e1"], clock.deadlines())
    assert pauses == [pauses[0], 2 * pauses[0], 4 * pauses[0], 8 * pauses[0]]


def test_a_table_that_stays_throttled_is_given_up_in_time(table: Table, marks: Marks):
    clock = Clock()
    deadlines = clock.deadlines(20)
    table.script.extend([0] * 1000)
    with pytest.raises(MarksUnavailableError, match="BatchGetItem on marks"):
        marks.present(["e1"], deadlines)
    assert 1000 < clock.now < deadlines.calls


def test_an_error_of_a_read_is_told(table: Table, marks: Marks):
    table.script.append(error("AccessDeniedException", "no"))
    with pytest.raises(MarksUnavailableError, match="AccessDeniedException"):
        marks.present(["e1"], Clock().deadlines())


def test_an_error_of_one_write_leaves_the_other_marks_written(table: Table, marks: Marks):
    table.script.append(error("InternalServerError"))
    with pytest.raises(MarksUnavailableError):
        marks.write(IDS[:75], Clock().deadlines())
    assert set(table.items) == set(IDS[25:75])


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServerError", "ThrottlingException"])
def test_an_error_of_one_claim_is_told_and_ends_the_others(table: Table, marks: Marks, code: str):
    table.script.extend([None, error(code)])
    with pytest.raises(MarksUnavailableError, match=code):
        marks.claim(IDS[:3], Claim("a", 20), Clock().deadlines())
    assert table.items == {}


class Sdk:
    """Hands requests to boto3, which holds them to the API's model, and so to moto."""

    def __init__(self) -> None:
        self.dynamodb = moto_client("dynamodb")

    def map(
        self, requests: Iterable[Request], *, deadline: float | None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        for request in requests:
            try:
                yield request, answer(self.dynamodb._make_api_call(request.operation, json.loads(request.body)))
            except self.dynamodb.exceptions.ConditionalCheckFailedException:
                yield request, error("ConditionalCheckFailedException")


@mock_aws
def test_dynamodb_takes_the_requests_gives_the_marks_back_and_judges_claims():
    sdk = Sdk()
    sdk.dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": MARK_KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": MARK_KEY, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    marks = Marks(sdk, TABLE, days=30)
    marks.write(IDS[:60], Clock().deadlines())
    assert marks.present(IDS, Clock().deadlines()) == set(IDS[:60])
    now = [1_760_011_200.0]
    marks = Marks(sdk, TABLE, days=30, now=lambda: now[0])
    deadlines = Clock().deadlines()
    assert marks.claim(IDS[:3], Claim("a", 20), deadlines) == set(IDS[:3])
    assert marks.claim(IDS[:4], Claim("b", 20), deadlines) == {IDS[3]}
    assert marks.claim(IDS[:3], Claim("a", 20), deadlines) == set(IDS[:3])
    marks.release(IDS[:1], deadlines)
    assert marks.claim(IDS[:3], Claim("b", 20), deadlines) == {IDS[0]}
    now[0] += 30
    assert marks.claim(IDS[1:3], Claim("b", 20), deadlines) == set()
    now[0] += 1
    assert marks.claim(IDS[1:3], Claim("b", 20), deadlines) == set(IDS[1:3])
