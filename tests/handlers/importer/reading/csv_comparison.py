"""Compares the importer's reading of CSV with the plain reader, for one text and one way to read it."""

import io
import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

import pytest

from handlers.importer.items.rules import Schema
from handlers.importer.reading import csv_reader, csv_rules, records
from handlers.importer.reading.csv_rules import CsvRules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.formats import Head, Kind
from handlers.importer.reading.records import Block, Position, blocks
from handlers.importer.reading.splitter import chunks
from tests.handlers.importer.reading import reference_csv

DIALECTS = (
    Dialect(),
    Dialect("\t"),
    Dialect(";", "'"),
    Dialect(",", '"', "\\"),
    Dialect("\t", "", "\\"),
    Dialect("|", ""),
    Dialect("§"),
    Dialect("§", "þ", "\\"),
)


class Reading(NamedTuple):
    """How a text is read: at most `piece` bytes from the source, `size` at once, and the limits of the rule."""

    size: int = 1000
    piece: int = 1000
    quoted_bytes: int = 1 << 20
    record_bytes: int = 3 << 20
    chunk_bytes: int = 10


class Found(NamedTuple):
    """A row, as either reader finds it."""

    start: int
    end: int
    line: int
    fault: str
    cells: Sequence[str]


def alphabet(dialect: Dialect) -> list[str]:
    """What texts are made of that have all there is to mistake in a dialect."""
    delimiter, quote, escape = dialect
    signs = ["a", "é", "\r", "\n", "\r\n", "\x1a", '"', "'", "\\", delimiter, delimiter, escape, escape, "\\N"]
    if quote:
        signs += [quote, quote, quote, quote * 2, delimiter + quote, quote + delimiter, "\n" + quote]
    return list(filter(None, signs))


def compare(data: bytes, dialect: Dialect, reading: Reading) -> None:
    """Asserts that both find the same rows: in the whole, in each chunk, and that chunks end where rows do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rules, "QUOTED_BYTES", reading.quoted_bytes)
        patch.setattr(records, "RECORD_BYTES", reading.record_bytes)
        rules = CsvRules(dialect)
        expected = list(plain_rows(data, dialect, reading))
        assert rows(data, 0, len(data), 1, dialect, rules, reading) == expected
        source = io.BytesIO(data)
        ends = {_end(row.end, data) for row in reference_csv.rows(data, dialect, reading.quoted_bytes)} | {len(data)}
        behind = 0
        for chunk in chunks(source.read, rules, reading.chunk_bytes, start=Position(0, 1)):
            start, end = chunk.start.offset, chunk.end.offset
            assert start == behind
            wanted = (start // reading.chunk_bytes + 1) * reading.chunk_bytes
            assert _end(end, data) == min((place for place in ends if place >= wanted), default=len(data))
            part = [row for row in expected if start <= row.start < end]
            assert rows(data, start, end, chunk.start.line, dialect, rules, reading) == part
            behind = end
        assert behind == len(data)


def plain_rows(data: bytes, dialect: Dialect, reading: Reading) -> Iterable[Found]:
    """The rows that hold anything, as the plain reader finds them."""
    for row in reference_csv.rows(data, dialect, reading.quoted_bytes):
        end = _end(row.end, data)
        cells = [cell.decode("utf-8", "surrogateescape") for cell in row.cells]
        if row.end - row.start > reading.record_bytes:
            yield Found(row.start, end, row.line, "too long", [])
        elif cells != [""]:
            yield Found(row.start, end, row.line, row.fault, cells)


def rows(
    data: bytes, start: int, end: int, line: int, dialect: Dialect, rules: CsvRules, reading: Reading
) -> list[Found]:
    """The rows between two places that hold anything, as the importer finds them."""
    source = io.BytesIO(data[start:end])
    position = Position(start, line)
    found: list[Found] = []
    for block in blocks(lambda size: source.read(min(size, reading.piece)), rules, position, reading.size):
        assert block.start == position
        position = block.end
        found += _block_rows(block, data, dialect, rules)
    assert position.offset == end
    return found


def _end(place: int, data: bytes) -> int:
    """The end of a row: a Ctrl-Z at the end of the file may be behind it or not."""
    return len(data) if place == len(data) - 1 and data.endswith(b"\x1a") else place


def _block_rows(block: Block, data: bytes, dialect: Dialect, rules: CsvRules) -> Iterable[Found]:
    if block.too_long or block.fault:
        fault = block.fault or "too long"
        yield Found(block.start.offset, _end(block.end.offset, data), block.start.line, fault, [])
        return
    at, line = 0, block.start.line
    while at < len(block.data):
        end = rules.walk(block.data, at, final=True).at
        record = block.data[at:end]
        cells = dialect.row(record.decode("utf-8", "surrogateescape"))
        offset = _end(block.start.offset + end, data)
        if cells not in ([], [""]):
            yield Found(block.start.offset + at, offset, line, "", cells)
        at, line = end, line + rules.lines(record)


class _Rows:
    """Stands in for the items of a reader, and keeps what it is given."""

    def __init__(self) -> None:
        self.found: list[tuple[int, list[str]]] = []

    def items(
        self, rows: Sequence[list[str]], lines: Sequence[int], plain: bool, reject: object
    ) -> tuple[list[object], int]:
        self.found += [(line, row) for line, row in zip(lines, rows, strict=True) if row]
        assert not plain or not any(set(cell) & {'"', "\\", *map(chr, range(32))} for row in rows for cell in row)
        return [], 0


def compare_reader(text: str, dialect: Dialect, reading: Reading) -> None:
    """Asserts that the reader gives the cells that the plain reader gives, each row with its line, and its faults."""
    data = text.encode()
    head = Head(Kind.CSV, ["id"], Position(0, 1), dialect=dialect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rules, "QUOTED_BYTES", reading.quoted_bytes)
        patch.setattr(csv_reader, "blocks", partial(blocks, size=reading.size))
        reader = csv_reader.CsvReader(head, Schema(("id",), {}), None)
        reader._rules = CsvRules(dialect)
        reader._items = kept = _Rows()
        source = io.BytesIO(data)
        batches = list(reader.batches(lambda size: source.read(min(size, reading.piece)), Position(0, 1)))
    expected = list(plain_rows(data, dialect, reading))
    assert [row for row in kept.found if row[1] != [""]] == [(row.line, row.cells) for row in expected if not row.fault]
    faults = [(reject.line, reject.reason, json.loads(reject.row)) for batch in batches for reject in batch.rejects]
    read = data.removesuffix(b"\x1a")
    assert faults == [
        (row.line, row.fault, read[row.start : row.end].rstrip(b"\r\n").decode()) for row in expected if row.fault
    ]
