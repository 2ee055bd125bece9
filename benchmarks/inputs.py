"""The inputs of all contenders: the same rows, records and items on each machine, computed from their numbers."""

import gzip
import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

COLUMNS = ("id", "name", "email", "city", "country", "price", "quantity", "active", "created", "note")
TYPES = {"price": "N", "quantity": "N", "active": "BOOL"}
"""The columns that are not strings."""
ITEM_BYTES = 175
"""An item's size as DynamoDB counts it: names and values, in UTF-8."""
REPORTED = frozenset(("id", "name", "created"))
"""The attributes that a report shows."""

_PEOPLE = (
    "Ada Lovelace",
    "Åsa Öberg",
    "Zoë Müller",
    "Grace Hopper",
    "Linus Ek",
    "José Peña",
    "Ann Lee",
    "Olga Tokarczuk",
)
_CITIES = (
    ("Göteborg", "Sweden"),
    ("Lund", "Sweden"),
    ("Kraków", "Poland"),
    ("Bergen", "Norway"),
    ("Porto", "Portugal"),
)
_QUOTED_EVERY = 20
BAD_EVERY = 100
PARTS = 3
"""All rows divided by the rows of the `part` files."""
STREAM = "arn:aws:dynamodb:eu-north-1:123456789012:table/Users/stream/2026-01-01T00:00:00.000"
RECORDS_A_BATCH = 100
"""The records that a stream mapping of Sluice passes to one invocation."""


def cells(number: int) -> list[str]:
    """Returns the cells of a row: 140 bytes as a line, names outside ASCII, a comma in every twentieth note."""
    name = _PEOPLE[number % len(_PEOPLE)]
    city, country = _CITIES[number % len(_CITIES)]
    return [
        f"{number:08d}",
        name,
        f"user.{number}@example.com",
        city,
        country,
        f"{number % 9973}.{number % 89 + 10}",
        str(number % 97),
        "true" if number % 3 else "false",
        f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}:00Z",
        "ordered by phone"
        + (", " if number % _QUOTED_EVERY == 0 else " ")
        + f"to be sent out on day {number % 365:03d}",
    ]


def csv_lines(rows: int) -> Iterator[str]:
    """Yields the lines of a CSV file."""
    yield ",".join(COLUMNS) + "\n"
    for number in range(rows):
        row = cells(number)
        if "," in row[-1]:
            row[-1] = f'"{row[-1]}"'
        yield ",".join(row) + "\n"


def plain_csv_lines(rows: int) -> Iterator[str]:
    """Yields the same without quotes."""
    return (line.replace('"', "").replace("phone, ", "phone ") for line in csv_lines(rows))


def quoted_csv_lines(rows: int) -> Iterator[str]:
    """Yields the same with each cell quoted."""
    yield ",".join(COLUMNS) + "\n"
    for number in range(rows):
        yield '"' + '","'.join(cells(number)) + '"\n'


def crlf_csv_lines(rows: int) -> Iterator[str]:
    """Yields the same with line ends of Windows."""
    return (line.replace("\n", "\r\n") for line in csv_lines(rows))


def broken_csv_lines(rows: int) -> Iterator[str]:
    """Yields the same with a line end in each quoted cell."""
    return (line.replace("phone, ", "phone,\n") for line in csv_lines(rows))


def bad_csv_lines(rows: int) -> Iterator[str]:
    """Yields the same with a price that is not a number in every hundredth row."""
    yield ",".join(COLUMNS) + "\n"
    for number, line in enumerate(islice(csv_lines(rows), 1, None)):
        yield line if number % BAD_EVERY else line.replace(f",{cells(number)[5]},", ",on request,")


def mixed_json_lines(rows: int) -> Iterator[str]:
    """Yields the rows as JSON lines of three shapes in turn: some lack a member, some have a list and an object."""
    for number in range(rows):
        row = plain(number)
        if number % 3 == 1:
            del row["note"]
        if number % 3 == 2:
            row = {"tags": ["a", number], **row, "sizes": {"width": number, "deep": [True, None]}}
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def json_lines(rows: int) -> Iterator[str]:
    """Yields the same rows as JSON lines."""
    for number in range(rows):
        yield json.dumps(plain(number), ensure_ascii=False, separators=(",", ":")) + "\n"


