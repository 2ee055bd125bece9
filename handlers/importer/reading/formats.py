"""The formats of files, by name, and what the beginning of a file says about the rest.

`.csv` and `.tsv` have a header. `.jsonl` and `.ndjson` have JSON objects on lines. What `.json` has, `json_shape`
tells. Each may end in `.gz`.
"""

import codecs
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.reading.csv_header import PIECE_BYTES, csv_head
from handlers.importer.reading.csv_rules import csv_rules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.format import Format
from handlers.importer.reading.json_shape import json_head, lines_head
from handlers.importer.reading.records import LineRules, Position, Rules
from handlers.importer.reading.streams import Stream


class Kind(Enum):
    """How a file's rows are written."""

    CSV = "csv"
    TSV = "tsv"
    JSON_LINES = "JSON lines"
    JSON_OBJECTS = "JSON objects"
    JSON_ARRAY = "JSON array"
    JSON_WRAPPED = "JSON array in an object"


class FileType(NamedTuple):
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
    cells: Sequence[str] = ()
    """The header of a CSV file as it stands there."""
    dialect: Dialect | None = None
    """Of a CSV file."""

    @property
    def rules(self) -> Rules | None:
        """Where records end; None if only reading from the start tells."""
        return csv_rules(self.dialect) if self.dialect else RULES.get(self.kind)


RULES: dict[Kind, Rules] = {Kind.JSON_LINES: LineRules()}
AS_NAMED = Format()
"""No settings: all that a file's name leaves open has its default."""
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


def by_name(name: str) -> FileType:
    """The format of a file with this name.

    Raises:
        FileError: the name has none of the known endings.
    """
    base = name.lower()
    gzipped = base.endswith(".gz")
    base = base.removesuffix(".gz")
    for ending, kind in _KINDS.items():
        if base.endswith(ending):
            return FileType(kind, gzipped)
    raise FileError(f"the name ends in none of {' '.join(_KINDS)}, nor in one of them and .gz")


def inspect(stream: Stream, type_: FileType, settings: Format = AS_NAMED) -> Head:
    """Reads a file's beginning, and leaves the stream where the first row begins.

    Args:
        stream: stands at the file's beginning.
        type_: what the file's name says.
        settings: what the settings say.

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
    if type_.kind in (Kind.CSV, Kind.TSV):
        csv = csv_head(stream, settings, settings.dialect(type_.kind.value), start)
        if not csv.names:  # an empty file, which any format may be
            return Head(Kind.JSON_LINES, [], csv.start)
        return Head(type_.kind, csv.names, csv.start, cells=csv.cells, dialect=csv.dialect)
    shape, first, wrapper = (lines_head if type_.kind is Kind.JSON_LINES else json_head)(stream, start)
    return Head(Kind(shape.value), [], first, wrapper)
