"""A reader's output: items and rejects of some rows, and the position after them."""

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
    """Where reading can resume: all rows before it are in this or an earlier batch."""
    skipped: int = 0
    """The number of rows without an item, such as a repeated header or a removed item."""


class Reader(Protocol):
    """Reads the rows of one file."""

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """Yields the rows from a position on, whose bytes `read` returns.

        Raises:
            FileError: the rest cannot be read; all before it was yielded.
        """
        ...

    def rejected(self, source: tuple[int, Any], reason: str) -> Reject:
        """The reject of a row whose item DynamoDB refused; `source` is the item's."""
        ...


def too_long(line: int, beginning: bytes, encoding: str = "utf-8") -> Reject:
    """The reject of a row that is too long to be read."""
    return Reject(line, f"is longer than {RECORD_BYTES:,} bytes", quoted(readable(beginning, encoding) + "..."))


def readable(text: str | bytes, encoding: str = "utf-8") -> str:
    r"""Text with `\xe9` for each undecodable byte; strings hold those as `surrogateescape`."""
    if isinstance(text, bytes):
        return text.decode(encoding, "backslashreplace")
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
