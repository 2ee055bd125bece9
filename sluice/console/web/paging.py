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
    """Returns the whole number in a query parameter, of at most nine digits; `otherwise` if there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def page_of(rows: Sequence[Any], asked: str) -> Page:
    """Returns the page with the requested number: the first if it is not a number, and at most the last."""
    pages = max(1, -(-len(rows) // ROWS))
    number = max(1, min(number_of(asked, 1), pages))
    return Page(rows[(number - 1) * ROWS : number * ROWS], number, pages)
