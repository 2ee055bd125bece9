"""Plans a large file: cuts it into chunks that can be imported in parallel.

The file is read once, from start to end, a block at a time: a plan takes as long as reading and no memory, and can stop
after any chunk and continue in another invocation.
"""

from collections.abc import Iterator
from typing import NamedTuple

from handlers.importer.reading.records import Block, Position, Read, Rules, blocks

PLANNING_BLOCK_BYTES = 1 << 20


class Chunk(NamedTuple):
    """A part of a file, from one record boundary to another."""

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
    """Cuts a file at the first record boundary at or after each multiple of `chunk_bytes`.

    So a file of `n` bytes has at most `ceil(n / chunk_bytes)` chunks, all but the last at least nearly that long, and
    the cuts are the same wherever planning is interrupted: a chunk that is sent twice is the same chunk.

    Args:
        read: reads from `reading_from` on.
        rules: where records end.
        chunk_bytes: about how long chunks should be.
        start: where the first chunk to plan begins.
        number: its number.
        reading_from: where reading begins, if not at `start`: after the header.
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
    """The first record end in the block at or after an offset, which is not after the block."""
    if block.too_long or block.fault:
        return block.end
    at = max(wanted - block.start.offset, 1)
    end = rules.last_end(block.data, 0, at)
    while end < min(at, len(block.data)):
        end = rules.walk(block.data, end, final=True).at
    if end == len(block.data):
        return block.end
    return Position(block.start.offset + end, block.start.line + rules.lines(block.data[:end]))
