import gzip
import json
from functools import partial
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handlers.importer.items.transform import Rejected
from handlers.importer.reading.records import blocks
from tests.handlers.importer.cloud import Cloud, csv_file, ids
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
