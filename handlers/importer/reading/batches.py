"""What a reader gives: the items and the rejects of some rows, and the place behind them."""

from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple, Protocol

from handlers.importer.errors import Reject
from handlers.importer.items.rules import Item
from handlers.importer.reading.records import RECORD_BYTES, Position, Read


class Batch(NamedTuple):
    """Some rows of a file, in their order."""

    items: list[Item]
    rejects: list[Reject]
    end: Position
    """Where reading can begin again: every row before it is in this batch or in an earlier one."""
    skipped: int = 0
    """How many rows stand for nothing, such as a repeated header or a removed item."""


class Reader(Protocol):
    """Reads the rows of one file."""

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """The rows from a position on, of which `read` gives the bytes.

        Raises:
            FileError: the rest cannot be read. All before it has been given.
        """
        ...

    def rejected(self, source: tuple[int, Any], reason: str) -> Reject:
        """The reject of a row whose item DynamoDB refused; `source` is what the item carries."""
        ...


def too_long(line: int, beginning: bytes, encoding: str = "utf-8") -> Reject:
    """The reject of a row that is too long to be looked at."""
    return Reject(line, f"is longer than {RECORD_BYTES:,} bytes", quoted(readable(beginning, encoding) + "..."))


def readable(text: str | bytes, encoding: str = "utf-8") -> str:
    r"""Text with `\xe9` for each byte that is none; a string holds those as `surrogateescape` does."""
    if isinstance(text, bytes):
        return text.decode(encoding, "backslashreplace")
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
