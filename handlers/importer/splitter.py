"""Plans a large file: cuts it into chunks that can be imported side by side.

The file is read once, front to back, a block at a time, so a plan takes as long as reading and no memory, and
may stop after any chunk and go on from there in another invocation.
"""

from collections.abc import Iterator
from typing import NamedTuple

from handlers.importer.records import Position, Read, Rules, blocks

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
    """Cuts a file at the first record boundaries seen at or behind each multiple of `chunk_bytes`.

    So a file of `n` bytes has at most `ceil(n / chunk_bytes)` chunks, each but the last at least nearly as
    long, and the cuts are the same wherever planning was interrupted.

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
        if end.offset // chunk_bytes > start.offset // chunk_bytes:
            yield Chunk(number, start, end)
            start, number = end, number + 1
    if end.offset > start.offset:
        yield Chunk(number, start, end)
