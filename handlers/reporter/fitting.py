"""Fits a text of many rows into a size: Gmail, for one, clips a mail at 102 KB and hides what comes after."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Block:
    """Rows between a head and a tail; it is empty as long as it has no row.

    Attributes:
        head: what comes before the rows.
        rows: the rows, the most important first.
        tail: what comes after them.
        cut: what comes between rows and tail where rows are left out; `{}` becomes their number.
        others: how many more rows there are, which are left out in any case.
        taken: how many rows it has.
    """

    head: str
    rows: Sequence[str]
    tail: str
    cut: str
    others: int = 0
    taken: int = 0

    def __str__(self) -> str:
        if not self.taken:
            return ""
        left_out = len(self.rows) + self.others - self.taken
        note = self.note(left_out) if left_out else ""
        return f"{self.head}{''.join(self.rows[: self.taken])}{note}{self.tail}"

    def note(self, left_out: int) -> str:
        """Gives `cut` for a number of rows."""
        return self.cut.replace("{}", f"{left_out:,}")


class Room:
    """The bytes of UTF-8 that blocks may take together.

    Attributes:
        exceeded: whether some row was refused.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self.exceeded = False

    def fill(self, block: Block, rows: int) -> None:
        """Takes rows into a block, until it has as many as asked for or the next does not fit."""
        around = block.head + block.note(len(block.rows) + block.others) + block.tail
        for row in block.rows[block.taken : rows]:
            needed = _size(row) if block.taken else _size(around + row)
            if needed > self._left:
                self.exceeded = True
                return
            block.taken += 1
            self._left -= needed


def _size(text: str) -> int:
    return len(text.encode())
