"""Reads CSV and TSV exactly as Python's `csv.reader` does, a block of whole records at a time."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain

from handlers.importer.errors import Reject
from handlers.importer.items.csv_items import CsvItems, Row
from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Batch, not_utf8, readable, too_long
from handlers.importer.reading.formats import DELIMITERS, RULES, Head
from handlers.importer.reading.records import Position, Read, blocks

_PLAIN = bytes(c for c in range(0x20, 0x100) if c not in b'"\\')
"""What JSON takes as it is; it is UTF-8, so that holds for all characters outside ASCII."""


class CsvReader:
    """The rows under one header."""

    def __init__(self, head: Head, schema: Schema, transform: Transform | None) -> None:
        """Prepares for one file.

        Raises:
            FileError: no row under this header could be an item.
        """
        self._items = CsvItems(head.header, schema, transform)
        self.rejected = self._items.rejected
        self._rules = RULES[head.kind]
        self._delimiter = DELIMITERS[head.kind]
        self._plain_outside_cells = _PLAIN + b'"\r\n' + self._delimiter.encode()

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`."""
        for block in blocks(read, self._rules, position):
            rejects: list[Reject] = []
            if block.too_long:
                yield Batch([], [too_long(block.start.line, block.data)], block.end)
                continue
            try:
                rows, lines, parsed = self._rows(block.data.decode(), block.start.line)
            except UnicodeDecodeError:
                text = block.data.decode("utf-8", "surrogateescape")
                rows, lines, parsed = self._rows(text, block.start.line)
                rows, lines = _decoded_rows(rows, lines, rejects)
            items = self._items.items(rows, lines, self._is_plain(block.data, parsed), rejects.append)
            yield Batch(items, rejects, block.end)

    def _is_plain(self, data: bytes, parsed: Sequence[Row]) -> bool:
        """Whether no cell holds a character that JSON escapes; `parsed` are the rows with quotes."""
        # Quotes around a cell are no part of it, but the line ends and delimiters between them are.
        cells = "".join(chain.from_iterable(parsed)).encode("utf-8", "surrogateescape")
        return not data.translate(None, self._plain_outside_cells) and not cells.translate(None, _PLAIN)

    def _rows(self, text: str, first: int) -> tuple[Sequence[Row], Sequence[int], Sequence[Row]]:
        """The rows of whole records, the line on which each begins, and those of the rows that have quotes."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        with_quotes = [line for line in lines if '"' in line] if '"' in text else []
        # The empty line is a row of its own unless a quote before it was left open.
        parsed = list(csv.reader([*with_quotes, ""], delimiter=self._delimiter))
        if len(parsed) == len(with_quotes) + 1:
            return self._rows_of_lines(lines, parsed), range(first, first + len(lines)), parsed
        rows, numbers = self._rows_over_lines(text, first)
        return rows, numbers, rows

    def _rows_of_lines(self, lines: Sequence[str], parsed: Sequence[Row]) -> Sequence[Row]:
        """The rows where each is a line; `parsed` are those with quotes, in order."""
        delimiter = self._delimiter
        if len(parsed) == 1:
            return [line.split(delimiter) if line else [] for line in lines]
        rows = iter(parsed)
        return [(next(rows) if '"' in line else line.split(delimiter)) if line else [] for line in lines]

    def _rows_over_lines(self, text: str, first: int) -> tuple[Sequence[Row], Sequence[int]]:
        """The rows where some cells hold line ends."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter)
        rows: list[Row] = []
        lines = [first]
        for row in reader:
            rows.append(row)
            lines.append(first + reader.line_num)
        return rows, lines[:-1]


def _decoded_rows(
    rows: Sequence[Row], lines: Sequence[int], rejects: list[Reject]
) -> tuple[Sequence[Row], Sequence[int]]:
    """The rows that are UTF-8; the others are rejected."""
    good: list[tuple[int, Row]] = []
    for line, row in zip(lines, rows, strict=True):
        if reason := next(filter(None, map(not_utf8, row)), ""):
            rejects.append(Reject(line, reason, json.dumps(list(map(readable, row)))))
        else:
            good.append((line, row))
    return [row for _, row in good], [line for line, _ in good]
