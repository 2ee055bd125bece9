"""EventBridge's events on the objects of a bucket, beside S3's own announcements of them."""

import contextlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.importer.queue.messages import File, MessageError, parse

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "111122223333",
    "time": "2026-11-21T10:00:00Z",
    "region": "eu-north-1",
    "resources": ["arn:aws:s3:::files"],
    "detail": {
        "version": "0",
        "bucket": {"name": "files"},
        "object": {
            "key": "incoming/a.csv",
            "size": 10,
            "etag": "abc",
            "version-id": "v1",
            "sequencer": "00617F08299329D189",
        },
        "request-id": "N4N7GDK58NMKJ12R",
        "requester": "123456789012",
        "source-ip-address": "1.2.3.4",
        "reason": "PutObject",
    },
}
"""As AWS's guide shows it."""


def event(*, without: str = "", **entity: Any) -> dict[str, Any]:
    """The event with an object that has these members besides; underscores are hyphens."""
    members = {name.replace("_", "-"): value for name, value in entity.items()}
    held = {**EVENT["detail"]["object"], **members}
    held.pop(without, None)
    return {**EVENT, "detail": {**EVENT["detail"], "object": held}}


def files(message: dict[str, Any]) -> list[File]:
    assert all(task is None for _, task in parse(json.dumps(message), "incoming/"))
    return [file for file, _ in parse(json.dumps(message), "incoming/")]


def test_an_event_on_a_new_object_announces_a_file() -> None:
    sequencer = "0000000000000000617F08299329D189".zfill(32)
    expected = File("files", "incoming/a.csv", 10, "abc", "v1", sequencer, digits=18, event_time=1_795_255_200_000)
    assert files(EVENT) == [expected]


@pytest.mark.parametrize("key", ["incoming/a+b%2Bc ü%20.csv", "incoming/%.csv", "incoming/a\nb.csv"])
def test_keys_come_as_they_are(key: str) -> None:
    assert [file.key for file in files(event(key=key))] == [key]


@pytest.mark.parametrize("version_id", ["", None, "null"])
def test_without_versioning_the_etag_names_the_version(version_id: str | None) -> None:
    assert files(event(version_id=version_id))[0].version == "abc"
    assert files(event(without="version-id"))[0].version == "abc"


@pytest.mark.parametrize(
    "other",
    [
        event(key="rejected/incoming/a.csv/00000.jsonl"),
        event(key="incoming/folder/"),
        {**EVENT, "detail-type": "Object Deleted"},
        {**EVENT, "detail-type": "Object Restore Completed", "detail": {}},
        {**EVENT, "source": "my.own"},
        {"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": {"state": "running"}},
    ],
)
def test_what_is_no_new_file_below_the_prefix_is_passed_over(other: dict[str, Any]) -> None:
    assert files(other) == []


@pytest.mark.parametrize(
    "damaged",
    [
        {**EVENT, "detail": {}},
        {**EVENT, "detail": None},
        {**EVENT, "detail": []},
        {**EVENT, "time": "yesterday"},
        {name: value for name, value in EVENT.items() if name != "source"},
        *(event(without=name) for name in ("key", "etag", "sequencer")),
        *(event(key=key) for key in (None, 5, ["incoming/"])),
        event(size="many"),
        event(sequencer=5),
    ],
)
def test_a_damaged_event_is_refused(damaged: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match="is no message for the importer"):
        parse(json.dumps(damaged), "incoming/")


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_whatever_an_event_holds_it_is_read_or_refused(detail: Any) -> None:
    for message in ({**EVENT, "detail": detail}, {**EVENT, "detail": {**EVENT["detail"], "object": detail}}):
        with contextlib.suppress(MessageError):
            files(message)


@given(
    key=st.text(st.characters(codec="utf-8"), max_size=50).map(lambda name: f"incoming/{name}"),
    size=st.integers(0, 5 * 2**40),
    etag=st.from_regex(r"[0-9a-f]{32}(-[0-9]{1,4})?", fullmatch=True),
    version_id=st.none() | st.text("abcXYZ012._", min_size=1, max_size=32),
    sequencer=st.from_regex(r"[0-9A-F]{1,32}", fullmatch=True),
    time=st.datetimes(datetime(2006, 3, 14)).map(lambda time: time.isoformat(timespec="seconds")),
)
def test_both_forms_tell_the_same_file(
    key: str, size: int, etag: str, version_id: str | None, sequencer: str, time: str
) -> None:
    version = {} if version_id is None else {"versionId": version_id}
    s3_object = {"key": quote_plus(key, safe="/"), "size": size, "eTag": etag, "sequencer": sequencer, **version}
    own = {
        "eventName": "ObjectCreated:Put",
        "eventTime": f"{time}.000Z",  # S3 tells milliseconds, EventBridge seconds
        "s3": {"bucket": {"name": "files"}, "object": s3_object},
    }
    told = event(key=key, size=size, etag=etag, sequencer=sequencer, version_id=version_id)
    assert files({**told, "time": f"{time}Z"}) == files({"Records": [own]})
