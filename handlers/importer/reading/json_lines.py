"""Reads JSON lines: one object per line, or several."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from handlers.importer.errors import Reject, RowError
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import ROWS_AT_ONCE, Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.alike_lines import AlikeLines
from handlers.importer.reading.batches import Batch, too_long
from handlers.importer.reading.encodings import UTF_8, Encoding
from handlers.importer.reading.formats import RULES, Kind
from handlers.importer.reading.json_text import SCAN_ERRORS, JsonRows, Source, decode, objects_of, rejected, scan
from handlers.importer.reading.records import Position, Read, blocks

_SEPARATOR = os.urandom(16).hex()
_BETWEEN = f',"{_SEPARATOR}",'


class JsonLinesReader:
    """Reads a file with one or several objects per line; ignores blank lines."""

    def __init__(
        self,
        schema: Schema,
        transform: Transform | None,
        *,
        dynamodb_json: bool = False,
        encoding: Encoding = UTF_8,
    ) -> None:
        self._objects = ObjectItems(schema, transform, dynamodb_json=dynamodb_json)
        self._encoding = encoding
        self._may_be_alike = not (transform or dynamodb_json)

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`."""
        encoding = self._encoding.read_as
        alike = AlikeLines(self._objects) if self._may_be_alike and encoding == "utf-8" else None
        for block in blocks(read, RULES[Kind.JSON_LINES], position):
            if block.too_long:
                yield Batch([], [too_long(block.start.line, block.data, encoding)], block.end)
                continue
            try:
                text, is_utf8 = block.data.decode(encoding), True
            except UnicodeDecodeError:
                text, is_utf8 = block.data.decode(encoding, "surrogateescape"), False
            if is_utf8 and alike and (items := alike.items(text, block.data, block.start.line)):
                yield Batch(items, [], block.end)
                continue
            sources = _rows(text, block.start.line)
            rows = JsonRows(self._objects, is_utf8=is_utf8, encoding=self._encoding)
            for start in range(0, len(sources), ROWS_AT_ONCE):
                self._add(sources[start : start + ROWS_AT_ONCE], rows)
            yield rows.batch(block.end)

    def rejected(self, source: Source, reason: str) -> Reject:
        """See `Reader`."""
        return rejected(source, reason)

    def _add(self, sources: Sequence[Source], rows: JsonRows) -> None:
        text = f"[{_BETWEEN.join([line for _, line in sources])}]"
        values = _values(text, len(sources))
        if not values:
            for source in sources:
                _add_line(source, rows)
        elif rows.is_utf8 and (alike := self._objects.items(values, text)):
            rows.items += zip(*alike, sources, strict=True)
        else:
            rows.add_all(sources, values, text)


def _add_line(source: Source, rows: JsonRows) -> None:
    """Adds a line: several rows only if it is nothing but objects."""
    line, text = source
    try:
        rows.add(source, decode(text))
    except RowError:
        objects = objects_of(text)
        for row in [text] if objects is None else objects:
            rows.add((line, row))


def _rows(text: str, first: int) -> list[Source]:
    """The lines that are not blank in JSON's sense; Python knows more blanks."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [
        source
        for source in enumerate(lines, first)
        if source[1] and (not source[1].isspace() or source[1].strip(" \t\r"))
    ]


def _values(text: str, count: int) -> list[Any] | None:
    """The values of `count` joined lines, each one JSON text; None if some are not.

    Reading them as one array takes a third less time. The unpredictable texts between them are all in their places only
    if each line is one value.
    """
    try:
        values, end = scan(text, 0)
    except (*SCAN_ERRORS, RowError):
        return None
    between = values[1::2]
    if end == len(text) and len(values) == 2 * count - 1 and between.count(_SEPARATOR) == len(between):
        return values[::2]
    return None
