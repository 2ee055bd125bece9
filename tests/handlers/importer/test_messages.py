import json
from typing import Any

import pytest

from handlers.importer.messages import File, MessageError, Task, parse, text

FILE = File("files", "incoming/a.csv", 10, "abc", "v1", "A".zfill(32))


def announced(key: str = "incoming/a.csv", name: str = "ObjectCreated:Put", **entity: Any) -> dict[str, Any]:
    entity = {"key": key, "size": 10, "eTag": "abc", "sequencer": "0a", **entity}
    return {"eventName": name, "s3": {"bucket": {"name": "files"}, "object": entity}}


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


def test_sequencers_compare_padded_on_the_left() -> None:
    older, newer = files(announced(sequencer="ff"), announced(sequencer="0100"))
    assert older.sequencer < newer.sequencer


@pytest.mark.parametrize("task", [None, Task("00007", 5, 9, 2, 3)])
def test_the_importer_understands_its_own_messages(task: Task | None) -> None:
    assert parse(text(FILE, task), "incoming/") == [(FILE, task)]


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
