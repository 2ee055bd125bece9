"""What can be wrong with a file or with a row of it."""

from typing import NamedTuple


class FileError(Exception):
    """A file that cannot be imported, now or later; its text is the ledger's `error`."""


class RowError(ValueError):
    """A row that cannot be an item; its text is the reject's `reason`."""


class Reject(NamedTuple):
    """A row that is not imported."""

    line: int
    """Where the row begins in the file, from 1."""
    reason: str
    row: str
    """The row as JSON text, on one line."""
