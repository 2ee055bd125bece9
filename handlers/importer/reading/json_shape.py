"""The shape of a JSON file, as its beginning tells it."""

import json
import string

from handlers.importer.errors import FileError
from handlers.importer.reading.records import RECORD_BYTES, Position
from handlers.importer.reading.streams import Stream

_PIECE_BYTES = 1 << 16
_BLANKS = string.whitespace.encode()


def json_shape(stream: Stream, start: Position) -> tuple[bool, Position]:
    """Whether the file is one array, not an object a line, and where its first row begins, at which the stream is left.

    Raises:
        FileError: it is neither.
    """
    first = _behind_blanks(stream, start)
    beginning = stream.peek(1)
    if not beginning:
        return False, first
    if beginning == b"[":
        stream.skip(1)
        return True, Position(first.offset + 1, first.line)
    line = _first_line(stream)
    stream.unread(line)
    try:
        is_object = isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise FileError("holds neither one JSON array nor one JSON object a line")
    return False, first


def _behind_blanks(stream: Stream, start: Position) -> Position:
    """Passes over leading blanks, a piece at a time: there may be gigabytes of them in a small gzipped file."""
    offset, line = start
    while piece := stream.peek(_PIECE_BYTES):
        passed = piece[: len(piece) - len(piece.lstrip(_BLANKS))]
        stream.skip(len(passed))
        offset, line = offset + len(passed), line + passed.count(b"\n")
        if len(passed) < len(piece):
            break
    return Position(offset, line)


def _first_line(stream: Stream) -> bytes:
    buffer, end = b"", 0
    while not end and (piece := stream.read(_PIECE_BYTES)):
        buffer += piece
        end = buffer.find(b"\n") + 1
        if not end and len(buffer) > RECORD_BYTES:
            raise FileError(f"the header is longer than {RECORD_BYTES:,} bytes")
    end = end or len(buffer)
    stream.unread(buffer[end:])
    return buffer[:end]
