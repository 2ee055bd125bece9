"""Reads the header of a CSV file."""

import csv
import io

from handlers.importer.errors import FileError
from handlers.importer.reading.records import RECORD_BYTES, Position, Rules
from handlers.importer.reading.streams import Stream

PIECE_BYTES = 1 << 16

csv.field_size_limit(2 * RECORD_BYTES)  # its default of 128 KiB is less than an item's 400 KB


def csv_header(stream: Stream, rules: Rules, delimiter: str, start: Position) -> tuple[list[str], Position]:
    """The columns, none if the file has no row, and where the first row begins, at which the stream is left.

    Raises:
        FileError: it is too long, or not text.
    """
    first = behind_blanks(stream, start, b"\r\n", rules)
    header = first_record(stream, rules)
    try:
        text = header.decode()
    except UnicodeDecodeError as error:
        raise FileError(f"the header is not UTF-8: {error.reason} at byte {error.start}") from None
    if "\0" in text:
        raise FileError("the header is not text: it has zero bytes")
    columns = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return columns, Position(first.offset + len(header), first.line + rules.lines(header))


def behind_blanks(stream: Stream, start: Position, blanks: bytes, rules: Rules) -> Position:
    """Passes over leading blanks, a piece at a time: there may be gigabytes of them in a small gzipped file."""
    offset, line, before = start.offset, start.line, b""
    while piece := stream.peek(PIECE_BYTES):
        passed = piece[: len(piece) - len(piece.lstrip(blanks))]
        stream.skip(len(passed))
        offset, line, before = offset + len(passed), line + rules.lines(passed, before), passed[-1:]
        if len(passed) < len(piece):
            break
    return Position(offset, line)


def first_record(stream: Stream, rules: Rules) -> bytes:
    """The first record of what is left of a stream, which is left behind it.

    Raises:
        FileError: it is too long.
    """
    buffer, end = b"", 0
    while not end and (piece := stream.read(PIECE_BYTES)):
        buffer += piece
        end = rules.first_end(buffer)
        if not end and len(buffer) > RECORD_BYTES:
            raise FileError(f"the header is longer than {RECORD_BYTES:,} bytes")
    end = end or len(buffer)
    stream.unread(buffer[end:])
    return buffer[:end]
