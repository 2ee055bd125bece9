"""Long lists, a page at a time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

ROWS = 100


class Page(NamedTuple):
    """A page of a list."""

    rows: Sequence[Any]
    number: int
    """From 1."""
    pages: int


def page_of(rows: Sequence[Any], asked: str) -> Page:
    """Returns the page whose number a person asked for: the first where that is none, at most the last."""
    pages = max(1, -(-len(rows) // ROWS))
    number = min(int(asked), pages) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    number = max(1, number)
    return Page(rows[(number - 1) * ROWS : number * ROWS], number, pages)
