"""Cuts a stream of bytes into blocks that end with a record.

Planner and readers share this: a chunk is some blocks, and a reader decodes whole blocks. Only the current block is in
memory, with its lookahead; a record too long to become an item is skipped without being kept. Where records end depends
on the file alone, not on the size of reads or chunks.

A single 0x1A (DOS's Ctrl-Z) at the very end of a file belongs to no record.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

BLOCK_BYTES = 1 << 15
RECORD_BYTES = 3 << 20
"""The longest record that is read: 400 KB, each character as an escape of six bytes, and a margin."""
PREVIEW_BYTES = 200
"""How much of a longer one is kept to show."""
CTRL_Z = b"\x1a"

Read = Callable[[int], bytes]
"""Like a file's `read`: up to so many bytes, none only at the end."""


class Position(NamedTuple):
    """A place between two records."""

    offset: int
    """In bytes of the (decompressed) file."""
    line: int
    """The number of the line, from 1."""


class Block(NamedTuple):
    """Some whole records, or one that is bad."""

    data: bytes
    """With `too_long`, only the record's beginning."""
    start: Position
    end: Position
    too_long: bool = False
    """One record of more than `RECORD_BYTES`."""
    fault: str = ""
    """Why the one record is malformed."""


class Walk(NamedTuple):
    """How far a record goes in a buffer."""

    at: int
    """Up to here for sure."""
    ended: bool
    """The record ends there."""
    fault: str = ""
    """Why the record is malformed."""


class Rules(Protocol):
    """Where a format's records end."""

    lookahead: int
    """How many bytes after a place tell whether the record goes on there."""
    lookbehind: int
    """And how many before it."""

    def last_end(self, buffer: bytes, start: int, stop: int) -> int:
        """Where the last of the surely complete and well-formed records ends; `start` if there is none.

        A record begins at `start`; the search ends at `stop` and at the first malformed record.
        """
        ...

    def walk(self, buffer: bytes, at: int, *, final: bool, fault: str = "") -> Walk:
        """How far the record goes.

        Args:
            buffer: includes the `lookbehind` bytes before `at`, unless the record begins there.
            at: where the record begins, or an earlier walk in it stopped.
            final: nothing follows the buffer.
            fault: of an earlier walk.
        """
        ...

    def lines(self, data: bytes, before: bytes = b"") -> int:
        """How many lines end in the data, which follows `before`."""
        ...


class LineRules:
    """One record per line, as in JSON lines: any newline ends it."""

    lookahead = lookbehind = 0

    def last_end(self, buffer: bytes, start: int, stop: int) -> int:
        """See `Rules`."""
        return buffer.rfind(b"\n", start, stop) + 1 or start

    def walk(self, buffer: bytes, at: int, *, final: bool, fault: str = "") -> Walk:  # noqa: ARG002 - none has one
        """See `Rules`."""
        end = buffer.find(b"\n", at) + 1
        return Walk(end or len(buffer), final or bool(end))

    def lines(self, data: bytes, before: bytes = b"") -> int:  # noqa: ARG002 - a newline is one byte
        """See `Rules`."""
        return data.count(b"\n")


def blocks(read: Read, rules: Rules, position: Position, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Reads whole records, about `size` bytes at a time; a malformed or too long one is a separate block.

    Args:
        read: reads from `position`, where a record begins, to the end of the file or of a record.
        rules: where records end.
        position: where reading begins.
        size: of blocks, in bytes.
    """
    window = _Window(read, rules.lookbehind)
    size = min(size, RECORD_BYTES)
    wanted = size
    while window.fill(wanted, at_once=wanted == size):
        start = window.at
        walk = Walk(rules.last_end(window.buffer, start, min(start + size, len(window.buffer))), ended=True)
        if walk.at == start:
            walk = rules.walk(window.buffer, start, final=window.final)
            if not walk.ended and window.left <= RECORD_BYTES + rules.lookahead:
                wanted = min(2 * window.left, RECORD_BYTES + rules.lookahead) + 1
                continue
        if walk.ended and walk.at - start <= RECORD_BYTES:
            data = window.buffer[start : walk.at]
            block = Block(data, position, _behind(position, data, rules), fault=walk.fault)
            window.at = walk.at
        else:
            block = _pass_over(window, walk, rules, position, size)
        if window.dropped and not window.left:
            block = block._replace(end=Position(block.end.offset + window.dropped, block.end.line))
            window.dropped = 0
        yield block
        position = block.end
        # Filling up at once would copy all that is left after each of many bad records.
        wanted = size if window.left <= size // 2 else 0
    if window.dropped:
        yield Block(b"", position, Position(position.offset + window.dropped, position.line))


def _behind(position: Position, data: bytes, rules: Rules, before: bytes = b"") -> Position:
    return Position(position.offset + len(data), position.line + rules.lines(data, before))


def _pass_over(window: "_Window", walk: Walk, rules: Rules, start: Position, size: int) -> Block:
    """The block of a too long record at the window's beginning, keeping as little as possible in memory."""
    beginning = window.buffer[window.at : window.at + PREVIEW_BYTES]
    end, before = start, b""
    while True:
        passed = window.buffer[window.at : walk.at]
        end, before, window.at = _behind(end, passed, rules, before), passed[-1:] or before, walk.at
        if walk.ended:
            return Block(beginning, start, end, too_long=True)
        window.fill(window.left + max(window.left, size))
        walk = rules.walk(window.buffer, window.at, final=window.final, fault=walk.fault)


class _Window:
    """The part of a file being read, without a Ctrl-Z at the file's end.

    Attributes:
        buffer: what was read.
        at: how much of it is done.
        final: nothing follows it.
        dropped: the number of bytes left out at the end.
    """

    def __init__(self, read: Read, lookbehind: int) -> None:
        self.buffer = b""
        self.at = self.dropped = 0
        self.final = False
        self._read = read
        self._lookbehind = lookbehind
        self._held = b""

    @property
    def left(self) -> int:
        """The number of bytes not yet done."""
        return len(self.buffer) - self.at

    def fill(self, wanted: int, *, at_once: bool = False) -> bool:
        """Reads until so many bytes are left, or the file ends; returns whether any are.

        With `at_once` one read is enough: a source that returns less than asked for has a reason.
        """
        missing = wanted - self.left
        if missing <= 0 or self.final:
            return self.left > 0
        begin = max(self.at - self._lookbehind, 0)
        pieces = [self.buffer[begin:]]
        self.at -= begin
        while missing > 0:
            piece = self._read(missing)
            if not piece:
                self.final, self.dropped = True, len(self._held)
                break
            piece = self._held + piece
            self._held = CTRL_Z if piece.endswith(CTRL_Z) else b""
            pieces.append(piece.removesuffix(self._held))
            missing -= len(pieces[-1])
            if at_once and pieces[-1]:
                break
        self.buffer = b"".join(pieces)
        return self.left > 0
