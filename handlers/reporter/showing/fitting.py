"""Fits a text of many rows into a size: Gmail, for one, clips a mail at 102 KB and hides what comes after."""

from collections.abc import Callable, Sequence
from typing import Any

_ESCAPED = bytes(value for value in range(256) if not (value in b"\t\n" or 32 <= value <= 126) or value == ord("="))


class Block:
    """Rows between a head and a tail; it is empty as long as it has no row.

    Attributes:
        head: what comes before the rows.
        rows: the rows, the most important first; or what `render` makes them from, when they are taken.
        tail: what comes after them.
        cut: what comes between rows and tail where rows are left out; `{}` becomes their number.
        others: how many more rows there are, which are left out in any case.
        render: makes a row.
        kept: the rows that it has.
    """

    def __init__(
        self,
        head: str,
        rows: Sequence[Any],
        tail: str,
        cut: str,
        others: int = 0,
        render: Callable[[Any], str] = str,
    ) -> None:
        self.head = head
        self.rows = rows
        self.tail = tail
        self.cut = cut
        self.others = others
        self.render = render
        self.kept: list[str] = []

    def __str__(self) -> str:
        if not self.kept:
            return ""
        left_out = len(self.rows) + self.others - len(self.kept)
        note = self.note(left_out) if left_out else ""
        return f"{self.head}{''.join(self.kept)}{note}{self.tail}"

    def note(self, left_out: int) -> str:
        """Gives `cut` for a number of rows."""
        return self.cut.replace("{}", f"{left_out:,}")


def size(text: str) -> int:
    """Measures a text in bytes of UTF-8."""
    return len(text.encode())


def sent_size(text: str) -> int:
    """Measures a text as a mail carries it, in bytes: as quoted-printable or as base64, whichever takes more.

    A mail service chooses by itself, and neither is the number of bytes: one makes three of each that is not ASCII,
    the other four of any three. It is never less than the text takes, also where texts are measured in parts.
    """
    body = text.encode()
    returns = body.count(b"\n")  # each end of a line is sent as two characters
    escaped = len(body) - len(body.translate(None, _ESCAPED))
    printed = len(body) + returns + 2 * (escaped + body.count(b" \n") + body.count(b"\t\n"))
    based = -(-(len(body) + returns) // 3) * 4
    return max(printed + -(-printed // 73) * 3, based + -(-based // 76) * 2)


class Room:
    """What blocks may take together, in bytes of UTF-8 or as another measure has it.

    Attributes:
        exceeded: whether some row was refused.
    """

    def __init__(self, room: int, measure: Callable[[str], int] = size) -> None:
        self._left = room
        self._measure = measure
        self.exceeded = False

    def fill(self, block: Block, rows: int) -> None:
        """Takes rows into a block, until it has as many as asked for or the next does not fit."""
        around = block.head + block.note(len(block.rows) + block.others) + block.tail
        for content in block.rows[len(block.kept) : rows]:
            row = block.render(content)
            needed = self._measure(row if block.kept else around + row)
            if needed > self._left:
                self.exceeded = True
                return
            block.kept.append(row)
            self._left -= needed
