from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from sluice import ledger
from sluice.ledger import entries, followed, latest, running
from tests.clients import moto_client

TABLE = "ledger"


class MotoPipeline(dict[str, str]):
    """An import whose ledger lies in moto."""

    def __init__(self) -> None:
        super().__init__(ledger_table_name=TABLE)
        self.dynamodb = moto_client("dynamodb")

    def client(self, _service: str) -> Any:
        return self.dynamodb

    def add(
        self,
        name: str,
        version: str,
        status: str | None = "RUNNING",
        started: str = "2026",
        finished: str = "",
        **counts: int,
    ) -> None:
        fields = {"object": {"S": name}, "version": {"S": version}, "started_at": {"S": started}}
        numbers = {name: {"N": str(value)} for name, value in counts.items()}
        end = {"finished_at": {"S": finished}} if finished else {}
        marked = {"status": {"S": status}, **end} if status else {}
        self.dynamodb.put_item(TableName=TABLE, Item={**fields, **numbers, **marked})


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoPipeline]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        pipeline = MotoPipeline()
        pipeline.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "object", "KeyType": "HASH"},
                {"AttributeName": "version", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("object", "version", "status", "finished_at")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "ended",
                    "KeySchema": [
                        {"AttributeName": "status", "KeyType": "HASH"},
                        {"AttributeName": "finished_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        yield pipeline


def test_entries_have_the_fields_of_the_contract(pipeline):
    pipeline.add("b/incoming/a.csv", "v1", rows_read=3, rows_written=2, rows_rejected=1)
    (entry,) = entries([pipeline])
    assert list(entry) == [
        "object", "version", "status", "rows_read", "rows_written", "rows_rejected", "rows_skipped",
        "bytes_read", "bytes_total", "chunks_total", "chunks_done", "started_at", "finished_at", "error",
    ]  # fmt: skip
    assert (entry["rows_read"], entry["status"], entry["finished_at"], entry["error"]) == (3, "RUNNING", None, None)


def test_what_is_no_file_has_no_entry(pipeline):
    pipeline.add("b/incoming/a.csv", "v1")
    pipeline.add("b/incoming/a.csv", "v1#chunk-1", status=None)
    assert [entry["version"] for entry in entries([pipeline])] == ["v1"]


def test_the_latest_begun_is_the_last(pipeline):
    pipeline.add("b/incoming/new.csv", "v1", started="2026-11-21T10:00:00Z")
    pipeline.add("b/incoming/old.csv", "v1", started="2026-11-20T10:00:00Z")
    assert [entry["object"] for entry in entries([pipeline])] == ["b/incoming/old.csv", "b/incoming/new.csv"]


def test_entries_of_one_object_are_asked_for_by_its_key(pipeline, monkeypatch):
    pipeline.add("b/incoming/a.csv", "v1")
    pipeline.add("b/incoming/a.csv", "v1#chunk-1", status=None)
    pipeline.add("b/incoming/b.csv", "v1")
    monkeypatch.setattr(pipeline.dynamodb, "scan", None)
    assert [entry["object"] for entry in entries([pipeline], "b/incoming/a.csv")] == ["b/incoming/a.csv"]


def test_entries_are_followed_until_they_are_as_wanted(pipeline):
    pipeline.add("b/incoming/a.csv", "v1")
    seen = []
    for found in followed([pipeline], lambda found: found[0]["status"] == "SUCCEEDED", seconds=0):
        seen.append(found[0]["status"])
        pipeline.add("b/incoming/a.csv", "v1", status="SUCCEEDED")
    assert seen == ["RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "Scan"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"),
        ConnectionResetError("reset"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_look_that_fails_is_told_once_and_following_goes_on(monkeypatch, capsys, error):
    looks = iter([[1], error, error, error, [2], error, [3]])

    def look(*_):
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(ledger, "entries", look)
    assert list(followed([], lambda found: found == [3], seconds=0)) == [[1], [2], [3]]
    told = capsys.readouterr()
    assert (told.out, told.err.count("The ledger cannot be read")) == ("", 2)
    assert told.err.count("\n") == 2


def test_what_cannot_be_followed_at_all_or_no_longer_is_an_error(monkeypatch):
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Scan")
    looks = iter([error, [1], error, error])

    def look(*_):
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(ledger, "entries", look)
    with pytest.raises(ClientError):
        next(followed([], lambda _: False))
    with pytest.raises(ClientError):
        list(followed([], lambda _: False, seconds=0, patience=0))


def test_the_imports_that_ended_last_come_first_a_page_at_a_time(pipeline):
    for number, status in enumerate(["SUCCEEDED", "FAILED", "PARTIAL", "IGNORED", "SUCCEEDED"]):
        pipeline.add(f"b/{number}", "v", status, finished=f"2026-01-0{number // 2}")  # two at once, and one
    pipeline.add("b/running", "v")
    first, is_more = latest(pipeline, at_most=2)
    assert ([entry["object"] for entry in first[:1]], is_more) == (["b/4"], True)
    assert {entry["object"] for entry in first[1:]} == {"b/2", "b/3"}  # none of those at the same time is lost
    last, is_more = latest(pipeline, first[-1]["finished_at"], at_most=2)
    assert ({entry["object"] for entry in last}, is_more) == ({"b/0", "b/1"}, False)
    assert [entry["object"] for entry in running(pipeline)] == ["b/running"]
