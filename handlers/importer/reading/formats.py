"""The formats of files, by name, and what the beginning of a file says about the rest.

`.csv` and `.tsv` have a header. `.jsonl` and `.ndjson` have JSON objects on lines. What `.json` has, `json_shape`
tells. Each may end in `.gz`.
"""

import codecs
import json
import string
from enum import Enum
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.reading.csv_header import PIECE_BYTES, behind_blanks, csv_header, first_record
from handlers.importer.reading.records import CsvRules, LineRules, Position, Rules
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
_FOREIGN_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


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
    beginning = stream.peek(PIECE_BYTES)
    for mark, encoding in _FOREIGN_MARKS:
        if beginning.startswith(mark):
            raise FileError(f"is {encoding}; only UTF-8 is read")
    if b"\0" in beginning[:4]:
        raise FileError("is not UTF-8 text: it begins with zero bytes")
    start = Position(len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0, 1)
    stream.skip(start.offset)
    if format_.kind in DELIMITERS:
        header, first_row = csv_header(stream, RULES[format_.kind], DELIMITERS[format_.kind], start)
        # Without a single row it is an empty file, which any format may be.
        return Head(format_.kind if header else Kind.JSON_LINES, header, first_row)
    if format_.kind is Kind.JSON_LINES:
        return Head(Kind.JSON_LINES, [], start)
    return _json_head(stream, start)


def _json_head(stream: Stream, start: Position) -> Head:
    first = behind_blanks(stream, start, string.whitespace.encode(), RULES[Kind.JSON_LINES])
    beginning = stream.peek(1)
    if not beginning:
        return Head(Kind.JSON_LINES, [], first)
    if beginning == b"[":
        stream.skip(1)
        return Head(Kind.JSON_ARRAY, [], Position(first.offset + 1, first.line))
    line = first_record(stream, RULES[Kind.JSON_LINES])
    stream.unread(line)
    try:
        is_object = isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise FileError("holds neither one JSON array nor one JSON object a line")
    return Head(Kind.JSON_LINES, [], first)
