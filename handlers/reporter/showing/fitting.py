"""Fits a text of many rows into a size: Gmail, for one, clips mails at 102 KB and hides the rest."""

from collections.abc import Callable, Sequence
from typing import Any

_ESCAPED = bytes(value for value in range(256) if not (value in b"\t\n" or 32 <= value <= 126) or value == ord("="))


class Block:
    """Rows between a head and a tail; empty while it has no rows.

    Attributes:
        head: precedes the rows.
        rows: the rows, the most important first; or the values from which `render` makes them when they are taken.
        tail: follows the rows.
        cut: comes between rows and tail if rows are left out; `{}` becomes their number.
        others: the number of further rows, which are always left out.
        render: makes a row.
        kept: the rows taken.
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
        """Returns `cut` for a number of rows."""
        return self.cut.replace("{}", f"{left_out:,}")


def size(text: str) -> int:
    """Measures a text in bytes of UTF-8."""
    return len(text.encode())


def sent_size(text: str) -> int:
    """Measures a text as sent in a mail, in bytes: as quoted-printable or base64, whichever is larger.

    The mail service chooses, and both differ from the number of bytes: one makes three of each that is not ASCII, the
    other four of any three. The result is never too small, even for texts measured in parts.
    """
    body = text.encode()
    returns = body.count(b"\n")  # each line end is sent as two characters
    escaped = len(body) - len(body.translate(None, _ESCAPED))
    printed = len(body) + returns + 2 * (escaped + body.count(b" \n") + body.count(b"\t\n"))
    based = -(-(len(body) + returns) // 3) * 4
    return max(printed + -(-printed // 73) * 3, based + -(-based // 76) * 2)


class Room:
    """The room for blocks, in bytes of UTF-8 or by another measure.

    Attributes:
        exceeded: whether a row did not fit.
    """

    def __init__(self, room: int, measure: Callable[[str], int] = size) -> None:
        self._left = room
        self._measure = measure
        self.exceeded = False

    def fill(self, block: Block, rows: int) -> None:
        """Takes rows into a block, until it has so many or the next does not fit."""
        around = block.head + block.note(len(block.rows) + block.others) + block.tail
        for content in block.rows[len(block.kept) : rows]:
            row = block.render(content)
            needed = self._measure(row if block.kept else around + row)
            if needed > self._left:
                self.exceeded = True
                return
            block.kept.append(row)
            self._left -= needed
