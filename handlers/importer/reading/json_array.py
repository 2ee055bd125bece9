"""Reads one JSON array of objects a piece at a time: memory stays flat, a bad element costs only itself."""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from handlers.importer.errors import FileError, Reject, RowError
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import Item, Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Batch, not_utf8, too_long
from handlers.importer.reading.json_text import SCAN_ERRORS, decode, rejected, scan
from handlers.importer.reading.records import PREVIEW_BYTES, RECORD_BYTES, Position, Read

_PIECE_BYTES = 1 << 16
_SPACE = re.compile(r"[ \t\n\r]*+")
_IN_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_OUT_OF_STRING = re.compile(r'[^"]*+')
_FLAT = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRUCTURE = re.compile(r"[\[\]{},]")


class JsonArrayReader:
    """The elements of one array, from its first or from any other on."""

    def __init__(self, schema: Schema, transform: Transform | None) -> None:
        self._objects = ObjectItems(schema, transform)
        self.rejected = rejected

    def batches(self, read: Read, position: Position) -> Iterator[Batch]:
        """See `Reader`; a position is where an element or the end of the array may begin."""
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        elements = _Elements(self._objects, position)
        while not elements.ended:
            piece = read(_PIECE_BYTES)
            elements.add(decoder.decode(piece, final=not piece))
            yield elements.take()
            if not piece and not elements.ended:
                raise FileError(f"ends within the array, behind line {elements.position.line}")
        rest = elements.rest
        while not rest.strip():
            piece = read(_PIECE_BYTES)
            if not piece:
                return
            rest = piece.decode("utf-8", "surrogateescape")
        raise FileError(f"has more text behind the array that ends on line {elements.position.line}")


class _Elements:
    """The part of the array that is being looked at."""

    def __init__(self, objects: ObjectItems, position: Position) -> None:
        self.ended = False
        self.position = position
        """Where the first element begins that has not been taken."""
        self._item = objects.item
        self._text = ""
        self._offset, self._line = position  # of the text
        self._skim: _Skim | None = None
        self._beginning: tuple[int, bytes] | None = None  # of an element that is too long to be kept

    @property
    def rest(self) -> str:
        """What follows the array, as far as it was added."""
        return self._text[1:]

    def add(self, text: str) -> None:
        """Adds what follows."""
        self._text += text

    def take(self) -> Batch:
        """Takes each element that is there as a whole."""
        items: list[Item] = []
        rejects: list[Reject] = []
        at = counted = 0
        line = self._line
        while not self.ended:
            # What is left of an element that was begun may itself begin with space.
            at = at if self._skim else _end(_SPACE, self._text, at)
            if at == len(self._text):
                break
            line += self._text.count("\n", counted, at)
            counted = at
            closes = self._text[at] == "]" and not self._skim
            end = at if closes else self._take_element(at, line, items, rejects)
            if end < 0:
                break
            self.ended = self._text[end] == "]"
            at = end + (not self.ended)  # reading may begin again at the bracket, and end there
        self._pass(at)
        return Batch(items, rejects, self.position)

    def _take_element(self, start: int, line: int, items: list[Item], rejects: list[Reject]) -> int:
        """Takes one element; where the comma or bracket behind it stands, -1 if its end is not there yet."""
        found = None if self._skim else _scan(self._text, start)
        self._skim = None if found else self._skim or _Skim(start)
        row, end = found or (None, self._skim.end(self._text) if self._skim else -1)
        if end < 0:
            return end
        self._skim = None
        if self._beginning:
            rejects.append(too_long(*self._beginning))
            self._beginning = None
            return end
        source = line, self._text[start:end]
        if reason := not_utf8(source[1]):
            rejects.append(rejected(source, reason))
            return end
        try:
            items.append((*self._item(row if found else decode(source[1])), source))
        except RowError as error:
            rejects.append(rejected(source, str(error)))
        return end

    def _pass(self, length: int) -> None:
        """Leaves the text that was taken behind."""
        self._drop(length)
        if self._skim:
            self._skim.at -= length
            if len(self._text) > RECORD_BYTES:
                self._beginning = self._beginning or (
                    self._line,
                    self._text[:PREVIEW_BYTES].encode("utf-8", "surrogateescape"),
                )
        if self._beginning and self._skim:
            self._drop(self._skim.at)
            self._skim.at = 0
        else:
            self.position = Position(self._offset, self._line)

    def _drop(self, length: int) -> None:
        passed, self._text = self._text[:length], self._text[length:]
        self._offset += length if passed.isascii() else len(passed.encode("utf-8", "surrogateescape"))
        self._line += passed.count("\n")


class _Skim:
    """Finds where an element ends by its brackets and strings alone, be it broken or huge."""

    def __init__(self, start: int) -> None:
        self.at = start
        """How far it has come."""
        self._depth = 0
        self._in_string = False

    def end(self, text: str) -> int:
        """Where the comma or bracket behind the element stands; -1 if more text is needed to tell."""
        while self.at < len(text):
            if self._in_string:
                self.at = _end(_IN_STRING, text, self.at)
                if not text.startswith('"', self.at):
                    return -1
                self._in_string = False
                self.at += 1
                continue
            if self._depth:
                self.at = _end(_FLAT, text, self.at)
            quote = _end(_OUT_OF_STRING, text, self.at)
            end = self._structure(text, quote)
            if end >= 0:
                return end
            self._in_string = quote < len(text)
            self.at = quote + self._in_string
        return -1

    def _structure(self, text: str, stop: int) -> int:
        closing = text.count("]", self.at, stop) + text.count("}", self.at, stop)
        if closing < self._depth:
            # It cannot end here, however deep it is: counted, not walked through.
            self._depth += text.count("[", self.at, stop) + text.count("{", self.at, stop) - closing
            return -1
        for match in _STRUCTURE.finditer(text, self.at, stop):
            sign = match.group()
            if sign in "[{":
                self._depth += 1
            elif self._depth == 0 and sign in ",]":
                return match.start()
            elif sign in "]}":
                self._depth = max(self._depth - 1, 0)
        return -1


def _scan(text: str, start: int) -> tuple[Any, int] | None:
    """The value that begins here and where the comma or bracket behind it stands, if both are there."""
    try:
        row, end = scan(text, start)
    except SCAN_ERRORS:
        return None
    end = _end(_SPACE, text, end)
    return (row, end) if text[end : end + 1] in (",", "]") else None


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
