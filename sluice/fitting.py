"""Lines as wide as a terminal is."""

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text


def fitted(line: Text, console: Console) -> list[Text]:
    """Returns a line cut at its spaces, so that a terminal breaks no word; what follows the first part is indented.

    A word that is longer than a line is left whole, as what is copied from a terminal then is.
    """
    if not console.is_terminal or line.cell_len <= console.width:
        return [line]
    indent = len(line.plain) - len(line.plain.lstrip(" "))
    cuts, used = [], indent
    for word in re.finditer(r"[^ ]+ *", line.plain[indent:]):
        needed = cell_len(word[0].rstrip(" "))
        if word.start() and used + needed > console.width:
            cuts.append(indent + word.start())
            used = indent + 2
        used += cell_len(word[0])
    first, *rest = line.divide(cuts)
    for row in (first, *rest):
        row.rstrip()
    for row in rest:
        row.pad_left(indent + 2)
    return [first, *rest]
