"""The shape of a JSON file, detected from its beginning.

A bracket begins an array. An object with an array under the wrapper's name holds the rows in it. Any other object: if
it and its line end together, rows are lines, which can be split; if it spans lines, or another object follows on its
line, rows are objects one after another, wherever they are. Everything else is lines; those that are not objects are
rejected.
"""

import re
from enum import Enum
from typing import NamedTuple

from handlers.importer.errors import FileError
from handlers.importer.reading.json_text import Fault, blanks_end, extent
from handlers.importer.reading.records import RECORD_BYTES, Position
from handlers.importer.reading.streams import BEGINNING_BYTES, Stream

WRAPPER = "Items"
"""The rows' name in the output of scans and queries by the AWS CLI and the SDKs."""
_BLANKS = re.compile(b"(?:[ \t\n\r]|\xef\xbb\xbf)*+")
_MEMBER = re.compile(r'[ \t\n\r]*+("(?:[^"\\\x00-\x1f]|\\.)*+")[ \t\n\r]*+:[ \t\n\r]*+')
_REST_OF_LINE = re.compile("[ \t\r\ufeff\x1a]*+")


class Shape(Enum):
    """How a JSON file holds its rows."""

    LINES = "JSON lines"
    OBJECTS = "JSON objects"
    ARRAY = "JSON array"
    WRAPPED = "JSON array in an object"


class JsonHead(NamedTuple):
    """The beginning of a JSON file."""

    shape: Shape
    start: Position
    """Where the first row begins, or a blank before it."""
    wrapper: str = ""
    """The name of the array of rows."""


def json_head(stream: Stream, start: Position, wrapper: str = "", encoding: str = "utf-8") -> JsonHead:
    """Reads the beginning of a JSON file, and leaves the stream at the first row.

    Args:
        stream: is at `start`.
        start: the beginning of the text.
        wrapper: a name that the array of rows may have, besides `Items`.
        encoding: of the bytes.
    """
    first = _behind_blanks(stream, start)
    beginning = stream.peek(1)
    if beginning == b"[":
        stream.skip(1)
        return JsonHead(Shape.ARRAY, Position(first.offset + 1, first.line))
    if beginning != b"{":
        return JsonHead(Shape.LINES, first)
    size = BEGINNING_BYTES
    while True:
        piece = stream.peek(size)
        text = piece.decode(encoding, "surrogateescape")
        is_all = len(piece) < size or size > RECORD_BYTES
        shape, at, name = _shape(text, names(wrapper), is_all=is_all)
        if shape or is_all:
            break
        size = min(4 * size, RECORD_BYTES + 1)
    if shape is not Shape.WRAPPED:
        return JsonHead(shape or Shape.LINES, first)
    passed = text[:at].encode(encoding, "surrogateescape")
    stream.skip(len(passed))
    return JsonHead(shape, Position(first.offset + len(passed), first.line + passed.count(b"\n")), name)


def lines_head(stream: Stream, start: Position, encoding: str = "utf-8") -> JsonHead:
    """The same for a file that should have rows on lines: another shape only if there can be no lines.

    Raises:
        FileError: it is an array.
    """
    first = _behind_blanks(stream, start)
    if (beginning := stream.peek(1)) not in (b"[", b"{") or not beginning:
        return JsonHead(Shape.LINES, first)
    size = BEGINNING_BYTES
    while b"\n" not in (piece := stream.peek(size)) and size <= len(piece) and size <= RECORD_BYTES:
        size = min(4 * size, RECORD_BYTES + 1)
    text = piece.decode(encoding, "surrogateescape")
    line, newline, _ = text.partition("\n")
    end = extent(text, 0)
    if beginning == b"[" and end not in (Fault.BROKEN, Fault.DEEP) and isinstance(extent(line, 0), Fault):
        raise FileError(
            "is one JSON array, not an object a line, as its name or the settings say: it can be read as .json"
        )
    shares = not newline and isinstance(end, int) and text.startswith("{", blanks_end(text, end))
    return JsonHead(Shape.OBJECTS if beginning == b"{" and shares and len(piece) > RECORD_BYTES else Shape.LINES, first)


def names(wrapper: str) -> tuple[str, ...]:
    """The possible names of the array of rows, in order of precedence."""
    return (wrapper, WRAPPER) if wrapper and wrapper != WRAPPER else (WRAPPER,)


def rows_within(text: str, start: int, wrappers: tuple[str, ...], *, is_all: bool) -> tuple[int | Fault, str]:
    """Where the array of rows begins in an object, after its bracket, and its name.

    Without such an array, where the object ends, or why it does not, and an empty name.

    Args:
        text: may end within the object.
        start: where the object begins.
        wrappers: see `names`.
        is_all: there is no more text, or no more is read.
    """
    found: dict[str, int] = {}
    end: int | Fault = Fault.INCOMPLETE
    at = start + 1
    while member := _MEMBER.match(text, at):
        name, at = member[1][1:-1], member.end()
        if name in wrappers and name not in found and text.startswith("[", at):
            found[name] = at + 1
            if name == wrappers[0]:
                break
        value = extent(text, at)
        if isinstance(value, Fault):
            end = value
            break
        at = blanks_end(text, value)
        if not text.startswith(",", at):
            end = at + 1 if text.startswith("}", at) else extent(text, start)
            break
        at += 1
    else:
        end = extent(text, start)  # an empty object, or an incomplete name
    if wrappers[0] in found or (found and (is_all or end is not Fault.INCOMPLETE)):
        name = next(name for name in wrappers if name in found)
        return found[name], name
    return end, ""


def _shape(text: str, wrappers: tuple[str, ...], *, is_all: bool) -> tuple[Shape | None, int, str]:
    """The shape of a text that begins with an object, None if more is needed; its array of rows and the name."""
    end, name = rows_within(text, 0, wrappers, is_all=is_all)
    if isinstance(end, Fault):
        return None if end is Fault.INCOMPLETE else Shape.LINES, 0, ""
    if name:
        return Shape.WRAPPED, end, name
    if "\n" in text[:end]:
        return Shape.OBJECTS, 0, ""
    rest = _REST_OF_LINE.match(text, end)
    at = rest.end() if rest else end
    if at == len(text):
        return Shape.LINES if is_all else None, 0, ""
    return Shape.OBJECTS if text[at] == "{" else Shape.LINES, 0, ""


def _behind_blanks(stream: Stream, start: Position) -> Position:
    """Skips leading blanks, a piece at a time: a small gzipped file may hold gigabytes of them."""
    offset, line = start
    while piece := stream.peek(BEGINNING_BYTES):
        match = _BLANKS.match(piece)
        passed = match[0] if match else b""
        stream.skip(len(passed))
        offset, line = offset + len(passed), line + passed.count(b"\n")
        if len(passed) < len(piece) and not (len(piece) == BEGINNING_BYTES and len(passed) > BEGINNING_BYTES - 3):
            break
    return Position(offset, line)
