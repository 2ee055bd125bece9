"""Reads JSON lines, and what is common to JSON in any form."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NoReturn

from handlers.importer.errors import Reject, RowError
from handlers.importer.items.numbers import Number
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import ROWS_AT_ONCE, Item, Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Batch, not_utf8, readable, too_long
from handlers.importer.reading.formats import RULES, Kind
from handlers.importer.reading.records import Position, Read, blocks


def _no_number(name: str) -> NoReturn:
    raise RowError(f"{name} is not a number that DynamoDB has")


_DECODER = json.JSONDecoder(parse_float=Number, parse_constant=_no_number)
scan: Callable[[str, int], tuple[Any, int]] = vars(_DECODER)["scan_once"]
"""Text and index -> the value that begins there, and where it ends; numbers keep their digits."""
SCAN_ERRORS = (StopIteration, ValueError, RecursionError)
"""What `scan` raises where no value begins, where one is broken, and where one is nested too deeply."""

_Source = tuple[int, str]

_SEPARATOR = os.urandom(16).hex()
_BETWEEN = f',"{_SEPARATOR}",'


class JsonLinesReader:
    """The rows of a file with one object a line; blank lines are none."""

    def __init__(self, schema: Schema, transform: Transform | None) -> None:
        self._objects = ObjectItems(schema, transform)
        self.rejected = rejected

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`."""
        for block in blocks(read, RULES[Kind.JSON_LINES], position):
            rejects: list[Reject] = []
            if block.too_long:
                yield Batch([], [too_long(block.start.line, block.data)], block.end)
                continue
            try:
                sources = _rows(block.data.decode(), block.start.line)
            except UnicodeDecodeError:
                sources = _rows(block.data.decode("utf-8", "surrogateescape"), block.start.line)
                rejects += [rejected(source, reason) for source in sources if (reason := not_utf8(source[1]))]
                sources = [source for source in sources if not not_utf8(source[1])]
            yield Batch(self._items(sources, rejects), rejects, block.end)

    def _items(self, sources: Sequence[_Source], rejects: list[Reject]) -> list[Item]:
        items: list[Item] = []
        item = self._objects.item
        for start in range(0, len(sources), ROWS_AT_ONCE):
            some = sources[start : start + ROWS_AT_ONCE]
            values = _values([line for _, line in some])
            if values and (alike := self._objects.items(values)):
                items += zip(*alike, some, strict=True)
                continue
            for at, source in enumerate(some):
                try:
                    items.append((*item(values[at] if values else decode(source[1])), source))
                except RowError as error:
                    rejects.append(rejected(source, str(error)))
        return items


def _rows(text: str, first: int) -> list[_Source]:
    """The lines that are not blank, as JSON knows blanks; Python knows more of them."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [
        source
        for source in enumerate(lines, first)
        if source[1] and (not source[1].isspace() or source[1].strip(" \t\r"))
    ]


def _values(lines: list[str]) -> list[Any] | None:
    """The values of lines that are one JSON text each; None if some are not.

    Read as one array they take a third less time. The texts between them, which nobody can foresee, are all at the
    places where they were put only if each line is one value.
    """
    text = f"[{_BETWEEN.join(lines)}]"
    try:
        values, end = scan(text, 0)
    except (*SCAN_ERRORS, RowError):
        return None
    between = values[1::2]
    if end == len(text) and len(values) == 2 * len(lines) - 1 and between.count(_SEPARATOR) == len(between):
        return values[::2]
    return None


def decode(text: str) -> Any:
    """The value of a JSON text, numbers with their digits.

    Raises:
        RowError: it is not JSON.
    """
    try:
        return _DECODER.decode(text)
    except RowError:
        raise
    except json.JSONDecodeError as error:
        raise RowError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise RowError("is nested too deeply") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise RowError("has a number with more digits than the 38 that DynamoDB keeps") from None


def rejected(source: _Source, reason: str) -> Reject:
    """The reject of a JSON row: the row as it was written, or as a string if it is not JSON."""
    line, text = source
    try:
        text.encode()
        decode(text)
    except (UnicodeEncodeError, RowError):
        return Reject(line, reason, quoted(readable(text)))
    # Line ends stand only between the parts of a JSON text, never within one.
    return Reject(line, reason, text.strip().replace("\r", " ").replace("\n", " "))
