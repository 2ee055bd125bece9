"""Import: two real files and one with planted mistakes; checks of the ledger, the table and the rejects."""

import csv
import importlib.util
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from sluice.commands.import_ import upload
from sluice.commands.imports import show
from sluice.commands.rejects import show as show_reject
from sluice.demo.scene import Scene
from sluice.ledger import Entry, place
from sluice.rejects import rejects
from sluice.samples import EXAMPLES
from sluice.terminal import say

TITLE = "Import: files in S3 -> a table"
PROVED = "files become items, value by value; a bad row is rejected with line and reason and stops no other"

_PLANTED = {
    4: "the header has",
    6: "'abc'",
    7: "has no id",
    8: "neither true nor false",
    9: "38",
}
"""Line of `examples/orders.csv` -> a part of its reject's reason."""


def run(scene: Scene) -> None:
    """Imports the files and checks the results."""
    say("Two files of the package vega_datasets, and examples/orders.csv with five mistakes planted in it.")
    with tempfile.TemporaryDirectory() as folder:
        airports, cars = _airports(Path(folder)), _cars(Path(folder))
        entries = [upload(scene.pipeline("imports"), path) for path in (airports, cars, EXAMPLES / "orders.csv")]
        show(entries)
        _check_real(scene, airports, cars)
    _check_planted(scene, entries[2])
    scene.check(
        "in each import read = written + rejected",
        holds=all(entry["rows_read"] == entry["rows_written"] + entry["rows_rejected"] for entry in entries),
        evidence=entries,
    )


def _airports(folder: Path) -> Path:
    """airports.csv, with its column `iata` renamed to the table's key."""
    lines = _dataset("airports.csv").read_text("utf-8").splitlines(keepends=True)
    path = folder / "airports.csv"
    path.write_text("".join([lines[0].replace("iata", "id", 1), *lines[1:]]), "utf-8")
    return path


def _cars(folder: Path) -> Path:
    """cars.json, each car with a key."""
    cars = json.loads(_dataset("cars.json").read_text("utf-8"), parse_float=str)
    path = folder / "cars.json"
    path.write_text(json.dumps([{"id": f"car-{number:03}", **car} for number, car in enumerate(cars)]), "utf-8")
    return path


def _dataset(name: str) -> Path:
    """A file of vega_datasets, of which only the data is used: its loader would need pandas."""
    package = importlib.util.find_spec("vega_datasets")
    if not package or not package.origin:
        raise ModuleNotFoundError("vega_datasets, whose files the demo imports, is not there: run make setup")
    return Path(package.origin).with_name("_data") / name


def _check_real(scene: Scene, airports: Path, cars: Path) -> None:
    items = {item["id"]: item for item in _scan(scene)}
    with airports.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: _typed(row) for row in csv.DictReader(file)}
    scene.check(
        f"each of the {len(rows):,} airports is in the table, value by value, its position as numbers",
        holds=all(items.get(key) == row for key, row in rows.items()),
        evidence=[key for key, row in rows.items() if items.get(key) != row][:5],
    )
    cars_by_id = {car["id"]: car for car in json.loads(cars.read_text("utf-8"), parse_float=Decimal)}
    scene.check(
        f"each of the {len(cars_by_id)} cars is, with its numbers and nulls",
        holds=all(items.get(key) == car for key, car in cars_by_id.items()),
        evidence=[key for key, car in cars_by_id.items() if items.get(key) != car][:5],
    )


def _typed(row: dict[str, str]) -> dict[str, Any]:
    numbers = ("latitude", "longitude")
    return {name: Decimal(cell) if name in numbers else cell for name, cell in row.items() if cell}


def _scan(scene: Scene) -> list[dict[str, Any]]:
    table, items, more = scene.table(scene.pipeline("imports")["table_name"]), [], {}
    while True:
        page = table.scan(**more)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _check_planted(scene: Scene, entry: Entry) -> None:
    bucket, key = place(entry)
    refused = list(rejects(scene.target, bucket, key))
    for reject in refused:
        show_reject(reject)
    reasons = {reject.line: reject.reason for reject in refused}
    scene.check(
        "each planted mistake is rejected with its line and reason, and stopped no other row",
        holds=entry["status"] == "PARTIAL"
        and reasons.keys() == _PLANTED.keys()
        and all(words in reasons[line] for line, words in _PLANTED.items()),
        evidence=(entry["status"], reasons),
    )
