"""The part of a JSON file being read, and how to skip broken or huge parts."""

import codecs
import re

from handlers.importer.reading.encodings import ESCAPED_BYTE, UTF_8, Encoding
from handlers.importer.reading.records import CTRL_Z, PREVIEW_BYTES, RECORD_BYTES, Position, Read

_PIECE_BYTES = 1 << 16
_LONG = 1 << 19
"""Characters of a value that is parsed while it is read; longer ones are skimmed first, because parts take memory."""
_IN_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_OUT_OF_STRING = re.compile(r'[^"]*+')
_FLAT = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_FLAT_OUTSIDE = re.compile(r'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRUCTURE = re.compile(r"[\[\]{},]")
NEXT_OBJECT = re.compile(r"\}\r?\n\{")
"""Never within an object: there a comma would be missing, and strings do not span lines."""


class Window:
    """Decodes a file piece by piece, without DOS's Ctrl-Z at its end.

    Attributes:
        text: what was read and not passed, undecodable bytes as `surrogateescape`.
        encoding: of the bytes.
        position: of the text.
        is_all: nothing follows the text.
        is_utf8: all of its bytes are text.
    """

    def __init__(self, read: Read, position: Position, encoding: Encoding = UTF_8) -> None:
        self.text = ""
        self.position = position
        self.is_all = False
        self.is_utf8 = True
        self.encoding = encoding
        self._read = read
        self._decoder = codecs.getincrementaldecoder(encoding.read_as)("surrogateescape")
        self._held = b""

    def fill(self, wanted: int) -> None:
        """Reads until the text has so many characters, or the file ends."""
        pieces = [self.text]
        missing = wanted - len(self.text)
        while missing > 0 and not self.is_all:
            piece = self._read(_PIECE_BYTES)
            self.is_all = not piece
            if piece:
                piece = self._held + piece
                self._held = CTRL_Z if piece.endswith(CTRL_Z) else b""
            pieces.append(self._decoder.decode(piece.removesuffix(self._held), final=self.is_all))
            missing -= len(pieces[-1])
        if len(pieces) > 1:
            self.text = "".join(pieces)
            self.is_utf8 = self.text.isascii() or not ESCAPED_BYTE.search(self.text)

    def pass_(self, length: int) -> None:
        """Drops the first characters."""
        passed, self.text = self.text[:length], self.text[length:]
        size = length if passed.isascii() else len(passed.encode(self.encoding.read_as, "surrogateescape"))
        self.position = Position(self.position.offset + size, self.position.line + passed.count("\n"))

    @property
    def is_huge(self) -> bool:
        """Whether the text is longer than any row."""
        return len(self.text) > RECORD_BYTES

    def is_long(self, start: int) -> bool:
        """Whether more follows than is parsed before the value's end is known."""
        return len(self.text) - start > _LONG

    def limit(self, start: int) -> int:
        """Where that much ends, plus one character."""
        return start + _LONG + 1

    def more(self) -> int:
        """How many characters to have before looking at the text's beginning again: twice as many."""
        return max(min(2 * len(self.text), _LONG + 1), len(self.text) + 1)


def is_too_long(text: str) -> bool:
    """Whether a row is too long to be read."""
    return len(text) * 4 > RECORD_BYTES and len(text.encode("utf-8", "surrogateescape")) > RECORD_BYTES


def preview(text: str) -> bytes:
    """The beginning of a row that is too long."""
    return text[:PREVIEW_BYTES].encode("utf-8", "surrogateescape")


class Skim:
    """Finds the end of a value, even broken or huge, by its brackets and strings alone; `at` is how far it has come."""

    def __init__(self, start: int, closing: str) -> None:
        """Begins at `start`; `closing` are the characters that end the value outside of brackets."""
        self.at = start
        self._closing = closing
        self._depth = 0
        self._in_string = False

    def end(self, text: str) -> int:
        """Where the character is that ends it; -1 if more text is needed."""
        while self.at < len(text):
            if self._in_string:
                self.at = _end(_IN_STRING, text, self.at)
                if not text.startswith('"', self.at):
                    return -1
                self._in_string = False
                self.at += 1
                continue
            self.at = _end(_FLAT if self._depth else _FLAT_OUTSIDE, text, self.at)
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
            # It cannot end here: counting is enough.
            self._depth += text.count("[", self.at, stop) + text.count("{", self.at, stop) - closing
            return -1
        for match in _STRUCTURE.finditer(text, self.at, stop):
            sign = match.group()
            if sign in "[{":
                self._depth += 1
            elif self._depth == 0 and sign in self._closing:
                return match.start()
            elif sign in "]}":
                self._depth = max(self._depth - 1, 0)
        return -1


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
