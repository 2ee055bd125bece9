"""How commands talk: colours and moving parts only on a terminal, what was asked for on stdout, the rest on stderr."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
"""What the command was asked for."""
err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and hints, where stdout is for machines."""


def print_json(value: Any) -> None:
    """Prints a JSON document and nothing else, never coloured or wrapped."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(*rows: Sequence[str | Text]) -> None:
    """Prints rows, the first of them the header, in columns as wide as they need: a pipe has no width to fit into."""
    cells = [
        [cell if isinstance(cell, Text) else Text(cell, "bold" * (row is rows[0])) for cell in row] for row in rows
    ]
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        line = Text()
        for cell, width in zip(row, widths, strict=True):
            line.append_text(cell).append(" " * (width - cell.cell_len + 2))
        line.rstrip()
        out.print(line)


def plural(count: int, noun: str) -> str:
    """`1 record`, `2 records`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