def plain(number: int) -> dict[str, Any]:
    """Returns a row with its types."""
    row: dict[str, Any] = dict(zip(COLUMNS, cells(number), strict=True))
    return row | {"price": float(row["price"]), "quantity": int(row["quantity"]), "active": row["active"] == "true"}


def item(number: int) -> dict[str, dict[str, Any]]:
    """Returns a row as DynamoDB JSON."""
    row = dict(zip(COLUMNS, cells(number), strict=True))
    values: dict[str, dict[str, Any]] = {}
    for name, cell in row.items():
        kind = TYPES.get(name, "S")
        values[name] = {kind: cell == "true" if kind == "BOOL" else cell}
    return values


def record(number: int, event: str) -> dict[str, Any]:
    """Returns a record of a DynamoDB stream, as Lambda delivers it; a MODIFY changes the name."""
    image = {("userId" if name == "id" else name): value for name, value in item(number).items()}
    images = {
        "INSERT": {"NewImage": image},
        "MODIFY": {"NewImage": image, "OldImage": {**image, "name": {"S": "Before"}}},
        "REMOVE": {"OldImage": image},
    }
    return {
        "eventID": f"{number:032x}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-north-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1790000000.0,
            "Keys": {"userId": image["userId"]},
            **images[event],
            "SequenceNumber": f"{700000000000000000000 + number}",
            "SizeBytes": 300,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": STREAM,
    }


def batches(records: int, events: tuple[str, str]) -> Iterator[str]:
    """Yields Lambda's events with this many records as JSON lines; the records alternate between two kinds of event."""
    for start in range(0, records, RECORDS_A_BATCH):
        end = min(start + RECORDS_A_BATCH, records)
        records_of_batch = [record(number, events[number % 2]) for number in range(start, end)]
        yield json.dumps({"Records": records_of_batch}, separators=(",", ":")) + "\n"


VARIANTS: dict[str, Callable[[int], Iterator[str]]] = {
    "plain.csv": plain_csv_lines,
    "quoted.csv": quoted_csv_lines,
    "crlf.csv": crlf_csv_lines,
    "broken.csv": broken_csv_lines,
    "bad.csv": bad_csv_lines,
    "mixed.jsonl": mixed_json_lines,
}
"""Files of the same rows in other dialects."""


def write(folder: Path, rows: int, records: int) -> None:
    """Writes all input files; the endpoint serves those below `incoming/` as objects."""
    (folder / "incoming").mkdir(parents=True)
    for name, count in (("rows", rows), ("part", rows // PARTS), ("small", 10)):
        _write(folder / f"incoming/{name}.csv", csv_lines(count))
        _write(folder / f"incoming/{name}.jsonl", json_lines(count))
        with gzip.open(folder / f"incoming/{name}.jsonl.gz", "wb", compresslevel=6) as file:
            file.writelines(line.encode() for line in json_lines(count))
    for name, lines in VARIANTS.items():
        _write(folder / f"incoming/{name}", lines(rows // PARTS))
    csv = (folder / "incoming/part.csv").read_bytes()
    (folder / "incoming/part.csv.gz").write_bytes(gzip.compress(csv, 6))
    if zstd := _zstd():
        (folder / "incoming/part.csv.zst").write_bytes(zstd.compress(csv))
    _write(folder / "people.jsonl", batches(records, ("INSERT", "MODIFY")))
    _write(folder / "changes.jsonl", batches(records, ("INSERT", "REMOVE")))
    _write(folder / "person.jsonl", batches(1, ("INSERT", "INSERT")))


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)


def _zstd() -> Any:
    """Returns the module that compresses with zstd; None where there is none."""
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return importlib.import_module(name)
    return None
