"""Files of packages that people plot with, value by value against Python's own readers.

`vega_datasets`, `bokeh_sampledata` and `pydataset`: 800 files. The largest are read in `make proof` only.
"""

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from handlers.importer.reading.dialect import Dialect
from tests.handlers.importer.conftest import Outcome, ReadFile
from tests.handlers.importer.reading import reference_csv

_QUICK_BYTES = 5_000
"""Of a file that each run of the tests reads."""
_PLAIN_BYTES = 1_000
"""Of a file that the plain reader of tests reads, too, which is slow."""
_ITEM_BYTES = 400 << 10
"""Of an item that DynamoDB takes."""
_BLANKS = " \t"


class Expected(NamedTuple):
    """What becomes of a file's rows; each by the line on which it begins."""

    items: list[tuple[int, dict[str, Any]]]
    rejected: list[int]
    skipped: int


def folder(package: str) -> Path:
    """Where a package lies, which is not imported: some write to the home folder then."""
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def in_folder(package: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder(package).joinpath("_data").iterdir()):
        if path.name.endswith((".csv", ".csv.gz", ".json", ".json.gz")):
            data = path.read_bytes()
            yield path.name, gzip.decompress(data) if path.suffix == ".gz" else data


def in_pydataset() -> Iterator[tuple[str, bytes]]:
    with tarfile.open(folder("pydataset") / "resources.tar.gz") as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if name.endswith(".csv") and not name.startswith("._") and (content := archive.extractfile(member)):
                yield name, content.read()


def files(package: str) -> Iterator[tuple[str, bytes]]:
    return in_pydataset() if package == "pydataset" else in_folder(package)


def header(cells: Iterable[str]) -> list[str]:
    return [cell.strip(_BLANKS) or f"column_{number}" for number, cell in enumerate(cells, 1)]


def by_the_library(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a well-formed file, as Python's csv module finds them."""
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""), strict=True)
    line = 1
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num + 1


def by_the_plain_reader(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The same of any file; a malformed row has no cells."""
    for row in reference_csv.rows(data.removeprefix(b"\xef\xbb\xbf"), Dialect(), 1 << 20):
        if row.cells != [b""]:
            yield row.line, [cell.decode("utf-8", "surrogateescape") for cell in row.cells]


def csv_expected(rows: list[tuple[int, list[str]]]) -> tuple[str, Expected]:
    """The name of the key, which is the first column, and what becomes of the rows."""
    (_, first), *rest = rows
    names = header(first)
    expected = Expected([], [], 0)
    for line, row in rest:
        cells = row[:-1] if len(row) == len(names) + 1 and not row[-1] else row
        if not row:
            expected.rejected.append(line)
        elif row == first or not any(cell.strip(_BLANKS) for cell in row):
            expected = expected._replace(skipped=expected.skipped + 1)
        elif len(cells) == len(names) and cells[0] and is_utf8(cells):
            item = {name: {"S": cell} for name, cell in zip(names, cells, strict=True) if cell}
            expected.items.append((line, item))
        else:
            expected.rejected.append(line)
    return names[0], expected


def is_utf8(cells: list[str]) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in "".join(cells))


def found(outcome: Outcome) -> Expected:
    items = [(item[2][0], json.loads(item[0])) for item in outcome.items]
    return Expected(
        sorted(items, key=lambda item: item[0]), sorted(line for line, _ in outcome.reasons), outcome.skipped
    )


def value(stored: dict[str, Any]) -> Any:
    """What DynamoDB JSON means."""
    ((kind, held),) = stored.items()
    if kind == "L":
        return list(map(value, held))
    if kind == "M":
        return {name: value(member) for name, member in held.items()}
    return {"S": str, "N": Decimal, "BOOL": bool, "NULL": lambda _: None}[kind](held)


PACKAGES = {"vega_datasets": 8, "bokeh_sampledata": 32, "pydataset": 758}
"""How many CSV files each has."""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_value_of_a_csv_file_arrives(package: str, read_file: ReadFile, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("--full", default=False)
    count = 0
    for name, data in files(package):
        if ".csv" not in name:
            continue
        count += 1
        if len(data) > _QUICK_BYTES and not full:
            continue
        # One has text behind closing quotes: blanks that align its columns.
        is_plain = name == "sprint.csv"
        rows = list(by_the_plain_reader(data) if is_plain else by_the_library(data))
        assert is_plain or len(data) > _PLAIN_BYTES or rows == list(by_the_plain_reader(data)), name
        key, expected = csv_expected(rows)
        outcome = read_file("a.csv", data, keys=(key,))
        assert found(outcome) == expected, name
        assert len(outcome.items) + len(outcome.rejects) + outcome.skipped == len(rows) - 1, name
    assert count == PACKAGES[package]


@pytest.mark.parametrize("package", ["vega_datasets", "bokeh_sampledata"])
def test_every_value_of_a_json_file_arrives(package: str, read_file: ReadFile) -> None:
    count = 0
    for name, data in files(package):
        if ".json" not in name:
            continue
        count += 1
        content = json.loads(data, parse_int=Decimal, parse_float=Decimal)
        rows = content if type(content) is list else [content]
        key = next((member for member, held in rows[0].items() if type(held) in (str, Decimal)), "")
        outcome = read_file("a.json", data, keys=(key or "id",))
        if not key or (len(data) > _ITEM_BYTES and len(rows) == 1):
            assert (len(outcome.items), len(outcome.rejects)) == (0, 1), name
            continue
        arrived = [{member: value(held) for member, held in item.items()} for item in outcome.stored]
        keyed = [{**row, key: str(row[key])} for row in rows if row[key] not in ("", None)]
        assert arrived == keyed, name
        assert len(outcome.items) + len(outcome.rejects) == len(rows), name
    assert count
