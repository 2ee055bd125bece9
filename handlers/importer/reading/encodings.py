"""Encodings of text: which are read as they stand, what makes UTF-8 of the others, and what says that text is none.

UTF-8, and encodings in which each byte is a character and those of ASCII mean what they mean there (cp1252, latin-1),
are read as they stand, and files of such can be cut. Of the others a `Transcoder` makes UTF-8, front to back.
"""

import codecs
import functools
import re
from typing import NamedTuple

from handlers.importer.reading.records import Read
from handlers.importer.reading.streams import PIECE_BYTES, Stream

MARK_BYTES = 4
"""How many bytes of a text the longest mark has."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_FILES = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Python's encodings of texts that are not those of files."""
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of a byte that is no text."""
_NO_TEXT = 0xFF
"""The byte that a transcoder writes for what is no text: UTF-8 has none such, whatever stands beside it."""


class Encoding(NamedTuple):
    """How the text of a file is written."""

    name: str
    """As Python's codecs have it, such as `utf-8`, `cp1252`, `utf-16`."""
    read_as: str
    """How readers get the bytes: as they stand, or transcoded to `utf-8`."""

    @property
    def is_transcoded(self) -> bool:
        """Whether readers get other bytes than the file has."""
        return self.name != self.read_as

    @property
    def label(self) -> str:
        """Its name, as reasons show it."""
        return self.name.upper() if self.name.startswith("utf") else self.name

    def not_text(self, text: str) -> str:
        """The reason to reject a text, decoded with `surrogateescape`, that holds bytes that are none; empty if not."""
        bad = None if text.isascii() else _ESCAPED_BYTE.search(text)
        if not bad:
            return ""
        byte = ord(bad.group()) - 0xDC00
        return f"is not {self.label}" + ("" if self.is_transcoded and byte == _NO_TEXT else f": byte 0x{byte:02x}")


UTF_8 = Encoding("utf-8", "utf-8")


@functools.cache
def encoding(name: str) -> Encoding:
    """Returns an encoding that Python knows, by any of its names.

    Raises:
        LookupError: there is none of this name in which files are written.
    """
    known = codecs.lookup(name).name.removesuffix("-sig")
    if known.replace("_", "-") in _NO_FILES:
        raise LookupError(f"{name} is no encoding of files")
    "".encode(known)  # which raises for those of bytes, such as base64
    return Encoding(known, known if known == "utf-8" or _is_bytewise(known) else "utf-8")


def written(beginning: bytes, name: str) -> Encoding:
    """Returns the encoding of a text: what the mark says with which it begins; without one, that of a name.

    UTF-16 and UTF-32 that say nothing of the order of bytes are as Windows has them, the lesser first.
    """
    for mark, marked in _MARKS:
        if beginning.startswith(mark):
            return encoding(marked)
    named = encoding(name)
    return encoding(f"{named.name}-le") if named.name in ("utf-16", "utf-32") else named


def _is_bytewise(name: str) -> bool:
    """Whether each byte is a character by itself, and those of ASCII, and no others, are what they are there."""
    ascii_text = bytes(range(128)) + b"\x1b$B0!\x1b(B"  # which switches some encodings to others
    try:
        if ascii_text.decode(name) != ascii_text.decode("ascii"):
            return False
    except UnicodeError:
        return False
    decoder = codecs.getincrementaldecoder(name)("replace")  # which waits for more if a byte is a part of a character
    characters = [decoder.decode(bytes([byte])) for byte in range(128, 256)]
    return all(len(character) == 1 and not character.isascii() for character in characters)


class Transcoder(Stream):
    """The UTF-8 of a text in another encoding. A byte that UTF-8 never has stands for what is no text."""

    def __init__(self, source: Read, name: str) -> None:
        """Begins where the source stands."""
        super().__init__(source)
        self._decoder = codecs.getincrementaldecoder(name)(_HANDLER)
        self._waiting = b""
        self._ended = False

    def _next(self, size: int) -> bytes:
        while not self._waiting and not self._ended:
            piece = super()._next(PIECE_BYTES)
            self._ended = not piece
            self._waiting = self._decoder.decode(piece, final=self._ended).encode("utf-8", _HANDLER)
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data


def _no_text(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return chr(0xDC00 + _NO_TEXT), error.end
    if isinstance(error, UnicodeEncodeError):  # of that, or of half a character, which UTF-7 can hold
        return bytes([_NO_TEXT]) * (error.end - error.start), error.end
    raise error


_HANDLER = "handlers.importer.no_text"
codecs.register_error(_HANDLER, _no_text)
