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


def number_of(text: str, otherwise: int = 0) -> int:
    """Returns the whole number that an address has, of nine digits at most; another one where it has none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def page_of(rows: Sequence[Any], asked: str) -> Page:
    """Returns the page whose number a person asked for: the first where that is none, at most the last."""
    pages = max(1, -(-len(rows) // ROWS))
    number = max(1, min(number_of(asked, 1), pages))
    return Page(rows[(number - 1) * ROWS : number * ROWS], number, pages)
