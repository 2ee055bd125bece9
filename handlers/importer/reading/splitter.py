"""Plans a large file: cuts it into chunks that can be imported side by side.

The file is read once, front to back, a block at a time, so a plan takes as long as reading and no memory, and
may stop after any chunk and go on from there in another invocation.
"""

from collections.abc import Iterator
from typing import NamedTuple

from handlers.importer.reading.records import Block, Position, Read, Rules, blocks

PLANNING_BLOCK_BYTES = 1 << 20


class Chunk(NamedTuple):
    """A part of a file that begins and ends on a record boundary."""

    number: int
    start: Position
    end: Position


def chunks(
    read: Read,
    rules: Rules,
    chunk_bytes: int,
    *,
    start: Position,
    number: int = 0,
    reading_from: Position | None = None,
) -> Iterator[Chunk]:
    """Cuts a file at the first record boundaries at or behind each multiple of `chunk_bytes`.

    So a file of `n` bytes has at most `ceil(n / chunk_bytes)` chunks, each but the last at least nearly as
    long, and the cuts are the same wherever planning was interrupted: a chunk that is sent twice is the same chunk.

    Args:
        read: gives the bytes from `reading_from` on.
        rules: where records end.
        chunk_bytes: about how long a chunk is to be.
        start: where the first chunk to plan begins.
        number: its number.
        reading_from: where reading begins, if not at `start`: behind the header.
    """
    size = min(PLANNING_BLOCK_BYTES, chunk_bytes)
    end = start
    for block in blocks(read, rules, reading_from or start, size):
        end = block.end
        while end.offset >= (wanted := (start.offset // chunk_bytes + 1) * chunk_bytes):
            cut = _boundary(block, rules, wanted)
            yield Chunk(number, start, cut)
            start, number = cut, number + 1
    if end.offset > start.offset:
        yield Chunk(number, start, end)


def _boundary(block: Block, rules: Rules, wanted: int) -> Position:
    """Where the first record of a block ends that ends at or behind an offset, which is not behind the block."""
    if block.too_long or block.fault:
        return block.end
    at = max(wanted - block.start.offset, 1)
    end = rules.last_end(block.data, 0, at)
    while end < min(at, len(block.data)):
        end = rules.walk(block.data, end, final=True).at
    if end == len(block.data):
        return block.end
    return Position(block.start.offset + end, block.start.line + rules.lines(block.data[:end]))
