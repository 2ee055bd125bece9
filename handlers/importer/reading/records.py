"""Cuts a stream of bytes into blocks that end where a record ends.

Planner and readers share this: a chunk is some blocks, and a reader decodes whole blocks. Nothing is held but
the block at hand; a record too long to become an item is passed over without being kept.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

BLOCK_BYTES = 1 << 15
RECORD_BYTES = 3 << 20
"""The longest record that is looked at: 400 KB, each character as an escape of six bytes, and a margin."""
PREVIEW_BYTES = 200
"""How much of a longer one is kept to show."""

Read = Callable[[int], bytes]
"""As a file's `read`: up to so many bytes, none only at the end."""


class Position(NamedTuple):
    """A place between two records."""

    offset: int
    """In bytes, from the start of the file (of what it decompresses to)."""
    line: int
    """The number of the line that begins here, from 1."""


class Block(NamedTuple):
    """Some whole records."""

    data: bytes
    """With `too_long`, only the beginning of the record."""
    start: Position
    end: Position
    too_long: bool = False
    """This is one record of more than `RECORD_BYTES`."""


class Rules(Protocol):
    """Where a format's records end; a buffer begins with a record, or with what stands for its beginning."""

    def last_end(self, buffer: bytes) -> int:
        """Where the last whole record of the buffer ends; 0 if none does."""
        ...

    def first_end(self, buffer: bytes) -> int:
        """Where the first record of the buffer ends; 0 if it does not."""
        ...

    def condense(self, buffer: bytes) -> bytes:
        """At most two bytes that can stand for a buffer in which no record ends: the rest means the same."""
        ...

    def lines(self, data: bytes, before: bytes = b"") -> int:
        """How many lines end in the data, which follow on `before`."""
        ...


class LineRules:
    """One record a line, as in JSON lines: a newline ends it, wherever it stands."""

    def last_end(self, buffer: bytes) -> int:
        """See `Rules`."""
        return buffer.rfind(b"\n") + 1

    def first_end(self, buffer: bytes) -> int:
        """See `Rules`."""
        return buffer.find(b"\n") + 1

    def condense(self, buffer: bytes) -> bytes:  # noqa: ARG002 - its end is the next newline, whatever it holds
        """See `Rules`."""
        return b""

    def lines(self, data: bytes, before: bytes = b"") -> int:  # noqa: ARG002 - a newline is one byte
        """See `Rules`."""
        return data.count(b"\n")


class CsvRules:
    """The records of Python's `csv.reader` with the excel dialect and one delimiter.

    A quote opens a quoted field only where a field begins; inside, two quotes are one and all else is text;
    what follows the closing quote belongs to the field, quotes included; outside, CR, LF and CRLF end the
    record. A CR at the very end of a buffer ends nothing yet, because an LF may follow. The quantifiers are
    possessive (`*+`): a field can be read in one way only, so there is nothing to go back to, and matching
    takes no memory.
    """

    def __init__(self, delimiter: bytes) -> None:
        edges = re.escape(delimiter) + rb"\r\n"
        quoted = rb'(?<![^%s])"[^"]*+(?:""[^"]*+)*+"' % edges
        literal_quote = rb'(?<=[^%s])"' % edges
        record = rb'[^"\r\n]*+(?:(?:%s|%s)[^"\r\n]*+)*+' % (quoted, literal_quote)
        newline = rb"(?:\r\n|\n|\r(?=[^\n]))"
        self._outside_quotes = re.compile(record)
        self._record = re.compile(record + newline)
        self._records = re.compile(rb"(?:%s%s)*+" % (record, newline))
        self._delimiter = delimiter

    def last_end(self, buffer: bytes) -> int:
        """See `Rules`."""
        if b'"' not in buffer:
            return max(buffer.rfind(b"\n"), buffer.rfind(b"\r", 0, -1)) + 1
        lines = buffer.split(b"\n")
        rest = lines.pop()
        # Where each line with quotes is a record by itself, as nearly always, all of them are: no need to look at each.
        if all(self._record.fullmatch(line + b"\n") for line in lines if b'"' in line):
            return _end(self._records, buffer, len(buffer) - len(rest))
        return _end(self._records, buffer)

    def first_end(self, buffer: bytes) -> int:
        """See `Rules`."""
        return _end(self._record, buffer)

    def condense(self, buffer: bytes) -> bytes:
        """See `Rules`."""
        body = buffer.rstrip(b'"')
        rest = body[_end(self._outside_quotes, body) :]
        quotes = len(buffer) - len(body)
        if rest == b"\r":
            return rest
        if not rest and body and not body.endswith(self._delimiter):
            return b"x"
        # A field begins here, or a quoted one goes on: each pair of quotes is one more, an odd one opens or
        # may close.
        quotes += bool(rest)
        return b'"' * (2 - quotes % 2) if quotes else b""

    def lines(self, data: bytes, before: bytes = b"") -> int:
        """See `Rules`."""
        count = data.count(b"\n")
        if b"\r" in data:
            count += data.count(b"\r") - data.count(b"\r\n")
        return count - (before.endswith(b"\r") and data.startswith(b"\n"))


def blocks(read: Read, rules: Rules, position: Position, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Reads whole records, some `size` bytes at a time.

    Args:
        read: gives the bytes from `position` on.
        rules: where records end.
        position: where a record begins.
        size: how much to read at once, in bytes.
    """
    buffer = b""
    while piece := read(min(max(size, len(buffer)), RECORD_BYTES + 1 - len(buffer))):
        buffer += piece
        end = rules.last_end(buffer)
        if end:
            yield (block := _block(buffer[:end], rules, position))
            buffer = buffer[end:]
        elif len(buffer) > RECORD_BYTES:
            block, buffer = _pass_over(buffer, read, rules, position, size)
            yield block
        else:
            continue
        position = block.end
    if buffer:
        yield _block(buffer, rules, position)


def _block(data: bytes, rules: Rules, start: Position) -> Block:
    return Block(data, start, Position(start.offset + len(data), start.line + rules.lines(data)))


def _pass_over(head: bytes, read: Read, rules: Rules, start: Position, size: int) -> tuple[Block, bytes]:
    """The block of a record that began with `head` and is too long, and what was read behind it."""
    offset, line = start.offset + len(head), start.line + rules.lines(head)
    state, before = rules.condense(head), head[-1:]
    rest = b""
    while piece := read(size):
        end = rules.first_end(state + piece)
        if end:
            piece, rest = piece[: end - len(state)], piece[end - len(state) :]
        offset, line = offset + len(piece), line + rules.lines(piece, before)
        if end:
            break
        state, before = rules.condense(state + piece), piece[-1:]
    return Block(head[:PREVIEW_BYTES], start, Position(offset, line), too_long=True), rest


def _end(pattern: re.Pattern[bytes], buffer: bytes, start: int = 0) -> int:
    match = pattern.match(buffer, start)
    return match.end() if match else 0
