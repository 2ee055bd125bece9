"""Wraps lines to the width of a terminal."""

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text


def fitted(line: Text, console: Console, start: Text | None = None) -> list[Text]:
    """Returns a line split at its spaces, so that a terminal breaks no word.

    The parts after the first are indented: to the right of the start, or by two more columns than the line.

    A word longer than a line is left whole, so that it can be copied from the terminal in one piece.

    Args:
        line: The line.
        console: Where it goes; anything but a terminal has room for the whole line.
        start: Text before it that is not split.
    """
    whole = start.copy().append_text(line) if start else line
    if not console.is_terminal or whole.cell_len <= console.width:
        return [whole]
    kept = len(start.plain) if start else len(whole.plain) - len(whole.plain.lstrip(" "))
    indent = start.cell_len if start else kept + 2
    cuts, used = [], cell_len(whole.plain[:kept])
    for word in re.finditer(r"[^ ]+ *", whole.plain[kept:]):
        needed = cell_len(word[0].rstrip(" "))
        if word.start() and used + needed > console.width:
            cuts.append(kept + word.start())
            used = indent
        used += cell_len(word[0])
    first, *rest = whole.divide(cuts)
    for row in (first, *rest):
        row.rstrip()
    for row in rest:
        row.pad_left(indent)
    return [first, *rest]
