"""Reads a JSON array of objects a piece at a time: memory stays flat, a bad element costs only itself.

A broken element ends where its brackets and strings say. If one of those is never closed, reading continues at the next
line that begins with an object at the same indent as the broken one.
"""

import re
from collections.abc import Generator, Iterator
from enum import Enum
from typing import Any

from handlers.importer.errors import FileError, Reject
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Batch, too_long
from handlers.importer.reading.encodings import UTF_8, Encoding
from handlers.importer.reading.json_shape import rows_within
from handlers.importer.reading.json_text import (
    SCAN_ERRORS,
    Fault,
    JsonRows,
    Source,
    decode,
    extent,
    rejected,
    scan,
)
from handlers.importer.reading.json_window import Skim, Window, is_too_long, preview
from handlers.importer.reading.records import Position, Read

_SPACE = re.compile(r"[ \t\n\r]*+")
_INDENT = 1000
"""Characters of the longest indent that is recognized."""
_BROKEN = 1 << 16
"""How far brackets are followed from the start of a broken element."""
_UNFINISHED = {".", *(exponent + sign for exponent in "eE" for sign in ("", "+", "-"))}
"""What may follow the digits of an incomplete number."""
_ENDS = (",", "]")
_OPENING = '{"":0'
"""Replaces the part of an object before the end of its array."""


class _Stop(Enum):
    """Why no more elements can be read."""

    MORE = "more text is needed"
    LONG = "the next one is too long to be parsed as it is read"
    END = "the array ends"


