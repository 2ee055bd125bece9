"""Errors of files and rows."""

from typing import NamedTuple


class FileError(Exception):
    """A file that cannot be imported, now or later; its text is the ledger's `error`."""


class RowError(ValueError):
    """A row that cannot be an item; its text is the reject's `reason`."""


class Reject(NamedTuple):
    """A rejected row."""

    line: int
    """The number of the row's first line, from 1."""
    reason: str
    row: str
    """The row as JSON text, on one line."""
