"""Reads JSON objects one after another, on one or several lines, as `jq` and Firehose write them.

After a broken object, reading continues at the next line that begins with an object; all before that is one reject.
"""

from collections.abc import Iterator
from typing import Any

from handlers.importer.errors import Reject
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Batch, too_long
from handlers.importer.reading.encodings import UTF_8, Encoding
from handlers.importer.reading.json_text import (
    SCAN_ERRORS,
    Fault,
    JsonRows,
    Source,
    blanks_end,
    decode,
    extent,
    rejected,
    scan,
)
from handlers.importer.reading.json_window import NEXT_OBJECT, Skim, Window, is_too_long, preview
from handlers.importer.reading.records import PREVIEW_BYTES, Position, Read

_NEXT_LINE = "\n{"


class JsonObjectsReader:
    """Reads the objects of a file, from any of them on."""

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

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`; a position is that of an object or of a broken part."""
        window = Window(read, position, self._encoding)
        wanted = 1
        while True:
            window.fill(wanted)
            rows = JsonRows(self._objects, is_utf8=window.is_utf8, encoding=window.encoding)
            is_broken = _take(window, rows)
            yield rows.batch(window.position)
            if window.is_long(0):
                rows = JsonRows(self._objects, is_utf8=False, encoding=window.encoding)
                yield from (_long_part if is_broken else _long_object)(window, rows)
            elif window.is_all:
                return
            wanted = window.more()

    def rejected(self, source: Source, reason: str) -> Reject:
        """See `Reader`."""
        return rejected(source, reason)


def _take(window: Window, rows: JsonRows) -> bool:
    """Adds and passes what is complete; returns whether a broken part follows whose end is not read yet."""
    text = window.text
    at = counted = 0
    line = window.position.line
    while True:
        at = blanks_end(text, at)
        if at == len(text):
            window.pass_(at)
            return False
        line += text.count("\n", counted, at)
        counted = at
        value: Any = decode
        try:
            value, end = scan(text, at) if text[at] == "{" else (decode, Fault.BROKEN)
        except SCAN_ERRORS:
            end = _extent(window, at)
        if end is Fault.INCOMPLETE and (window.is_long(at) or not window.is_all):
            window.pass_(at)
            return False
        if isinstance(end, Fault):
            end = text.find(_NEXT_LINE, at) + 1 or (len(text) if window.is_all else 0)
            if not end:
                window.pass_(at)
                return True
        _add(rows, line, text[at:end], value)
        at = end


def _extent(window: Window, at: int) -> int | Fault:
    """Where an unreadable object ends, or why it does not."""
    text, start = (window.text[at : window.limit(at)], 0) if window.is_long(at) else (window.text, at)
    end = extent(text, start)
    if end is Fault.DEEP:
        end = Skim(start + 1, "}").end(text) + 1 or Fault.INCOMPLETE
    return end if isinstance(end, Fault) else at + end - start


def _long_object(window: Window, rows: JsonRows) -> Iterator[Batch]:
    """Adds a long object, or skips it if it is longer than any row.

    It ends no later than where a line begins with another, which cannot be within it.
    """
    position, beginning = window.position, window.text[:PREVIEW_BYTES]
    skim = Skim(1, "}")
    is_huge = False
    while True:
        end = skim.end(window.text) + 1
        other = NEXT_OBJECT.search(window.text)
        if other and not 0 < end <= other.start() + 1:
            end = other.end() - 1
            break
        if end or window.is_all:
            end = end or len(window.text)
            break
        is_huge = is_huge or window.is_huge
        if is_huge:
            passed = max(min(skim.at, len(window.text) - 3), 0)  # the end may be the beginning of `NEXT_OBJECT`
            window.pass_(passed)
            skim.at -= passed
        window.fill(len(window.text) + 1)
        yield Batch([], [], position)
    _add(rows, position.line, beginning if is_huge else window.text[:end], is_huge=is_huge)
    window.pass_(end)
    yield rows.batch(window.position)


def _long_part(window: Window, rows: JsonRows) -> Iterator[Batch]:
    position, beginning = window.position, window.text[:PREVIEW_BYTES]
    is_huge = False
    while (end := window.text.find(_NEXT_LINE) + 1) == 0 and not window.is_all:
        is_huge = is_huge or window.is_huge
        if is_huge:
            window.pass_(len(window.text) - 1)  # the end may be the beginning of `_NEXT_LINE`
        window.fill(len(window.text) + 1)
        yield Batch([], [], position)
    end = end or len(window.text)
    _add(rows, position.line, beginning if is_huge else window.text[:end], is_huge=is_huge)
    window.pass_(end)
    yield rows.batch(window.position)


def _add(rows: JsonRows, line: int, text: str, value: Any = decode, *, is_huge: bool = False) -> None:
    """Adds an object or a broken part; `text` is only its beginning if it is huge."""
    if is_huge or is_too_long(text):
        rows.rejects.append(too_long(line, preview(text)))
    else:
        rows.add((line, text.rstrip(" \t\r\n")), value)