class JsonArrayReader:
    """Reads the elements of an array, from any of them on."""

    def __init__(
        self,
        schema: Schema,
        transform: Transform | None,
        *,
        dynamodb_json: bool = False,
        wrapper: str = "",
        encoding: Encoding = UTF_8,
    ) -> None:
        """Prepares for one file; see `ObjectItems`. `wrapper` names the array in an object; others may follow."""
        self._objects = ObjectItems(schema, transform, dynamodb_json=dynamodb_json)
        self._wrapper = wrapper
        self._encoding = encoding

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`; a position is that of an element or of the end of the array."""
        window = Window(read, position, self._encoding)
        wanted = 1
        while True:
            window.fill(wanted)
            rows = JsonRows(self._objects, is_utf8=window.is_utf8, encoding=window.encoding)
            stop = _take(window, rows)
            yield rows.batch(window.position)
            if stop is _Stop.END:
                has_more = yield from (self._next_array(window) if self._wrapper else _no_more(window))
                if not has_more:
                    return
            elif stop is _Stop.LONG:
                yield from _long_element(window, self._objects)
            elif window.is_all:
                raise _cut_off(window)
            wanted = window.more()

    def rejected(self, source: Source, reason: str) -> Reject:
        """See `Reader`."""
        return rejected(source, reason)

    def _next_array(self, window: Window) -> Generator[Batch, None, bool]:
        """Skips the rest of the object, up to the array of the next one; False if there is none."""
        end = window.position
        while isinstance(rest := extent(_OPENING + window.text[1:], 0), Fault):
            if rest is not Fault.INCOMPLETE:
                raise _more_text(end)
            if window.is_all:
                raise FileError(f"ends within the object around {self._wrapper}, behind line {window.position.line}")
            if window.is_long(0):
                brace, _ = yield from _skim(window, Skim(1, "}"), end)
                rest = len(_OPENING) + brace
                break
            window.fill(window.more())
            yield Batch([], [], end)
        else:
            _, again = rows_within(_OPENING + window.text[1:], 0, (self._wrapper,), is_all=True)
            if again:
                raise FileError(f"has {self._wrapper} twice in the object that ends behind line {end.line}")
        window.pass_(rest - len(_OPENING) + 1)
        yield from _pass_blanks(window, end)
        if not window.text:
            return False
        while True:
            is_all = window.is_all or window.is_long(0)
            first, name = (
                rows_within(window.text, 0, (self._wrapper,), is_all=is_all)
                if window.text[0] == "{"
                else (Fault.BROKEN, "")
            )
            if name and isinstance(first, int):
                window.pass_(first)
                return True
            if first is not Fault.INCOMPLETE or is_all:
                raise _more_text(end)
            window.fill(window.more())


def _take(window: Window, rows: JsonRows) -> _Stop:
    """Adds and passes all complete elements; returns why there are no more."""
    text = window.text
    at = counted = 0
    line = window.position.line
    while True:
        start, at = at, _space_end(text, at)
        if at == len(text):
            # The space before an element tells its indent.
            window.pass_(at if at - start > _INDENT else start)
            return _Stop.MORE
        if text[at] == "]":
            window.pass_(at)
            return _Stop.END
        line += text.count("\n", counted, at)
        counted = at
        end = _element(window, at, line, rows)
        if isinstance(end, _Stop):
            window.pass_(at if at - start > _INDENT or end is _Stop.LONG else start)
            return end
        at = end + (text[end : end + 1] == ",")


def _element(window: Window, at: int, line: int, rows: JsonRows) -> int | _Stop:
    """Adds an element; returns where the comma or bracket after it is, or why it cannot be read."""
    text = window.text
    value: Any = decode
    try:
        value, end = scan(text, at)
        fault = None
    except SCAN_ERRORS:
        end, fault = _extent(window, at)
    stop = _space_end(text, end)
    if fault is None and not text.startswith(_ENDS, stop):
        _, fault = _extent(window, at)
    if fault is None:
        if is_too_long(text[at:stop]):
            rows.rejects.append(too_long(line, preview(text[at:stop])))
        else:
            rows.add((line, text[at:stop]), value)
        return stop
    if fault is not Fault.INCOMPLETE or (window.is_all and not window.is_long(at)):
        stop = Skim(at, ",]").end(text)
        if stop >= 0 and (fault is not Fault.BROKEN or stop - at <= _BROKEN):
            rows.reject((line, text[at:stop]), "is not followed by a comma")
            return stop
        if fault is Fault.BROKEN and (window.is_all or len(text) - at > _BROKEN):
            stop = _line_end(text, at, end, window.limit(at))
            if stop >= 0:
                rows.reject((line, text[at:stop]), "is not followed by a comma")
                return stop
    return _Stop.LONG if window.is_long(at) else _Stop.MORE


def _extent(window: Window, at: int) -> tuple[int, Fault | None]:
    """Where an element's value ends (at `at` if unknown), and why it cannot be read, if so."""
    text, start = (window.text[at : window.limit(at)], 0) if window.is_long(at) else (window.text, at)
    end = extent(text, start)
    if isinstance(end, Fault):
        return at, end
    stop = _space_end(text, end)
    if text.startswith(_ENDS, stop):
        return at + end - start, None
    # A number may go on, too, if only the beginning of more follows.
    may_go_on = stop == len(text) or (text[end - 1].isdigit() and text[end : end + 3] in _UNFINISHED)
    return at + end - start, Fault.INCOMPLETE if may_go_on else Fault.BROKEN


def _line_end(text: str, at: int, end: int, limit: int) -> int:
    """Where the line ends before the next one that begins with an object at the element's indent; -1 if none does.

    Searches after `end`, up to which the element is well-formed.
    """
    _, newline, before = text[max(at - _INDENT, 0) : at].rpartition("\n")
    indent = re.escape(before) if newline and not before.strip(" \t\r") else "[ \t]*+"
    match = re.compile(rf"\n{indent}\{{").search(text, end, limit)
    return match.start() if match else -1


def _long_element(window: Window, objects: ObjectItems) -> Iterator[Batch]:
    """Adds a long element, or skips it if it is longer than any row."""
    position, beginning = window.position, preview(window.text)
    end, is_huge = yield from _skim(window, Skim(0, ",]"), position)
    rows = JsonRows(objects, is_utf8=window.is_utf8, encoding=window.encoding)
    if is_huge or is_too_long(window.text[:end]):
        rows.rejects.append(too_long(position.line, beginning))
    else:
        rows.add((position.line, window.text[:end]))
    window.pass_(end + (window.text[end] == ","))
    yield rows.batch(window.position)


def _skim(window: Window, skim: Skim, position: Position) -> Generator[Batch, None, tuple[int, bool]]:
    """Reads up to the end that `skim` finds; returns where it is, and whether the value is huge.

    Reading can resume at `position`.
    """
    is_huge = False
    while (end := skim.end(window.text)) < 0:
        is_huge = is_huge or window.is_huge
        if is_huge:
            window.pass_(skim.at)
            skim.at = 0
        if window.is_all:
            raise _cut_off(window)
        window.fill(len(window.text) + 1)
        yield Batch([], [], position)
    return end, is_huge


def _no_more(window: Window) -> Generator[Batch, None, bool]:
    """Skips the blanks after the only array."""
    end = window.position
    window.pass_(1)
    yield from _pass_blanks(window, end)
    if window.text:
        raise _more_text(end)
    return False


def _pass_blanks(window: Window, position: Position) -> Iterator[Batch]:
    """Skips blanks; reading can resume at `position`."""
    while True:
        window.pass_(_space_end(window.text, 0))
        if window.text or window.is_all:
            return
        window.fill(1)
        yield Batch([], [], position)


def _cut_off(window: Window) -> FileError:
    return FileError(f"ends within the array, behind line {window.position.line}")


def _more_text(end: Position) -> FileError:
    return FileError(f"has more text behind the array that ends on line {end.line}")


def _space_end(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start
