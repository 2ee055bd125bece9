"""JSON texts: their values with every digit, their mistakes, and the rows made of them."""

import json
import re
from collections.abc import Callable, Sequence
from enum import Enum
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NoReturn

from handlers.importer.errors import Reject, RowError
from handlers.importer.items.numbers import Number
from handlers.importer.items.object_items import ObjectItems, RemovedError
from handlers.importer.items.repeated_names import are_all, repeated_name, strings
from handlers.importer.items.rules import Item, shown_name
from handlers.importer.reading.batches import Batch, readable, too_long
from handlers.importer.reading.encodings import UTF_8, Encoding
from handlers.importer.reading.json_window import is_too_long, preview
from handlers.importer.reading.records import Position

Source = tuple[int, str]
"""The line on which a row begins, and its text."""


def _no_number(name: str) -> NoReturn:
    raise RowError(f"{name} is not a number that DynamoDB has")


_DECODER = json.JSONDecoder(parse_float=Number, parse_constant=_no_number)
scan: Callable[[str, int], tuple[Any, int]] = vars(_DECODER)["scan_once"]
"""Text and index -> the value that begins there, and its end; numbers keep their digits."""
SCAN_ERRORS = (StopIteration, ValueError, RecursionError)
"""Raised by `scan` if no value begins, or one is broken or nested too deeply."""
BLANKS = re.compile("[ \t\n\r\ufeff]*+")
"""Between rows: JSON's blanks, and the byte order marks of joined files."""

_ANY_NUMBER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_scan_any: Callable[[str, int], tuple[Any, int]] = vars(_ANY_NUMBER)["scan_once"]
LONGEST_WORD = 9
"""Characters of `-Infinity`: an error this close to the end of a text may be due to missing text."""


_QUOTES_OF_ITEM = 2
"""In `{"Item": }`."""


class Fault(Enum):
    """Why a value does not end."""

    INCOMPLETE = "it may go on behind the text"
    BROKEN = "it is broken, whatever follows"
    DEEP = "it is nested too deeply to tell"


def extent(text: str, start: int) -> int | Fault:
    """Where the value at `start` ends, whatever its numbers; else why it does not."""
    try:
        return _scan_any(text, start)[1]
    except RecursionError:
        return Fault.DEEP
    except StopIteration as error:
        at = error.value
    except json.JSONDecodeError as error:
        at = len(text) if error.msg.startswith("Unterminated string") else error.pos
    return Fault.INCOMPLETE if at >= len(text) - LONGEST_WORD else Fault.BROKEN


def decode(text: str) -> Any:
    """The value of a JSON text; numbers keep their digits.

    Raises:
        RowError: it is not JSON.
    """
    try:
        return _DECODER.decode(text)
    except RowError as error:
        raise RowError(_where(text, str(error))) from None
    except json.JSONDecodeError as error:
        raise RowError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise RowError("is nested too deeply") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise RowError(_where(text, "has a number with more digits than the 38 that DynamoDB keeps")) from None


def objects_of(text: str) -> list[str] | None:
    """The texts of the objects that make up a text; None if it holds anything else."""
    objects: list[str] = []
    at = blanks_end(text, 0)
    while at < len(text):
        end = extent(text, at) if text[at] == "{" else Fault.BROKEN
        if isinstance(end, Fault):
            return None
        objects.append(text[at:end])
        at = blanks_end(text, end)
    return objects


def blanks_end(text: str, start: int) -> int:
    """Where the blanks at `start` end."""
    match = BLANKS.match(text, start)
    return match.end() if match else start


def rejected(source: Source, reason: str) -> Reject:
    """The reject of a JSON row: the row as written, or as a string if it is not JSON."""
    line, text = source
    try:
        text.encode()
        decode(text)
    except (UnicodeEncodeError, RowError):
        return Reject(line, reason, quoted(readable(text)))
    # JSON has line ends only between tokens.
    return Reject(line, reason, text.strip().replace("\r", " ").replace("\n", " "))


class JsonRows:
    """Makes items of the rows of a batch.

    Attributes:
        skipped: the number of rows that say that an item was removed.
        is_utf8: whether all of their bytes are text.
    """

    def __init__(self, objects: ObjectItems, *, is_utf8: bool, encoding: Encoding = UTF_8) -> None:
        self.items: list[Item] = []
        self.rejects: list[Reject] = []
        self.skipped = 0
        self._objects = objects
        self._not_text = encoding.not_text
        self.is_utf8 = is_utf8

    def add(self, source: Source, value: Any = decode) -> None:
        """Adds a row; without a value, it is decoded from the text."""
        text = source[1]
        try:
            if not self.is_utf8 and (bad := self._not_text(text)):
                raise RowError(bad)
            row = decode(text) if value is decode else value
            item = self._objects.item(row)
            if not (self._is_export(row, item[0], text) or are_all(text, strings((row,)))):
                raise RowError(f"has {shown_name(repeated_name(text))} twice in one object")
            self.items.append((*item, source))
        except RowError as error:
            self.rejects.append(rejected(source, str(error)))
        except RemovedError:
            self.skipped += 1

    def add_all(self, sources: Sequence[Source], values: Sequence[Any], text: str) -> None:
        """Adds many rows; `text` is theirs, joined with a string between each two."""
        if not self.is_utf8 or _has_item(values[0]) or not are_all(text, strings(values) + len(sources) - 1):
            for source, value in zip(sources, values, strict=True):
                self.add(source, value)
            return
        item, items = self._objects.item, self.items
        for source, value in zip(sources, values, strict=True):
            try:
                items.append((*item(value), source))
            except RowError as error:
                self.rejects.append(rejected(source, str(error)))
            except RemovedError:
                self.skipped += 1

    def _is_export(self, row: Any, item: str, text: str) -> bool:
        """Whether a row is from an export and nothing was dropped: its text has as many strings as its item."""
        return (
            _has_item(row)
            and "\\" not in text
            and text.count('"') == item.count('"') + _QUOTES_OF_ITEM
            and not self._objects.alters
        )

    def reject(self, source: Source, reason: str) -> None:
        """Rejects a text for its mistake as JSON; without one, for `reason`."""
        line, text = source
        if is_too_long(text):
            self.rejects.append(too_long(line, preview(text)))
            return
        text = text.rstrip(" \t\r\n")
        try:
            if not self.is_utf8 and (bad := self._not_text(text)):
                raise RowError(bad)
            decode(text)
        except RowError as error:
            reason = str(error)
        self.rejects.append(rejected((line, text), reason))

    def batch(self, end: Position) -> Batch:
        """Returns all of them; `end` is the position after them."""
        return Batch(self.items, self.rejects, end, self.skipped)


def _has_item(row: Any) -> bool:
    return type(row) is dict and len(row) == 1 and "Item" in row


class _NotANumber(str):
    """Marks a number that no item can have, to find its attribute."""

    __slots__ = ()


def _where(text: str, reason: str) -> str:
    """The reason, with the attribute whose number is unreadable."""
    marking = json.JSONDecoder(
        parse_int=lambda digits: _NotANumber(digits) if len(digits) > 1000 else 0, parse_constant=_NotANumber
    )
    try:
        row = marking.decode(text)
    except SCAN_ERRORS:
        return reason
    named = [name for name, value in row.items() if _holds_no_number(value)] if type(row) is dict else []
    return f"{shown_name(named[0])}: {reason}" if named else reason


def _holds_no_number(value: Any) -> bool:
    todo = [value]
    while todo:
        value = todo.pop()
        if type(value) is _NotANumber:
            return True
        if type(value) in (list, dict):
            todo += value if type(value) is list else value.values()
    return False
