"""Reads what precedes the first row of a CSV file, and names its columns.

Skipped are: byte order marks, however many; Excel's first line `sep=;`, which sets the delimiter (also in quotes,
whatever the settings say); the lines that the settings skip, counting a `sep=` line; lines of blanks and delimiters
only. Then comes the header, unless the settings name the columns.

- Blanks around names are stripped.
- An empty last cell is not a column: each line ends with a delimiter.
- Any other unnamed column, such as the index that pandas writes, is `column_<n>`, counted from 1. A file in which
  another column has that name is refused, as is one with a repeated name or one too long for an attribute.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.items.rules import BLANKS, NAME_BYTES, shown
from handlers.importer.reading.batches import readable
from handlers.importer.reading.csv_rules import LINE, csv_rules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.encodings import UTF_8, Encoding
from handlers.importer.reading.format import Format
from handlers.importer.reading.records import CTRL_Z, RECORD_BYTES, Position, Rules
from handlers.importer.reading.streams import BEGINNING_BYTES, Stream

_MARK = b"\xef\xbb\xbf"
_SEP_LINE = re.compile(r'("?)sep=([^\r\n])\1(?=[\r\n]|\Z)', re.IGNORECASE)


class CsvHead(NamedTuple):
    """The beginning of a CSV file."""

    names: list[str]
    """The columns; none if the file is empty."""
    cells: list[str]
    """The header's cells as in the file, or the settings' names."""
    dialect: Dialect
    start: Position
    """Where the first row begins."""


def csv_head(stream: Stream, format_: Format, dialect: Dialect, start: Position, encoding: Encoding = UTF_8) -> CsvHead:
    """Reads up to the first row, where it leaves the stream.

    `start`, where the stream is, may follow a byte order mark. The file may overrule the dialect's delimiter.

    Raises:
        FileError: the header is malformed, too long or not text, or the names cannot name attributes.
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
    match = _SEP_LINE.match(stream.peek(16).decode(encoding.read_as, "ignore"))
    return match[2] if match else ""


def _behind_lines(stream: Stream, start: Position, count: int) -> Position:
    """Skips lines, a piece at a time: one may be gigabytes long in a small gzipped file."""
    offset, line = start
    while count and (piece := stream.peek(BEGINNING_BYTES)):
        at = 0
        while count and (match := LINE.match(piece, at)):
            at, line, count = match.end(), line + 1, count - 1
        if count:  # the last line goes on; keep a final CR, which an LF may follow
            at = max(len(piece) - (piece.endswith(b"\r") and len(piece) == BEGINNING_BYTES), at)
        stream.skip(at)
        offset += at
    return Position(offset, line)


def _behind_blanks(stream: Stream, start: Position, rules: Rules, delimiter: bytes) -> Position:
    """Skips blank lines, a piece at a time: a small gzipped file may hold gigabytes of them."""
    blanks = re.compile(rb"(?:(?:[ \t]|%s)*+(?:\r\n|\n|\r(?=[^\n])))++" % re.escape(delimiter))
    offset, line = start
    while match := blanks.match(stream.peek(BEGINNING_BYTES)):
        stream.skip(match.end())
        offset, line = offset + match.end(), line + rules.lines(match[0])
    return Position(offset, line)


def _first_record(stream: Stream, rules: Rules, encoding: Encoding) -> tuple[bytes, int]:
    """Skips the first record; returns it, and the number of bytes skipped.

    Raises:
        FileError: it is malformed or too long.
    """
    size, longest = BEGINNING_BYTES, RECORD_BYTES + rules.lookahead + len(CTRL_Z)
    while True:
        beginning = stream.peek(size)
        final = len(beginning) < size
        text = beginning.removesuffix(CTRL_Z)  # perhaps the end of the file
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
        FileError: they cannot name attributes.
    """
    names = list(map(str.strip, cells))
    if len(names) > 1 and not names[-1]:
        names.pop()
    return _checked(names)


def _checked(names: Sequence[str]) -> list[str]:
    """The names, with empty ones replaced; see `_names`."""
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
