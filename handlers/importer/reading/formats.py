"""The formats of files, told by their names, the settings and their beginnings.

`.csv` and `.tsv` have a header. `.jsonl` and `.ndjson` have JSON objects on lines. For `.json` see `json_shape`. Each
may end in `.gz` or `.zst`. The settings take precedence over the name, and unambiguous content over both.
"""

import codecs
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.reading.compression import GZIP, ZSTD, told
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.encodings import UTF_8, Encoding, encoding
from handlers.importer.reading.format import Format
from handlers.importer.reading.records import LineRules, Position, Rules
from handlers.importer.reading.streams import BEGINNING_BYTES, Stream


class Kind(Enum):
    """How a file's rows are written."""

    CSV = "csv"
    TSV = "tsv"
    JSON_LINES = "JSON lines"
    JSON_OBJECTS = "JSON objects"
    JSON_ARRAY = "JSON array"
    JSON_WRAPPED = "JSON array in an object"


class FileType(NamedTuple):
    """The format by a file's name or the settings."""

    kind: Kind | None
    """None: the content tells."""
    compression: str
    """`gzip`, `zstd` or empty, unless the content tells otherwise."""


class Head(NamedTuple):
    """The beginning of a file."""

    kind: Kind
    header: list[str]
    """The columns of a CSV file; empty for the other kinds."""
    start: Position
    """Where the first row begins."""
    wrapper: str = ""
    """The member of an object that holds the array of JSON rows."""
    cells: Sequence[str] = ()
    """The header of a CSV file as written."""
    dialect: Dialect | None = None
    """Of a CSV file."""
    encoding: Encoding = UTF_8
    """Of its text."""

    @property
    def rules(self) -> Rules | None:
        """Tells where records end; None if only reading from the start does."""
        if not self.dialect:
            return RULES.get(self.kind)
        from handlers.importer.reading.csv_rules import csv_rules  # only for CSV

        return csv_rules(self.dialect, self.encoding.read_as)


RULES: dict[Kind, Rules] = {Kind.JSON_LINES: LineRules()}
AS_NAMED = Format()
"""No settings: defaults for what a file's name leaves open."""
_KINDS = {
    ".csv": Kind.CSV,
    ".tsv": Kind.TSV,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".json": None,
}
_TYPES = {"csv": Kind.CSV, "tsv": Kind.TSV, "jsonl": Kind.JSON_LINES, "json": None, "dynamodb": None}
_COMPRESSIONS = {".gz": GZIP, ".zst": ZSTD}
_ION = (b"$ion_1_0", b"\xe0\x01\x00\xea")


def by_name(name: str, settings: Format = AS_NAMED) -> FileType:
    """The format of a file with this name; the settings take precedence.

    Raises:
        FileError: neither the settings nor the name's ending tell.
    """
    base = name.lower()
    ending = next((ending for ending in _COMPRESSIONS if base.endswith(ending)), "")
    base = base.removesuffix(ending)
    compressions = {"auto": _COMPRESSIONS.get(ending, ""), "none": ""}
    compression = compressions.get(settings.compression, settings.compression)
    if settings.type != "auto":
        return FileType(_TYPES[settings.type], compression)
    for known, kind in _KINDS.items():
        if base.endswith(known):
            return FileType(kind, compression)
    raise FileError(
        f"the name ends in none of {' '.join(_KINDS)}, with or without {' or '.join(_COMPRESSIONS)}; "
        "the setting format.type can say what the file is"
    )


def is_surely_streamed(name: str, settings: Format = AS_NAMED) -> bool:
    """Whether a file cannot be cut, as far as is known before it is opened."""
    try:
        return bool(by_name(name, settings).compression) or encoding(settings.encoding).is_transcoded
    except FileError:
        return True  # it cannot be read


def inspect(stream: Stream, kind: Kind | None, settings: Format = AS_NAMED, written: Encoding = UTF_8) -> Head:
    """Reads a file's beginning, and leaves the stream at the first row.

    Args:
        stream: is at the file's beginning; gives bytes as readers take them.
        kind: how its rows are written; None: its content tells.
        settings: of the import.
        written: the file's encoding.

    Raises:
        FileError: the file is not text, or does not begin as its format must.
    """
    beginning = stream.peek(BEGINNING_BYTES)
    if compression := told(beginning):
        why = "compressed twice" if settings.compression != "none" else "the setting format.compression is none"
        raise FileError(f"is {compression} by its content, and is not decompressed: {why}")
    if beginning.startswith(_ION):
        raise FileError("is Amazon Ion: export it as DynamoDB JSON, or load it with DynamoDB's own ImportTable")
    if b"\0" in beginning[:4]:
        raise FileError(
            f"is not {written.label} text: it begins with zero bytes (UTF-16 without a mark is one for format.encoding)"
        )
    start = Position(len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0, 1)
    stream.skip(start.offset)
    if kind in (Kind.CSV, Kind.TSV):
        from handlers.importer.reading.csv_header import csv_head  # see `rows`: loaded only for this kind

        csv = csv_head(stream, settings, settings.dialect(kind.value), start, written)
        if not csv.names:  # an empty file, which any format may be
            return Head(Kind.JSON_LINES, [], csv.start, encoding=written)
        return Head(kind, csv.names, csv.start, cells=csv.cells, dialect=csv.dialect, encoding=written)
    from handlers.importer.reading.json_shape import json_head, lines_head  # likewise

    if kind is Kind.JSON_LINES:
        shape, first, wrapper = lines_head(stream, start, written.read_as)
    else:
        shape, first, wrapper = json_head(stream, start, settings.wrapper, written.read_as)
    return Head(Kind(shape.value), [], first, wrapper, encoding=written)
