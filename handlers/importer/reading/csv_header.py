"""Reads what comes before the first row of a CSV file, and names its columns.

What is passed over: byte order marks, however many; a first line `sep=;` as Excel knows it, which says the delimiter
(in quotes too, and whatever the settings say); the lines that the settings skip, a `sep=` line among them; blank
lines and lines of delimiters and blanks alone. Then comes the header, unless the settings name the columns.

- Blanks around a name are no part of it.
- An empty last cell is no column: the delimiter stands at the end of each line.
- Any other column without a name is `column_<n>`, counted from 1, as of the index that pandas writes. A file in which
  another column has that name already is refused, and so is one with a name twice, or too long for an attribute.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.items.rules import BLANKS, NAME_BYTES, shown
from handlers.importer.reading.batches import readable
from handlers.importer.reading.csv_rules import csv_rules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.encodings import UTF_8, Encoding
from handlers.importer.reading.format import Format
from handlers.importer.reading.records import CTRL_Z, RECORD_BYTES, Position, Rules
from handlers.importer.reading.streams import BEGINNING_BYTES, Stream

_MARK = b"\xef\xbb\xbf"
_SEP_LINE = re.compile(r'("?)sep=([^\r\n])\1(?=[\r\n]|\Z)', re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r(?=[^\n]))")


class CsvHead(NamedTuple):
    """What the beginning of a CSV file says."""

    names: list[str]
    """The columns; none if the file is empty."""
    cells: list[str]
    """The header's cells as they stand in the file; the names that the settings give, if they do."""
    dialect: Dialect
    start: Position
    """Where the first row begins."""


def csv_head(stream: Stream, format_: Format, dialect: Dialect, start: Position, encoding: Encoding = UTF_8) -> CsvHead:
    """Reads up to the first row, at which the stream is left.

    Args:
        stream: stands at `start`.
        format_: what the settings say.
        dialect: how cells are written, unless the file says otherwise.
        start: the beginning of the file, or what follows on its byte order mark.
        encoding: of the file.

    Raises:
        FileError: the header is malformed, too long or not text, or the names cannot be those of attributes.
    """
    while stream.peek(len(_MARK)) == _MARK:
        stream.skip(len(_MARK))
        start = Position(start.offset + len(_MARK), start.line)
    delimiter = _sep(stream, encoding)
    dialect = dialect._replace(delimiter=delimiter or dialect.delimiter)
    if mistake := dialect.mistake():
        raise FileError(f"cannot be read: {mistake}")
    start = _behind_lines(stream, start, max(format_.skip_lines, 1 if delimiter else 0))
    if format_.header:
        names = list(format_.header)
        return CsvHead(_checked(names), names, dialect, start)
    rules = csv_rules(dialect, encoding.read_as)
    cells: list[str] = []
    while not any(cell.strip(BLANKS) for cell in cells) and stream.peek(1):
        start = _behind_blanks(stream, start, rules, dialect.delimiter.encode(encoding.read_as))
        record, length = _first_record(stream, rules, encoding)
        start = Position(start.offset + length, start.line + rules.lines(record))
        cells = _cells(record, dialect, encoding)
    if not any(cell.strip(BLANKS) for cell in cells):
        return CsvHead([], [], dialect, start)
    return CsvHead(_names(cells), cells, dialect, start)


def _sep(stream: Stream, encoding: Encoding) -> str:
    """The delimiter that the first line says; empty if it says none."""
    match = _SEP_LINE.match(stream.peek(16).decode(encoding.read_as, "ignore"))
    return match[2] if match else ""


def _behind_lines(stream: Stream, start: Position, count: int) -> Position:
    """Passes over so many lines, a piece at a time: one may be gigabytes long in a small gzipped file."""
    offset, line = start
    while count and (piece := stream.peek(BEGINNING_BYTES)):
        at = 0
        while count and (match := _LINE.match(piece, at)):
            at, line, count = match.end(), line + 1, count - 1
        if count:  # the last of them goes on, but for a CR on which an LF may follow
            at = max(len(piece) - (piece.endswith(b"\r") and len(piece) == BEGINNING_BYTES), at)
        stream.skip(at)
        offset += at
    return Position(offset, line)


def _behind_blanks(stream: Stream, start: Position, rules: Rules, delimiter: bytes) -> Position:
    """Passes over blank lines, a piece at a time: there may be gigabytes of them in a small gzipped file."""
    blanks = re.compile(rb"(?:(?:[ \t]|%s)*+(?:\r\n|\n|\r(?=[^\n])))++" % re.escape(delimiter))
    offset, line = start
    while match := blanks.match(stream.peek(BEGINNING_BYTES)):
        stream.skip(match.end())
        offset, line = offset + match.end(), line + rules.lines(match[0])
    return Position(offset, line)


def _first_record(stream: Stream, rules: Rules, encoding: Encoding) -> tuple[bytes, int]:
    """The first record of what is left of a stream, and how many bytes were passed over with it.

    Raises:
        FileError: it is malformed or too long.
    """
    size, longest = BEGINNING_BYTES, RECORD_BYTES + rules.lookahead + len(CTRL_Z)
    while True:
        beginning = stream.peek(size)
        final = len(beginning) < size
        text = beginning.removesuffix(CTRL_Z)  # behind which the file may end
        walk = rules.walk(text, 0, final=final)
        if walk.ended or size == longest:
            break
        size = min(2 * size, longest)
    record = text[: walk.at]
    if not walk.ended or len(record) > RECORD_BYTES:
        raise FileError(f"the header is longer than {RECORD_BYTES:,} bytes")
    if walk.fault:
        raise FileError(f"the header is malformed, {walk.fault}: {shown(readable(record, encoding.read_as).rstrip())}")
    length = len(beginning) if final and walk.at == len(text) else walk.at
    stream.skip(length)
    return record, length


def _cells(record: bytes, dialect: Dialect, encoding: Encoding) -> list[str]:
    try:
        text = record.decode(encoding.read_as)
    except UnicodeDecodeError as error:
        reason = f"the header is not {encoding.label}: {error.reason} at byte {error.start}"
        raise FileError(f"{reason}; see the setting format.encoding") from None
    if "\0" in text:
        raise FileError("the header is not text: it has zero bytes")
    return dialect.row(text)


def _names(cells: Sequence[str]) -> list[str]:
    """The names of the columns under a header.

    Raises:
        FileError: they cannot be those of attributes.
    """
    names = list(map(str.strip, cells))
    if len(names) > 1 and not names[-1]:
        names.pop()
    return _checked(names)


def _checked(names: Sequence[str]) -> list[str]:
    """The names, with one for each that is empty; see `_names`."""
    places: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if name in places:
            raise FileError(f"the header names two columns {shown(name)}: columns {places[name]} and {place}")
        if len(name) * 4 > NAME_BYTES and (size := len(name.encode())) > NAME_BYTES:
            raise FileError(f"the header names column {place} with {size:,} bytes, DynamoDB allows {NAME_BYTES:,}")
        if name:
            places[name] = place
    for place, name in enumerate(names, 1):
        if not name and f"column_{place}" in places:
            other = places[f"column_{place}"]
            raise FileError(f"the header has no name for column {place}, and 'column_{place}' is column {other}")
    return [name or f"column_{place}" for place, name in enumerate(names, 1)]
