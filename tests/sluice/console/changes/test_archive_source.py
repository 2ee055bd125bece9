"""The archive read in place of streams: the newest hours first, then what comes."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handlers.archiver.archive import archive
from sluice.console.changes import archive_source
from sluice.console.changes.archive_source import ArchiveSource, archived
from sluice.console.changes.changes import EVENTS, Changes
from tests.sluice.console.making import change, record

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


class S3:
    """Objects in memory, which the archiver's own code wrote."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.written: dict[str, datetime] = {}
        self.read: list[str] = []

    def archive(self, *records: dict[str, Any]) -> None:
        for key, body in archive(records, EVENTS).objects.items():
            self.objects[key] = body
            self.written[key] = NOW + timedelta(seconds=len(self.objects))

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return SimpleNamespace(paginate=self._listed)

    def _listed(self, Bucket: str, Prefix: str, Delimiter: str = "") -> Iterator[dict[str, Any]]:
        assert Bucket == "archive"
        keys = [key for key in sorted(self.objects) if key.startswith(Prefix)]
        if Delimiter:
            folders = {Prefix + key.removeprefix(Prefix).partition("/")[0] + "/" for key in keys}
            yield {"CommonPrefixes": [{"Prefix": folder} for folder in sorted(folders)]}
            return
        yield {
            "Contents": [
                {"Key": key, "ETag": str(hash(self.objects[key])), "LastModified": self.written[key]} for key in keys
            ]
        }

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        self.read.append(Key.rpartition("/")[2])
        return {"Body": io.BytesIO(self.objects[Key])}


class StandIn(SimpleNamespace):
    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


@pytest.fixture
def s3() -> S3:
    return S3()


@pytest.fixture
def target(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(archive_source.time, "time", NOW.timestamp)
    streams = {"users": {"tables": [{"name": "Users"}, {"name": "Orders"}]}}
    outputs = {"streams": streams, "archive_bucket_name": "archive"}
    return StandIn(outputs=outputs, region="eu-north-1", client=lambda _service: s3)


def hours_ago(hours: int) -> int:
    return int((NOW - timedelta(hours=hours)).timestamp())


def keys(changes: Changes) -> list[int]:
    return [int(each.number) for each in changes.all()]


def test_a_line_becomes_the_record_that_it_was_made_of(s3, target):
    new = {
        "userId": {"S": "u-1"},
        "score": {"N": "12.50"},
        "paid": {"BOOL": True},
        "gone": {"NULL": True},
        "address": {"M": {"city": {"S": "Vilnius"}}},
        "tags": {"L": [{"S": "a"}, {"N": "1"}]},
    }
    written = record(7, "MODIFY", new=new, at=hours_ago(1))
    s3.archive({**written, "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}})
    changes = Changes()
    ArchiveSource(target, changes).read(target)
    (found,) = changes.all()
    assert (found.id, found.event, found.table, found.number) == ("e7", "MODIFY", "Users", f"{7:021d}")
    assert found.at == hours_ago(1)
    assert found.content["dynamodb"] == written["dynamodb"]
    assert found.content["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert found.archived == next(iter(s3.objects))


def test_the_newest_hours_of_all_tables_are_read_first_and_each_object_once(s3, target, monkeypatch):
    monkeypatch.setattr(archive_source, "_AT_ONCE", 1)
    s3.archive(record(1, at=hours_ago(30)))
    s3.archive(record(2, at=hours_ago(26), table="Orders"))
    s3.archive(record(3, at=hours_ago(2)))
    changes = Changes()
    source = ArchiveSource(target, changes)
    seen = []
    while source.read(target):
        seen.append(keys(changes))
    assert seen == [[3], [3, 2], [3, 2, 1]]
    assert source.read(target) is False
    assert len(s3.read) == 3


def test_what_comes_and_what_was_written_again_is_read_then(s3, target):
    s3.archive(record(1, at=hours_ago(1)))
    changes = Changes()
    source = ArchiveSource(target, changes)
    while source.read(target):
        pass
    s3.archive(record(1, at=hours_ago(1)), record(2, at=hours_ago(1)))  # the same object, with more in it
    s3.archive(record(3, at=hours_ago(0)))
    s3.archive(record(4, at=hours_ago(5)))  # late
    source.read(target)
    assert keys(changes) == [3, 2, 1, 4]


def test_enough_is_enough(s3, target, monkeypatch):
    monkeypatch.setattr(archive_source, "_MOST_OBJECTS", 2)
    for number in range(1, 6):
        s3.archive(record(number, at=hours_ago(24 + number)))
    changes = Changes()
    source = ArchiveSource(target, changes)
    while source.read(target):
        pass
    assert keys(changes) == [1, 2]


def test_the_line_of_a_change_is_found_with_its_object(s3, target):
    s3.archive(record(1), record(2))
    s3.archive(record(5), record(8))
    found = archived(target, change(8))
    assert found is not None
    assert (found.line["event_id"], found.key.rpartition("/")[2]) == ("e8", f"{5:021d}-e5.jsonl.gz")
    assert found.at == (NOW + timedelta(seconds=2)).timestamp()
    assert archived(target, change(6)) is None
    assert archived(target, change(9, at=1_700_000_000)) is None


def test_a_stack_without_an_archive_has_none():
    nothing: Any = StandIn(outputs={"streams": {}}, region="eu-north-1", client=lambda _service: None)
    assert ArchiveSource(nothing, Changes()).read(nothing) is False
    assert archived(nothing, change()) is None


def test_an_object_that_is_gone_meanwhile_is_passed_over(s3, target, monkeypatch):
    s3.archive(record(1, at=hours_ago(1)))

    def gone(**_: str) -> Any:
        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "gone"}}, "GetObject")

    monkeypatch.setattr(s3, "get_object", gone)
    changes = Changes()
    ArchiveSource(target, changes).read(target)
    assert changes.all() == []
