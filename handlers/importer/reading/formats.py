"""The formats of files, by name, and what the beginning of a file says about the rest.

`.csv` and `.tsv` have a header. `.jsonl` and `.ndjson` have JSON objects on lines. What `.json` has, `json_shape`
tells. Each may end in `.gz`.
"""

import codecs
import csv
import io
from enum import Enum
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.reading.json_shape import json_head, lines_head
from handlers.importer.reading.records import RECORD_BYTES, CsvRules, LineRules, Position, Rules
from handlers.importer.reading.streams import Stream


class Kind(Enum):
    """How a file's rows are written."""

    CSV = "csv"
    TSV = "tsv"
    JSON_LINES = "JSON lines"
    JSON_OBJECTS = "JSON objects"
    JSON_ARRAY = "JSON array"
    JSON_WRAPPED = "JSON array in an object"


class Format(NamedTuple):
    """What a file's name says."""

    kind: Kind | None
    """None: its content tells."""
    gzipped: bool


class Head(NamedTuple):
    """What a file's beginning says."""

    kind: Kind
    header: list[str]
    """The columns of a CSV file; empty for the other kinds."""
    start: Position
    """Where the first row begins."""
    wrapper: str = ""
    """The name of the array that JSON rows are in, within an object."""

    @property
    def rules(self) -> Rules | None:
        """Where records end; None if only reading from the start tells."""
        return RULES.get(self.kind)


DELIMITERS = {Kind.CSV: ",", Kind.TSV: "\t"}
RULES: dict[Kind, Rules] = {
    Kind.CSV: CsvRules(b","),
    Kind.TSV: CsvRules(b"\t"),
    Kind.JSON_LINES: LineRules(),
}
_KINDS = {
    ".csv": Kind.CSV,
    ".tsv": Kind.TSV,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".json": None,
}
_PIECE_BYTES = 1 << 16
_FOREIGN_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

csv.field_size_limit(2 * RECORD_BYTES)  # its default of 128 KiB is less than an item's 400 KB


def by_name(name: str) -> Format:
    """The format of a file with this name.

    Raises:
        FileError: the name has none of the known endings.
    """
    base = name.lower()
    gzipped = base.endswith(".gz")
    base = base.removesuffix(".gz")
    for ending, kind in _KINDS.items():
        if base.endswith(ending):
            return Format(kind, gzipped)
    raise FileError(f"the name ends in none of {' '.join(_KINDS)}, nor in one of them and .gz")


def inspect(stream: Stream, format_: Format) -> Head:
    """Reads a file's beginning, and leaves the stream where the first row begins.

    Raises:
        FileError: the file is not UTF-8, or does not begin as its format must.
    """
    beginning = stream.peek(_PIECE_BYTES)
    for mark, encoding in _FOREIGN_MARKS:
        if beginning.startswith(mark):
            raise FileError(f"is {encoding}; only UTF-8 is read")
    if b"\0" in beginning[:4]:
        raise FileError("is not UTF-8 text: it begins with zero bytes")
    start = Position(len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0, 1)
    stream.skip(start.offset)
    if format_.kind in DELIMITERS:
        return _csv_head(stream, format_.kind, start)
    shape, first, wrapper = (lines_head if format_.kind is Kind.JSON_LINES else json_head)(stream, start)
    return Head(Kind(shape.value), [], first, wrapper)


def _csv_head(stream: Stream, kind: Kind, start: Position) -> Head:
    rules = RULES[kind]
    first = _behind_blanks(stream, start, b"\r\n", rules)
    header = _first_record(stream, rules)
    try:
        text = header.decode()
    except UnicodeDecodeError as error:
        raise FileError(f"the header is not UTF-8: {error.reason} at byte {error.start}") from None
    if "\0" in text:
        raise FileError("the header is not text: it has zero bytes")
    columns = next(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[kind]), [])
    # Without a single row it is an empty file, which any format may be.
    behind = Position(first.offset + len(header), first.line + rules.lines(header))
    return Head(kind if columns else Kind.JSON_LINES, columns, behind)


def _behind_blanks(stream: Stream, start: Position, blanks: bytes, rules: Rules) -> Position:
    """Passes over leading blanks, a piece at a time: there may be gigabytes of them in a small gzipped file."""
    offset, line, before = start.offset, start.line, b""
    while piece := stream.peek(_PIECE_BYTES):
        passed = piece[: len(piece) - len(piece.lstrip(blanks))]
        stream.skip(len(passed))
        offset, line, before = offset + len(passed), line + rules.lines(passed, before), passed[-1:]
        if len(passed) < len(piece):
            break
    return Position(offset, line)


def _first_record(stream: Stream, rules: Rules) -> bytes:
    buffer, end = b"", 0
    while not end and (piece := stream.read(_PIECE_BYTES)):
        buffer += piece
        end = rules.first_end(buffer)
        if not end and len(buffer) > RECORD_BYTES:
            raise FileError(f"the header is longer than {RECORD_BYTES:,} bytes")
    end = end or len(buffer)
    stream.unread(buffer[end:])
    return buffer[:end]
