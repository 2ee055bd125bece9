"""Files as the setting `format` says they are, from the bucket to the table: split, streamed, handed on."""

import gzip
import json
from functools import partial

import pytest

from handlers.importer.reading import csv_reader
from handlers.importer.reading.format import Format
from handlers.importer.reading.records import blocks
from infra.import_defaults import IGNORE
from tests.handlers.importer.cloud import Cloud
from tests.handlers.importer.reading.test_decompression import zstd


def rows(count: int) -> str:
    return "id;text\r\n" + "".join(f"{i};é\r\n" for i in range(count))


def imported(cloud: Cloud, name: str, data: bytes) -> tuple[str, int]:
    """Imports a file; its status, and in how many chunks."""
    cloud.upload(f"incoming/{name}", data)
    cloud.run()
    entry = cloud.entry(f"incoming/{name}")
    assert entry["rows_read"] == entry["rows_written"] + entry["rows_rejected"] + entry["rows_skipped"]
    assert entry["status"] == "FAILED" or entry["bytes_read"] == entry["bytes_total"]
    return entry["status"], entry["chunks_total"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
@pytest.mark.parametrize("name", ["a.csv", "run-1-part-r-00000"])
def test_a_large_file_is_split_whatever_its_name(name: str, encoding: str, cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=300, format=Format(type="csv", delimiter=";", encoding=encoding))
    status, chunks = imported(cloud, name, rows(200).encode(encoding))
    assert status == "SUCCEEDED"
    assert chunks > 3
    assert len(cloud.items()) == 200
    assert {item["text"]["S"] for item in cloud.items().values()} == {"é"}


@pytest.mark.parametrize(
    ("name", "data", "encoding"),
    [
        ("part", gzip.compress(rows(2000).encode(), mtime=0), "utf-8"),
        ("part.csv", zstd.compress(rows(2000).encode()), "utf-8"),
        ("part.zst", zstd.compress(rows(2000).encode()), "utf-8"),
        ("part.csv.gz", gzip.compress(rows(2000).encode("cp1252"), mtime=0), "cp1252"),
        ("part", rows(2000).encode("utf-16"), "utf-8"),
        ("part", rows(2000).encode("gb18030"), "gb18030"),
        ("part", gzip.compress(rows(2000).encode("utf-16"), mtime=0), "utf-8"),
    ],
    ids=["gzip by content", "zstd by content", "zstd by name", "gzip by name", "UTF-16 by mark", "gb18030", "both"],
)
def test_what_cannot_be_cut_is_one_chunk_that_is_handed_on(
    name: str, data: bytes, encoding: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "blocks", partial(blocks, size=4000))
    cloud.hurry = True
    cloud.configure(chunk_bytes=300, format=Format(type="csv", delimiter=";", encoding=encoding))
    assert len(data) > 300
    assert imported(cloud, name, data) == ("SUCCEEDED", 1)
    assert cloud.counts.ends["handed_on"] > 1
    assert len(cloud.items()) == 2000
    assert {item["text"]["S"] for item in cloud.items().values()} == {"é"}


def test_rejects_of_a_file_that_is_split_have_its_lines(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=100, format=Format(encoding="cp1252"))
    data = b"id\n" + b"".join(b"\x81\n" if i % 10 == 0 else b"%d\n" % i for i in range(200))
    status, chunks = imported(cloud, "a.csv", data)
    assert status == "PARTIAL"
    assert chunks > 3
    found = [row for part in cloud.rejects("incoming/a.csv").values() for row in part]
    assert sorted(row["line"] for row in found) == [2 + i for i in range(0, 200, 10)]
    assert {row["reason"] for row in found} == {"is not cp1252: byte 0x81"}


def test_what_only_its_name_calls_compressed_has_failed(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=4)
    for name, kind in (("a.csv.gz", "gzip"), ("a.csv.zst", "zstd")):
        assert imported(cloud, name, b"id\n1\n")[0] == "FAILED"
        assert cloud.entry(f"incoming/{name}")["error"].startswith(f"is not intact {kind}")


FOLDER = "AWSDynamoDB/01764000000000-4cdnqvhq"


@pytest.mark.parametrize("type_", ["auto", "dynamodb"])
def test_a_full_export_is_imported_as_it_lies_in_its_folder(type_: str, cloud: Cloud) -> None:
    cloud.configure(ignore=IGNORE, format=Format(type=type_))
    items = [{"Item": {"id": {"S": str(i)}, "n": {"N": str(i)}}} for i in range(6)]
    manifest = {"itemCount": 3, "md5Checksum": "x", "dataFileS3Key": f"{FOLDER}/data/aaaa.json.gz"}
    files = {
        "_started": b"",
        "manifest-summary.json": json.dumps({"version": "2020-06-30", "itemCount": 6}).encode(),
        "manifest-summary.md5": b"q83vEjRW==",
        "manifest-files.json": b"\n".join(json.dumps(manifest).encode() for _ in range(2)),
        "manifest-files.md5": b"q83vEjRW==",
        "data/aaaa.json.gz": gzip.compress(b"".join(json.dumps(item).encode() + b"\n" for item in items[:3])),
        "data/bbbb.json.gz": gzip.compress(b"".join(json.dumps(item).encode() + b"\n" for item in items[3:])),
    }
    for name, data in files.items():
        cloud.upload(f"incoming/{FOLDER}/{name}", data)
    cloud.run()
    statuses = {name: cloud.entry(f"incoming/{FOLDER}/{name}")["status"] for name in files}
    assert {name for name, status in statuses.items() if status == "SUCCEEDED"} == set(list(files)[-2:])
    assert {name for name, status in statuses.items() if status == "IGNORED"} == set(list(files)[:-2])
    assert cloud.items() == {item["Item"]["id"]["S"]: item["Item"] for item in items}


@pytest.mark.parametrize("type_", ["auto", "dynamodb"])
def test_of_an_incremental_export_new_images_are_written_and_removals_skipped(type_: str, cloud: Cloud) -> None:
    cloud.configure(format=Format(type=type_))
    metadata = {"WriteTimestampMicros": {"N": "1764000000000000"}}
    old, new = ({"id": {"S": "1"}, "n": {"N": number}} for number in "12")
    changes = [
        {"Metadata": metadata, "Keys": {"id": {"S": "1"}}, "OldImage": old, "NewImage": new},
        {"Metadata": metadata, "Keys": {"id": {"S": "2"}}, "OldImage": {"id": {"S": "2"}}},
        {"Metadata": metadata, "Keys": {"id": {"S": "3"}}},
    ]
    data = gzip.compress("\n".join(map(json.dumps, changes)).encode())
    assert imported(cloud, "data/cccc.json.gz", data) == ("SUCCEEDED", 1)
    entry = cloud.entry("incoming/data/cccc.json.gz")
    assert (entry["rows_written"], entry["rows_skipped"]) == (1, 2)
    assert cloud.items() == {"1": new}
