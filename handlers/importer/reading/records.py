"""Cuts a stream of bytes into blocks that end where a record ends.

Planner and readers share this: a chunk is some blocks, and a reader decodes whole blocks. Nothing is held but
the block at hand, and what has to be seen behind it; a record too long to become an item is passed over without being
kept. Where records end follows from the file alone: neither from how much is read at once nor from where a chunk ends.

A single 0x1A (Ctrl-Z, with which DOS ended texts) at the very end of a file belongs to no record.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

BLOCK_BYTES = 1 << 15
RECORD_BYTES = 3 << 20
"""The longest record that is looked at: 400 KB, each character as an escape of six bytes, and a margin."""
PREVIEW_BYTES = 200
"""How much of a longer one is kept to show."""
CTRL_Z = b"\x1a"

Read = Callable[[int], bytes]
"""As a file's `read`: up to so many bytes, none only at the end."""


class Position(NamedTuple):
    """A place between two records."""

    offset: int
    """In bytes, from the start of the file (of what it decompresses to)."""
    line: int
    """The number of the line that begins here, from 1."""


class Block(NamedTuple):
    """Some whole records, or one that is bad."""

    data: bytes
    """With `too_long`, only the beginning of the record."""
    start: Position
    end: Position
    too_long: bool = False
    """This is one record of more than `RECORD_BYTES`."""
    fault: str = ""
    """Why this one record is malformed."""


class Walk(NamedTuple):
    """How far one comes in a buffer, within one record."""

    at: int
    """Up to here it is sure."""
    ended: bool
    """The record ends there."""
    fault: str = ""
    """Why the record is malformed."""


class Rules(Protocol):
    """Where a format's records end."""

    lookahead: int
    """How many bytes behind a place have to be seen to tell whether the record goes on there."""
    lookbehind: int
    """And how many before it."""

    def last_end(self, buffer: bytes, start: int, stop: int) -> int:
        """Where the last record ends of those that are surely whole and well-formed; `start` if none is.

        A record begins at `start`; none is looked for behind `stop`, nor behind the first that is malformed.
        """
        ...

    def walk(self, buffer: bytes, at: int, *, final: bool, fault: str = "") -> Walk:
        """How far the record goes on.

        Args:
            buffer: holds the `lookbehind` bytes before `at` too, unless the record begins there.
            at: where the record begins, or where an earlier walk in it came to.
            final: nothing follows on the buffer.
            fault: what an earlier walk found.
        """
        ...

    def lines(self, data: bytes, before: bytes = b"") -> int:
        """How many lines end in the data, which follow on `before`."""
        ...


class LineRules:
    """One record a line, as in JSON lines: a newline ends it, wherever it stands."""

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
    """Reads whole records, some `size` bytes at a time; each that is malformed or too long is a block by itself.

    Args:
        read: gives the bytes from `position` on; its end is the end of the file, or of a record.
        rules: where records end.
        position: where a record begins.
        size: how much to look at once, in bytes.
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
        # Not at once whatever is missing: behind each of many bad records that would copy all that is left.
        wanted = size if window.left <= size // 2 else 0
    if window.dropped:
        yield Block(b"", position, Position(position.offset + window.dropped, position.line))


def _behind(position: Position, data: bytes, rules: Rules, before: bytes = b"") -> Position:
    return Position(position.offset + len(data), position.line + rules.lines(data, before))


def _pass_over(window: "_Window", walk: Walk, rules: Rules, start: Position, size: int) -> Block:
    """The block of a record that begins the window and is too long, of which as little as can be is held."""
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
    """The part of a file that is being looked at, without a Ctrl-Z at the file's end.

    Attributes:
        buffer: what was read.
        at: how much of it is behind.
        final: nothing follows on it.
        dropped: how many bytes were left out at the end.
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
        """How many bytes are there to look at."""
        return len(self.buffer) - self.at

    def fill(self, wanted: int, *, at_once: bool = False) -> bool:
        """Reads until so many bytes are there to look at, or the file ends; whether any are.

        With `at_once` what one reading gives is enough: whoever gives less than was asked for has a reason.
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
