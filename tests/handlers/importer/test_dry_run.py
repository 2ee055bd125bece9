"""The importer's dry run; through the command it is in tests/sluice/test_import.py."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from handlers.importer import environment
from handlers.importer.dry_run import dry_run

ENVIRON = {
    environment.TABLE: "items",
    environment.PARTITION_KEY: "id",
    environment.SORT_KEY: "",
    environment.SETTINGS: "settings.json",
    environment.LEDGER: "ledger",
    environment.QUEUE_URL: "queue",
    environment.DEAD_LETTER_QUEUE_URL: "dead",
    environment.RECEIVES: "5",
    environment.PREFIX: "incoming/",
    environment.ORDERED: "false",
    environment.CHUNK_BYTES: "1000",
    environment.GZIP_LIMIT_BYTES: "1000",
    environment.HOP_LIMIT: "10",
    environment.WRITE_UNITS: "0",
    environment.TRANSFORM: "",
}


FILE: dict[str, Any] = {"columns": {"price": "N"}, "names": {}, "constants": {}, "format": {}, "ignore": []}


def result(path: Path, content: bytes, transform: str = "", **file: Any) -> dict[str, Any]:
    path.write_bytes(content)
    (path.parent / "settings.json").write_text(json.dumps({**FILE, **file}))
    return dry_run(path, {**ENVIRON, environment.TRANSFORM: transform}, str(path.parent))


def test_it_tells_format_items_and_rejects(tmp_path: Path) -> None:
    assert result(tmp_path / "a.csv", b"id,price\nx,1.50\ny,much\n") == {
        "format": "csv",
        "keys": ["id"],
        "columns": {"id": "S", "price": "N"},
        "items": 1,
        "rejected": 1,
        "skipped": 0,
        "first_items": [{"line": 2, "item": '{"id":{"S":"x"},"price":{"N":"1.50"}}'}],
        "first_rejects": [
            {"line": 3, "reason": "price: 'much' is not a number", "row": '{"id": "y", "price": "much"}'}
        ],
    }


def test_it_uses_the_transform(tmp_path: Path) -> None:
    found = result(tmp_path / "a.csv", b"id,name\nx,ADA\ny,\n", "tests.infra.transforms:tidy")
    assert [item["item"] for item in found["first_items"]] == ['{"id":{"S":"x"},"name":{"S":"ada"}}']
    assert [reject["reason"] for reject in found["first_rejects"]] == [
        "the transform failed: KeyError: 'name' (tests/infra/transforms.py, line 8)"
    ]


def test_it_reads_as_the_format_says_and_tells_how_a_file_is_written(tmp_path: Path) -> None:
    content = gzip.compress("id;name\n1;Zoë\n".encode("cp1252"))
    format_ = {"type": "csv", "delimiter": ";", "encoding": "windows-1252"}
    found = result(tmp_path / "part-0", content, format=format_)
    assert (found["format"], found["items"]) == ("csv, gzipped, cp1252", 1)
    assert found["first_items"] == [{"line": 2, "item": '{"id":{"S":"1"},"name":{"S":"Zoë"}}'}]


def test_it_shows_items_under_their_names_and_columns_under_both(tmp_path: Path) -> None:
    names = {"No": "id", "Cost": "price"}
    found = result(tmp_path / "a.csv", b"No,Cost\nx,1\ny,much\n", names=names, constants={"source": {"S": "crm"}})
    assert found["columns"] == {"No as id": "S", "Cost as price": "N"}
    assert found["first_items"] == [
        {"line": 2, "item": '{"id":{"S":"x"},"price":{"N":"1"},"source":{"S":"crm"}}'},
    ]
    assert found["first_rejects"] == [
        {"line": 3, "reason": "Cost: 'much' is not a number", "row": '{"No": "y", "Cost": "much"}'}
    ]


def test_it_counts_all_and_shows_the_first(tmp_path: Path) -> None:
    rows = b"".join(b'{"id": "%d"}\n{"no": %d}\n' % (number, number) for number in range(9))
    found = result(tmp_path / "a.jsonl.gz", gzip.compress(rows))
    assert (found["format"], found["columns"]) == ("JSON lines, gzipped", {})
    assert (found["items"], found["rejected"]) == (9, 9)
    assert [item["line"] for item in found["first_items"]] == [1, 3, 5, 7, 9]
    assert [reject["line"] for reject in found["first_rejects"]] == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv.gz"])
def test_of_a_file_that_cannot_be_read_it_tells_why(tmp_path: Path, name: str) -> None:
    assert result(tmp_path / name, b"id\nx\n").keys() == {"error"}


def test_of_a_file_whose_rest_cannot_be_read_it_tells_the_beginning_too(tmp_path: Path) -> None:
    found = result(tmp_path / "a.json", b'[{"id": "x"}, ')
    assert (found["format"], found["first_items"][0]["line"]) == ("JSON array", 1)
    assert "array" in found["error"]
