"""Imports under a limit of write units: they go in small steps, so that each ends before its invocation does."""

import gzip
import json

import pytest

from tests.handlers.importer.cloud import Cloud

ROWS = [{"id": str(i), "text": "ü" * 10} for i in range(300)]
FILES = {
    "a.csv": ("id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in ROWS)).encode(),
    "a.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode(),
    "array.json": json.dumps(ROWS, ensure_ascii=False).encode(),
    "scan.json": json.dumps({"Items": ROWS, "Count": 300}, ensure_ascii=False).encode(),
    "objects.json": "\n".join(json.dumps(row, ensure_ascii=False, indent=1) for row in ROWS).encode(),
}


@pytest.mark.parametrize("name", [*FILES, "a.csv.gz", "array.json.gz"])
@pytest.mark.parametrize(("units", "most"), [(1.0, 4), (40.0, 40)])
def test_a_step_is_no_longer_than_some_seconds_of_the_limit(name: str, units: float, most: int, cloud: Cloud) -> None:
    cloud.configure(write_units=units)
    cloud.hurry = True  # every invocation has time for one step of one piece
    data = FILES[name.removesuffix(".gz")]
    cloud.upload(f"incoming/{name}", gzip.compress(data) if name.endswith(".gz") else data)
    steps, before = [], 0
    while cloud.queue and len(steps) < 10:
        cloud.deliver()
        written = cloud.entry(f"incoming/{name}")["rows_written"]
        steps.append(written - before)
        before = written
    assert not cloud.dead
    assert len(steps) == 10
    assert 0 < max(steps) <= most
    cloud.configure(write_units=0.0, hop_limit=1000)
    cloud.hurry = False
    cloud.run()
    entry = cloud.entry(f"incoming/{name}")
    assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", 300)


def test_without_a_limit_a_step_is_not_cut_short(cloud: Cloud) -> None:
    cloud.hurry = True
    cloud.upload("incoming/a.csv", FILES["a.csv"])
    cloud.deliver()
    assert cloud.entry("incoming/a.csv")["rows_written"] == 300


def test_a_row_that_is_longer_than_a_piece_is_read_whole(cloud: Cloud) -> None:
    cloud.configure(write_units=1.0)
    cloud.upload("incoming/a.csv", f"id,text\n1,{'x' * 200_000}\n2,short\n".encode())
    cloud.run()
    assert len(cloud.items()["1"]["text"]["S"]) == 200_000
    assert cloud.entry("incoming/a.csv")["status"] == "SUCCEEDED"
