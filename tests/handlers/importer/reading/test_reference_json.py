"""The readers of JSON against the plain one: the same rows, lines and verdicts, whatever is read at once."""

import io
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError
from handlers.importer.items.rules import Schema
from handlers.importer.reading.batches import Batch, Reader
from handlers.importer.reading.json_array import JsonArrayReader
from handlers.importer.reading.json_lines import JsonLinesReader
from handlers.importer.reading.json_objects import JsonObjectsReader
from handlers.importer.reading.records import Position
from tests.handlers.importer.reading import reference_json

SCHEMA = Schema(("id",), {})
PIECES = (1, 3, 1 << 20)
"""How much a source gives at once."""
SEEDS = [
    b'{"id": "a"}',
    b'{"id":"b","n":0.10,"m":{"l":[1,{"x":"\\"}]"}]}}',
    b'{\n "id": "c",\n "x": [\n  {"y": 1}\n ]\n}',
    b'{"id": "caf\xc3\xa9", "u": "\\u00e9\\ud83d\\ude00"}',
    b'{"id": "d", "a": 1, "a": 2}',
    b'{"id": "e", "n": NaN}',
    b'{"id": "f", "n": -1.50e10, "t": true, "f": false, "z": null}',
    b'{"id": 5}',
    b'{"x": "no id"}',
    b"[1, 2]",
    b"null",
    b'"text"',
    b"-12",
]
JUNK = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\n",
    b"\n{",
    b"\r\n",
    b" ",
    b"\xef\xbb\xbf",
    b"\xe9",
    b"\0",
    b"e",
    b"1",
]
BETWEEN = [b"\n", b"\r\n", b"", b" ", b",\n", b",", b",\n  ", b"\n\n"]


def mutated(random: random.Random) -> bytes:
    """Rows with this or that between them, some of it broken."""
    parts: list[bytes] = []
    between = random.choice(BETWEEN)
    for _ in range(random.randint(0, 6)):
        parts += random.choice(SEEDS), random.choice(BETWEEN) if random.random() < 0.2 else between
    data = b"".join(parts)
    for _ in range(random.choice([0, 0, 1, 1, 2, 5])):
        at = random.randint(0, len(data))
        data = data[:at] + random.choice([b"", random.choice(JUNK)]) + data[at + random.randint(0, 2) :]
    return data + random.choice([b"", b"", b"", b"\x1a"])


def batches(reader: Reader, data: bytes, piece: int, start: int = 0) -> tuple[list[Batch], bool]:
    """The batches from a place on, and whether the file ends as it should."""
    source = io.BytesIO(data[start:])
    position = Position(start, 1 + data[:start].count(b"\n"))
    read: list[Batch] = []
    try:
        read.extend(reader.batches(lambda size: source.read(min(size, piece)), position))
    except FileError:
        return read, False
    return read, True


def rows(read: Sequence[Batch]) -> list[tuple[int, bool]]:
    """Line and verdict of each row, in the order of lines."""
    items = [(item[2][0], True) for batch in read for item in batch.items]
    return sorted(items + [(reject.line, False) for batch in read for reject in batch.rejects])


def plain(rows: Sequence[reference_json.Row]) -> list[tuple[int, bool]]:
    return sorted((row.line, row.is_item) for row in rows)


def check(
    reader: Reader,
    expected: Sequence[reference_json.Row],
    is_whole: bool,
    data: bytes,
    start: int,
    pieces: Sequence[int] = PIECES,
) -> None:
    """That a reader gives what is expected whatever it reads at once, and goes on from the end of each batch."""
    texts = [row.text.strip(reference_json.SPACE) for row in expected if row.is_item]
    for piece in pieces:
        read, whole = batches(reader, data, piece, start)
        assert (rows(read), whole) == (plain(expected), is_whole)
        assert [item[2][1].strip(reference_json.SPACE) for batch in read for item in batch.items] == texts
    read, _ = batches(reader, data, 7, start)
    for at in range(0, len(read), 5):
        rest, whole = batches(reader, data, 2, read[at].end.offset)
        assert (rows(read[: at + 1]) + rows(rest), whole) == (rows(read[: at + 1]) + rows(read[at + 1 :]), is_whole)


def check_all(data: bytes, pieces: Sequence[int] = PIECES) -> None:
    """Reads a text as lines, as objects, and as an array that ends or not; `pieces` are read at once."""
    check(JsonLinesReader(SCHEMA, None), reference_json.lines(data), True, data, 0, pieces)
    check(JsonObjectsReader(SCHEMA, None), reference_json.objects(data), True, data, 0, pieces)
    expected, is_whole = reference_json.array(b"[" + data)
    check(JsonArrayReader(SCHEMA, None), expected, is_whole, b"[" + data, 1, pieces)
    closed = b"[" + data.removesuffix(b"\x1a") + b"]"
    check(JsonArrayReader(SCHEMA, None), *reference_json.array(closed), closed, 1, pieces)


@settings(deadline=None)
@given(st.randoms(use_true_random=True))
def test_readers_agree_with_the_plain_one(random: random.Random) -> None:
    check_all(mutated(random))


@pytest.mark.parametrize("data", [b"[1, 2]e\n\n{ll,", b",2e\n{["])
def test_only_a_number_may_go_on_as_one_behind_its_end(data: bytes) -> None:
    check_all(data)  # found by the fuzz: a row was told by nobody where the file ended within the array


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are too long from 60 characters on, long from 30, and brackets of broken ones are followed for 20."""
    monkeypatch.setattr("handlers.importer.reading.json_array._BROKEN", 20)
    monkeypatch.setattr("handlers.importer.reading.json_window.RECORD_BYTES", 60)
    monkeypatch.setattr("handlers.importer.reading.json_window._LONG", 30)


@pytest.mark.parametrize("kind", [JsonObjectsReader, JsonArrayReader])
@pytest.mark.usefixtures("short")
def test_long_and_huge_rows_are_told_alike_whatever_is_read_at_once(kind: Callable[..., Any]) -> None:
    source = random.Random(7)
    for _ in range(400):
        data = mutated(source)
        wanted = batches(kind(SCHEMA, None), data, 1)
        for piece in (2, 17, 1 << 16):
            read = batches(kind(SCHEMA, None), data, piece)
            assert (rows(read[0]), read[1]) == (rows(wanted[0]), wanted[1]), data


def test_mutated_files_are_read_as_the_plain_reader_does() -> None:
    source = random.Random(14)
    for _ in range(300):
        check_all(mutated(source))
