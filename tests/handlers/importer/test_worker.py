import gzip
import json
from functools import partial
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handlers.importer.items.transform import Rejected
from handlers.importer.reading import csv_reader
from handlers.importer.reading.records import blocks
from tests.handlers.importer.cloud import Cloud, csv_file
from tests.handlers.importer.plain_writer import PlainWriter


def test_a_small_file_is_imported_by_one_invocation(cloud: Cloud) -> None:
    cloud.upload("incoming/a b+ö.csv", csv_file(60))
    cloud.deliver()
    assert not cloud.queue
    assert len(cloud.items()) == 60
    entry = cloud.entry("incoming/a b+ö.csv")
    assert entry.pop("started_at") <= entry.pop("finished_at")
    size = len(csv_file(60))
    assert {name: entry[name] for name in entry if name not in ("object", "version", "sequencer", "planned")} == {
        "status": "SUCCEEDED",
        "rows_read": 60,
        "rows_written": 60,
        "rows_rejected": 0,
        "rows_skipped": 0,
        "bytes_read": size,
        "bytes_total": size,
        "chunks_total": 1,
        "chunks_done": 1,
    }


@pytest.fixture
def small_steps(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Blocks of some rows, and time for one of them an invocation."""
    monkeypatch.setattr(csv_reader, "blocks", partial(blocks, size=100))
    cloud.hurry = True
    return cloud


def ids(count: int) -> set[str]:
    return {str(i) for i in range(count)}


def test_a_step_that_the_writer_leaves_unfinished_is_not_counted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    write = PlainWriter.write

    def stopping(self: PlainWriter, items: Any, on_reject: Any, deadline: float) -> Any:
        monkeypatch.setattr(PlainWriter, "write", write)
        return write(self, islice(items, 25), on_reject, deadline)

    monkeypatch.setattr(PlainWriter, "write", stopping)
    cloud.upload("incoming/a.csv", csv_file(60))
    cloud.deliver()
    assert cloud.entry("incoming/a.csv")["rows_written"] == 0
    cloud.run()
    assert len(cloud.items()) == cloud.entry("incoming/a.csv")["rows_written"] == 60


def test_a_large_file_is_split_and_every_row_imported_once(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=100)
    data = csv_file(100, note='"two\nlines"', bad=10)
    cloud.upload("incoming/a.csv", data)
    cloud.deliver()
    assert len(cloud.queue) > 5
    assert cloud.entry("incoming/a.csv")["status"] == "RUNNING"
    assert cloud.entry("incoming/a.csv")["chunks_total"] == len(cloud.queue)
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_read"], entry["rows_written"], entry["rows_rejected"]) == (
        "PARTIAL",
        100,
        90,
        10,
    )
    assert entry["chunks_done"] == entry["chunks_total"] > 5
    assert entry["bytes_read"] == entry["bytes_total"] == len(data)
    assert set(cloud.items()) == ids(100) - {str(i) for i in range(0, 100, 10)}
    rejects = [row for part in cloud.rejects("incoming/a.csv").values() for row in part]
    assert sorted(row["line"] for row in rejects) == [2 + 2 * i for i in range(0, 100, 10)]
    assert rejects[0] == {
        "line": 2,
        "reason": "n: 'x' is not a number",
        "row": {"id": "0", "n": "x", "note": "two\nlines"},
    }


def test_what_is_left_when_time_is_up_is_handed_on(small_steps: Cloud) -> None:
    small_steps.upload("incoming/a.csv", csv_file(40, bad=4))
    positions = []
    while small_steps.queue:
        body = json.loads(small_steps.queue[0].body)
        positions.append(body.get("task", {"start": 0, "hop": 0}))
        small_steps.deliver()
    assert [task["hop"] for task in positions] == list(range(len(positions)))
    starts = [task["start"] for task in positions]
    assert starts == sorted(set(starts))
    assert len(starts) == 4
    entry = small_steps.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"], entry["rows_rejected"]) == ("PARTIAL", 30, 10)
    assert entry["bytes_read"] == entry["bytes_total"]
    parts = small_steps.rejects("incoming/a.csv")
    assert list(parts)[:2] == ["00000-00001.jsonl", "00000-00002.jsonl"]
    assert "00000.jsonl" in parts
    assert sorted(row["line"] for part in parts.values() for row in part) == [2 + i for i in range(0, 40, 4)]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "scan.json", "objects.json", "a.jsonl", "a.csv.gz"])
def test_every_format_goes_on_where_it_was_left(name: str, small_steps: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.importer.reading.json_window._PIECE_BYTES", 50)
    monkeypatch.setattr("handlers.importer.reading.json_lines.blocks", partial(blocks, size=50))
    rows = [{"id": str(i), "text": "ü"} for i in range(30)]
    data = {
        "a.json": json.dumps(rows, ensure_ascii=False, indent=1).encode(),
        "scan.json": json.dumps({"x": 1, "Items": rows, "Count": 30}, ensure_ascii=False, indent=1).encode(),
        "objects.json": "\n".join(json.dumps(row, ensure_ascii=False, indent=1) for row in rows).encode(),
        "a.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(),
        "a.csv": ("\ufeffid,text\n" + "".join(f"{row['id']},ü\n" for row in rows)).encode(),
    }[name.removesuffix(".gz")]
    small_steps.upload(f"incoming/{name}", gzip.compress(data) if name.endswith(".gz") else data)
    small_steps.run()
    entry = small_steps.entry(f"incoming/{name}")
    assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", 30)
    assert entry["bytes_read"] == entry["bytes_total"]
    assert small_steps.counts.ends["handed_on"] > 1
    assert set(small_steps.items()) == ids(30)


def test_a_plan_goes_on_where_it_was_left(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=100)
    cloud.hurry = True
    cloud.upload("incoming/a.csv", csv_file(100))
    cloud.deliver()
    assert cloud.counts.ends["handed_on"] == 1
    assert len(cloud.queue) == 2  # a chunk, and the rest of the plan
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"], entry["bytes_read"]) == ("SUCCEEDED", 100, entry["bytes_total"])


def test_ordered_files_are_never_split(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=100, ordered=True)
    cloud.upload("incoming/a.csv", csv_file(100))
    cloud.deliver()
    assert not cloud.queue
    assert cloud.entry("incoming/a.csv")["chunks_total"] == 1


def test_an_array_is_one_chunk_whatever_its_size(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=100)
    cloud.upload("incoming/a.json", json.dumps([{"id": str(i)} for i in range(50)]).encode())
    cloud.run()
    entry = cloud.entry("incoming/a.json")
    assert (entry["status"], entry["rows_written"], entry["chunks_total"]) == ("SUCCEEDED", 50, 1)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl.gz"])
def test_an_empty_file_has_succeeded_with_no_rows(name: str, cloud: Cloud) -> None:
    cloud.upload(f"incoming/{name}", b"")
    cloud.run()
    entry = cloud.entry(f"incoming/{name}")
    assert (entry["status"], entry["rows_read"], entry["chunks_done"]) == ("SUCCEEDED", 0, 1)


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.xlsx", b"PK", "the name ends in none of"),
        ("a.csv", b"id,id\n1,2\n", "the header names two columns 'id'"),
        ("large.csv", b"id,id\n" + b"1,2\n" * 500, "the header names two columns 'id'"),
        ("a.csv", "id\n1".encode("utf-16-le"), "is not UTF-8 text: it begins with zero bytes"),
        ("a.csv.gz", b"id\n1", "is not intact gzip"),
        ("bomb.csv.gz", gzip.compress(b"id\n" + b"1\n" * 2000, mtime=0), "decompresses to more than the 3,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_has_failed_with_the_reason(
    name: str, data: bytes, error: str, cloud: Cloud
) -> None:
    cloud.configure(chunk_bytes=1000, gzip_limit_bytes=3000)
    cloud.upload(f"incoming/{name}", data)
    cloud.run()
    entry = cloud.entry(f"incoming/{name}")
    assert entry["status"] == "FAILED"
    assert error in entry["error"]
    assert entry["rows_read"] == entry["rows_written"] + entry["rows_rejected"]
    assert not cloud.dead


def test_rows_before_a_broken_end_are_counted(cloud: Cloud) -> None:
    cloud.upload("incoming/a.json", b'[{"id": "1"}, {"x": 1}, {"id": "2"}, {"id"')
    cloud.run()
    entry = cloud.entry("incoming/a.json")
    assert (entry["status"], entry["rows_written"], entry["rows_rejected"]) == ("FAILED", 2, 1)
    assert "ends within the array" in entry["error"]


def test_a_file_that_is_gone_has_failed(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.s3.delete_object(Bucket="files", Key="incoming/a.csv")
    cloud.run()
    assert cloud.entry("incoming/a.csv")["error"] == "was deleted before it was read"


def test_a_file_that_was_replaced_is_not_read_in_its_place(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.upload("incoming/a.csv", csv_file(7), announce=False)
    cloud.run()
    assert cloud.entry("incoming/a.csv")["error"] == "was replaced by another before it was read"
    assert not cloud.items()


def test_an_item_that_dynamodb_refuses_is_rejected_with_its_reason(cloud: Cloud) -> None:
    cloud.upload("incoming/a.jsonl", b'{"id": "1"}\n{"id": "2", "odd": "x"}\n{"id": "3"}\n')
    batch_write_item = cloud.dynamodb.batch_write_item

    def refusing(RequestItems: dict[str, list[dict[str, dict[str, dict[str, str]]]]]) -> object:
        if any("odd" in put["PutRequest"]["Item"] for puts in RequestItems.values() for put in puts):
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "is odd"}}, "BatchWriteItem")
        return batch_write_item(RequestItems=RequestItems)

    cloud.dynamodb.batch_write_item = refusing
    cloud.run()
    assert set(cloud.items()) == {"1", "3"}
    assert cloud.rejects("incoming/a.jsonl") == {
        "00000.jsonl": [{"line": 2, "reason": "is odd", "row": {"id": "2", "odd": "x"}}]
    }


def test_where_a_key_repeats_the_last_row_wins(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", b"id,n\n" + b"".join(b"same,%d\n" % i for i in range(60)))
    cloud.run()
    assert cloud.items()["same"]["n"] == {"N": "59"}
    assert cloud.entry("incoming/a.csv")["rows_written"] == 60


def test_a_server_that_ignores_ranges_does_no_harm(small_steps: Cloud) -> None:
    small_steps.ignores_ranges = True
    small_steps.configure(chunk_bytes=150)
    small_steps.upload("incoming/a.csv", csv_file(60))
    small_steps.run()
    entry = small_steps.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"], entry["bytes_read"]) == ("SUCCEEDED", 60, entry["bytes_total"])


def only_even(row: dict[str, Any]) -> dict[str, Any] | Rejected:
    return {**row, "source": "crm"} if int(row["n"]) % 2 == 0 else Rejected("is odd")


def test_the_teams_transform_makes_the_items(cloud: Cloud) -> None:
    cloud.configure(transform="tests.handlers.importer.test_worker:only_even")
    cloud.upload("incoming/a.csv", csv_file(4))
    cloud.run()
    assert cloud.items() == {id_: {"id": {"S": id_}, "n": {"N": id_}, "source": {"S": "crm"}} for id_ in ("0", "2")}
    assert [row["reason"] for row in cloud.rejects("incoming/a.csv")["00000.jsonl"]] == ["is odd", "is odd"]


# Versions.


def test_the_same_version_again_changes_nothing(cloud: Cloud) -> None:
    body = cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.send(body)
    cloud.upload("incoming/a.csv", csv_file(5))  # the same content, announced as new
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before
    assert cloud.counts.ends["succeeded"] == 1
    assert cloud.counts.ends["same"] == 1


def test_a_file_that_is_no_data_is_seen_and_ignored(cloud: Cloud) -> None:
    cloud.configure(prefix="incoming/", ignore=("_SUCCESS", "_temporary/"))
    for key in ("incoming/job/_SUCCESS", "incoming/job/_temporary/0/part.csv", "incoming/job/part.csv"):
        cloud.upload(key, csv_file(5))
    cloud.run()
    for key in ("incoming/job/_SUCCESS", "incoming/job/_temporary/0/part.csv"):
        entry = cloud.entry(key)
        assert (entry["status"], entry["rows_read"], entry["finished_at"]) == ("IGNORED", 0, entry["started_at"])
    assert cloud.entry("incoming/job/part.csv")["status"] == "SUCCEEDED"
    assert (cloud.counts.ends["ignored"], cloud.counts.ends["failed"]) == (2, 0)


def test_a_file_that_was_imported_before_it_was_ignored_keeps_its_entry(cloud: Cloud) -> None:
    cloud.configure(prefix="incoming/")
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.configure(ignore=("*.csv",))
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before


def test_the_same_content_is_imported_again_where_its_object_says_so(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    for item in cloud.items().values():
        cloud.dynamodb.delete_item(TableName="imported", Key={"id": item["id"]})
    cloud.now += 60
    cloud.upload("incoming/a.csv", csv_file(5), again=True)
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_read"], entry["rows_written"]) == ("SUCCEEDED", 5, 5)
    assert entry["started_at"] > before["started_at"]
    assert len(cloud.items()) == 5


def test_a_wish_that_is_announced_twice_is_fulfilled_once(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    body = cloud.upload("incoming/a.csv", csv_file(5), again=True)
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.send(body)
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before


def test_a_wish_of_an_object_that_is_gone_is_none(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.upload("incoming/a.csv", csv_file(5), again=True)
    cloud.s3.delete_object(Bucket="files", Key="incoming/a.csv")
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before


def test_a_failed_file_may_be_put_again(cloud: Cloud) -> None:
    cloud.configure(prefix="incoming/")
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.s3.delete_object(Bucket="files", Key="incoming/a.csv")
    cloud.run()
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", 5)
    assert "error" not in entry


def test_a_file_that_returns_to_an_earlier_content_is_imported_again(cloud: Cloud) -> None:
    for count in (5, 3, 5):
        cloud.upload("incoming/a.csv", csv_file(count, note=f"of {count}"))
        cloud.run()
    assert cloud.items()["0"]["note"] == {"S": "of 5"}
    assert cloud.counts.ends["succeeded"] == 3


def test_a_late_older_announcement_is_dropped(cloud: Cloud) -> None:
    cloud.versioned()
    older = cloud.upload("incoming/a.csv", csv_file(5, note="old"), announce=False)
    cloud.upload("incoming/a.csv", csv_file(5, note="new"))
    cloud.run()
    cloud.send(older)
    cloud.run()
    assert {item["note"]["S"] for item in cloud.items().values()} == {"new"}
    assert cloud.counts.ends["late"] == 1


@pytest.mark.parametrize(("first", "second"), [("ff", "0100"), ("0FFF", "02"), ("02", "0FFF"), ("a00", "0B")])
def test_the_newer_version_wins_whatever_the_lengths_of_sequencers(cloud: Cloud, first: str, second: str) -> None:
    cloud.versioned()
    older = cloud.upload("incoming/a.csv", csv_file(5, note="old"), sequencer=first)
    cloud.run()
    cloud.now += 0.001
    cloud.upload("incoming/a.csv", csv_file(5, note="new"), sequencer=second)
    cloud.run()
    cloud.send(older)
    cloud.run()
    assert {item["note"]["S"] for item in cloud.items().values()} == {"new"}
    assert cloud.counts.ends == {"done": 2, "succeeded": 2, "late": 1}


def test_a_newer_version_waits_until_the_older_has_stopped(small_steps: Cloud) -> None:
    small_steps.versioned()
    small_steps.upload("incoming/a.csv", csv_file(40, note="old"))
    for _ in range(3):
        small_steps.deliver()
    with small_steps.killing(4) as was_killed:
        small_steps.deliver()  # a worker of the old version dies with its lease
    assert was_killed()
    small_steps.upload("incoming/a.csv", csv_file(20, note="new"))
    small_steps.deliver()
    assert small_steps.counts.ends["wait"] == 1
    small_steps.run()
    old, new = small_steps.entries("incoming/a.csv")
    assert (old["status"], old["error"]) == ("FAILED", "a newer version of the object is imported instead")
    assert old["rows_read"] == old["rows_written"] + old["rows_rejected"] > 0
    assert (new["status"], new["rows_written"]) == ("SUCCEEDED", 20)
    assert {small_steps.items()[str(i)]["note"]["S"] for i in range(20)} == {"new"}
    assert small_steps.counts.ends["superseded"] >= 1


def test_a_running_import_stops_at_its_next_step_when_a_newer_version_waits(
    small_steps: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_steps.versioned()
    monkeypatch.setattr("handlers.importer.steps.SECONDS", 0)
    small_steps.hurry = False
    small_steps.upload("incoming/a.csv", csv_file(40, note="old"))
    batches = 0

    def upload_in_between(name: str) -> None:
        nonlocal batches
        batches += name == "BatchWriteItem"
        if batches == 3:
            batches += 1
            small_steps.invoke([small_steps.upload("incoming/a.csv", csv_file(20, note="new"), announce=False)])

    small_steps.after_call = upload_in_between
    small_steps.deliver()
    assert 0 < len(small_steps.items()) < 40
    assert small_steps.counts.ends == {"wait": 1, "superseded": 1}
    small_steps.run()
    old, new = small_steps.entries("incoming/a.csv")
    assert (old["status"], old["rows_written"]) == ("FAILED", old["rows_read"])
    assert (new["status"], new["rows_written"]) == ("SUCCEEDED", 20)


def test_the_rejects_under_a_file_are_those_of_its_newest_import(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(20, bad=4))
    cloud.run()
    assert cloud.rejects("incoming/a.csv")
    cloud.upload("incoming/a.csv", csv_file(20))
    cloud.run()
    assert not cloud.rejects("incoming/a.csv")


# Deliveries.


def test_messages_that_come_twice_count_once(small_steps: Cloud) -> None:
    small_steps.configure(chunk_bytes=120)
    small_steps.upload("incoming/a.csv", csv_file(60, bad=7))
    while small_steps.queue:
        small_steps.deliver(copies=2)
    entry = small_steps.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_read"], entry["rows_rejected"]) == ("PARTIAL", 60, 9)
    assert entry["bytes_read"] == entry["bytes_total"]
    lines = [row["line"] for part in small_steps.rejects("incoming/a.csv").values() for row in part]
    assert sorted(lines) == [2 + i for i in range(0, 60, 7)]


@pytest.mark.slow
@pytest.mark.parametrize("chunk_bytes", [1000, 120], ids=["one chunk in two invocations", "two chunks"])
def test_an_invocation_may_be_killed_behind_any_call(chunk_bytes: int, small_steps: Cloud) -> None:
    small_steps.configure(chunk_bytes=chunk_bytes)
    small_steps.hurry = chunk_bytes == 1000
    at, survived = 0, False
    while not survived:
        at += 1
        key = f"incoming/{at}.csv"
        rows = [f"{at}.{i},{'x' if i % 5 == 0 else i},{'z' * 10}" for i in range(8)]
        small_steps.upload(key, "\n".join(["id,n,note", *rows]).encode())
        with small_steps.killing(at) as was_killed:
            small_steps.run()
        entry = small_steps.entry(key)
        counts = entry["status"], entry["rows_read"], entry["rows_written"], entry["rows_rejected"]
        assert counts == ("PARTIAL", 8, 6, 2)
        assert entry["bytes_read"] == entry["bytes_total"]
        assert entry["chunks_done"] == entry["chunks_total"]
        lines = [row["line"] for part in small_steps.rejects(key).values() for row in part]
        assert sorted(lines) == [2, 7]
        survived = not was_killed()
    assert at > 20
    assert set(small_steps.items()) == {f"{n}.{i}" for n in range(1, at + 1) for i in range(8) if i % 5}
    assert not small_steps.dead


# Limits.


def test_a_file_that_needs_too_many_invocations_has_failed(small_steps: Cloud) -> None:
    small_steps.configure(hop_limit=3)
    small_steps.upload("incoming/a.csv", csv_file(100))
    small_steps.run()
    entry = small_steps.entry("incoming/a.csv")
    assert entry["status"] == "FAILED"
    assert entry["error"] == "was not imported by 3 invocations, one after the other"
    assert 0 < entry["rows_written"] == len(small_steps.items()) < 100


def test_a_task_that_fails_for_good_is_a_dead_letter_and_goes_on_when_redriven(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=200)
    cloud.upload("incoming/a.csv", csv_file(60))
    cloud.deliver()
    broken = cloud.queue[1]

    def break_second(name: str) -> None:
        if name == "GetObject" and json.loads(broken.body)["task"]["name"] == cloud.at_work:
            raise RuntimeError("S3 is down")

    original = cloud.invoke

    def invoke(bodies: list[str], receives: int = 1) -> list[str]:
        cloud.at_work = json.loads(bodies[0])["task"]["name"]
        return original(bodies, receives)

    cloud.invoke = invoke
    cloud.before_call = break_second
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["error"]) == ("FAILED", "RuntimeError: S3 is down")
    assert entry["chunks_done"] == entry["chunks_total"] - 1
    (letter,) = cloud.dead
    assert letter.attributes["reason"]["StringValue"] == "RuntimeError: S3 is down"
    cloud.before_call = lambda _: None
    cloud.send(letter.body)
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", 60)
    assert "error" not in entry
