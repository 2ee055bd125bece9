"""Reads CSV and TSV exactly as Python's `csv.reader` does, a block of whole records at a time."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence

from handlers.importer.batches import Batch, readable, too_long
from handlers.importer.csv_items import CsvItems, Row
from handlers.importer.errors import Reject
from handlers.importer.formats import DELIMITERS, RULES, Head
from handlers.importer.items import Schema
from handlers.importer.records import Position, Read, blocks
from handlers.importer.transform import Transform

_PLAIN = bytes(c for c in range(0x20, 0x7F) if c not in b'"\\') + b"\r\n"
"""What JSON takes as it is, and the ends of lines."""
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of a byte that is not UTF-8."""


class CsvReader:
    """The rows under one header."""

    def __init__(self, head: Head, schema: Schema, transform: Transform | None) -> None:
        """Prepares for one file.

        Raises:
            FileError: no row under this header could be an item.
        """
        self._items = CsvItems(head.header, schema, transform)
        self._rules = RULES[head.kind]
        self._delimiter = DELIMITERS[head.kind]
        self._plain = _PLAIN + self._delimiter.encode()

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`."""
        for block in blocks(read, self._rules, position):
            rejects: list[Reject] = []
            if block.too_long:
                yield Batch([], [too_long(block.start.line, block.data)], block.end)
                continue
            plain = not block.data.translate(None, self._plain)
            try:
                rows, lines = self._rows(block.data.decode(), block.start.line)
            except UnicodeDecodeError:
                text = block.data.decode("utf-8", "surrogateescape")
                rows, lines = _decoded_rows(*self._rows(text, block.start.line), rejects)
            items = self._items.items(rows, lines, plain, rejects.append)
            yield Batch(items, rejects, block.end)

    def rejected(self, source: tuple[int, Row], reason: str) -> Reject:
        """See `Reader`."""
        return self._items.rejected(source, reason)

    def _rows(self, text: str, first: int) -> tuple[Sequence[Row], Sequence[int]]:
        """The rows of whole records, and the line on which each begins."""
        if '"' in text:
            return self._quoted_rows(text, first)
        # Without a quote, a cell is what lies between delimiters, and a row what lies between line ends.
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        rows = [line.split(self._delimiter) if line else [] for line in lines]
        return rows, range(first, first + len(rows))

    def _quoted_rows(self, text: str, first: int) -> tuple[Sequence[Row], Sequence[int]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter)
        rows = list(reader)
        if reader.line_num == len(rows):
            return rows, range(first, first + len(rows))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter)
        lines = [first]
        lines.extend(first + reader.line_num for _ in reader)
        return rows, lines[:-1]


def _decoded_rows(
    rows: Sequence[Row], lines: Sequence[int], rejects: list[Reject]
) -> tuple[Sequence[Row], Sequence[int]]:
    """The rows that are UTF-8; the others are rejected."""
    good: list[tuple[int, Row]] = []
    for line, row in zip(lines, rows, strict=True):
        bad = next(filter(None, map(_NOT_UTF8.search, row)), None)
        if bad:
            reason = f"is not UTF-8: byte 0x{ord(bad.group()) - 0xDC00:02x}"
            rejects.append(Reject(line, reason, json.dumps(list(map(readable, row)))))
        else:
            good.append((line, row))
    return [row for _, row in good], [line for line, _ in good]
