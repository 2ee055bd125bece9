import json
from typing import Any

import pytest

from handlers.importer.queue.messages import File, MessageError, Task, parse, text

FILE = File("files", "incoming/a.csv", 10, "abc", "v1", "A".zfill(32), digits=2, event_time=1_795_255_200_123)


def announced(key: str = "incoming/a.csv", name: str = "ObjectCreated:Put", **entity: Any) -> dict[str, Any]:
    entity = {"key": key, "size": 10, "eTag": "abc", "sequencer": "0a", **entity}
    where = {"bucket": {"name": "files"}, "object": entity}
    return {"eventName": name, "eventTime": "2026-11-21T10:00:00.123Z", "s3": where}


def files(*records: dict[str, Any]) -> list[File]:
    return [file for file, _ in parse(json.dumps({"Records": records}), "incoming/")]


@pytest.mark.parametrize("name", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_every_way_to_make_an_object_announces_a_file(name: str) -> None:
    assert files(announced(name=f"ObjectCreated:{name}", versionId="v1")) == [FILE]


def test_keys_come_url_encoded() -> None:
    assert files(announced("incoming/a+b%2Bc%C3%BC/%252F..%0A.csv"))[0].key == "incoming/a b+cü/%2F..\n.csv"


def test_one_message_may_announce_several_files() -> None:
    found = files(announced("incoming/a.csv"), announced("incoming/b.csv"))
    assert [file.key for file in found] == ["incoming/a.csv", "incoming/b.csv"]


def test_what_is_no_new_file_below_the_prefix_is_passed_over() -> None:
    others = [
        announced("rejected/incoming/a.csv/00000.jsonl"),
        announced("incoming/folder/"),
        announced(name="ObjectRemoved:Delete"),
    ]
    assert files(*others) == []
    assert parse('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "files"}', "incoming/") == []


@pytest.mark.parametrize("version_id", ["", None, "null"])
def test_without_versioning_the_etag_names_the_version(version_id: str | None) -> None:
    assert files(announced(versionId=version_id))[0].version == "abc"
    assert files(announced(versionId="v1"))[0].version == "v1"


def test_what_s3_says_of_the_order_of_versions_is_kept() -> None:
    (file,) = files(announced(sequencer="0055aed6dcd90281e5"))
    assert (file.sequencer, file.digits, file.event_time) == ("000000000000000055AED6DCD90281E5", 18, 1_795_255_200_123)
    (undated,) = files({**announced(), "eventTime": None})
    assert (undated.sequencer, undated.digits, undated.event_time) == ("A".zfill(32), 2, 0)


@pytest.mark.parametrize("task", [None, Task("00007", 5, 9, 2, 3)])
def test_the_importer_understands_its_own_messages(task: Task | None) -> None:
    assert parse(text(FILE, task), "incoming/") == [(FILE, task)]


OF_0_1 = {
    "bucket": "files",
    "key": "incoming/a.csv",
    "size": 10,
    "etag": "abc",
    "version_id": "v1",
    "sequencer": "0000000000000000000000000000000A",
}
"""A file as messages of version 0.1 have it; their reader takes no other members."""


def test_messages_of_version_0_1_are_understood() -> None:
    task = {"name": "00007", "start": 5, "end": 9, "line": 2, "hop": 3}
    old = File("files", "incoming/a.csv", 10, "abc", "v1", "0000000000000000000000000000000A")
    assert parse(json.dumps({"sluice": 1, "kind": "file", "file": OF_0_1}), "incoming/") == [(old, None)]
    body = json.dumps({"sluice": 1, "kind": "task", "task": task, "file": OF_0_1})
    assert parse(body, "incoming/") == [(old, Task("00007", 5, 9, 2, 3))]


def test_version_0_1_understands_what_is_sent_while_it_is_replaced() -> None:
    assert json.loads(text(FILE))["file"] == OF_0_1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"Records": [{}]}',
        '{"sluice": 2}',
        '{"sluice": 1, "kind": "task", "task": {"name": 1}}',
    ],
)
def test_any_other_message_is_refused(body: str) -> None:
    with pytest.raises(MessageError, match="is no message for the importer"):
        parse(body, "incoming/")
