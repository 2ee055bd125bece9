"""Encodings of text.

UTF-8, and encodings that extend ASCII with one character per byte (cp1252, latin-1), are read directly, and their files
can be cut. A `transcoder` converts the others to UTF-8, from start to end.
"""

import codecs
import functools
import re
from typing import NamedTuple

MARK_BYTES = 4
"""Length of the longest byte order mark."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_FILES = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Python's text encodings that files do not use, or that differ between machines."""
ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
"""An undecodable byte, as `surrogateescape` writes it."""
NO_TEXT = 0xFF
"""The byte that a transcoder writes for undecodable bytes: UTF-8 never has it."""


class Encoding(NamedTuple):
    """The encoding of a file."""

    name: str
    """Python's, such as `utf-8`, `cp1252`, `utf-16`."""
    read_as: str
    """The encoding of the bytes that readers get: the same, or `utf-8` if transcoded."""

    @property
    def is_transcoded(self) -> bool:
        """Whether readers get other bytes than the file's."""
        return self.name != self.read_as

    @property
    def label(self) -> str:
        """Its name in reasons."""
        return self.name.upper() if self.name.startswith("utf") else self.name

    def not_text(self, text: str) -> str:
        """The reason to reject a text, decoded with `surrogateescape`, with undecodable bytes; empty if it has none."""
        bad = None if text.isascii() else ESCAPED_BYTE.search(text)
        if not bad:
            return ""
        byte = ord(bad.group()) - 0xDC00
        return f"is not {self.label}" + ("" if self.is_transcoded and byte == NO_TEXT else f": byte 0x{byte:02x}")


UTF_8 = Encoding("utf-8", "utf-8")


@functools.cache
def encoding(name: str) -> Encoding:
    """Returns an encoding by any name that Python knows.

    Raises:
        LookupError: there is no such encoding of files.
    """
    known = codecs.lookup(name).name.removesuffix("-sig")
    if known.replace("_", "-") in _NO_FILES:
        raise LookupError(f"{name} is no encoding of files")
    "".encode(known)  # raises for codecs of bytes, such as base64
    return Encoding(known, known if known == "utf-8" or _is_bytewise(known) else "utf-8")


def written(beginning: bytes, name: str) -> Encoding:
    """Returns the encoding of a text: by its byte order mark, else by a name.

    UTF-16 and UTF-32 of unknown byte order are little-endian, as on Windows.
    """
    for mark, marked in _MARKS:
        if beginning.startswith(mark):
            return encoding(marked)
    named = encoding(name)
    return encoding(f"{named.name}-le") if named.name in ("utf-16", "utf-32") else named


def _is_bytewise(name: str) -> bool:
    """Whether each byte is one character, and ASCII's, and no others, are those of ASCII."""
    ascii_text = bytes(range(128)) + b"\x1b$B0!\x1b(B"  # escape sequences that switch some encodings
    try:
        if ascii_text.decode(name) != ascii_text.decode("ascii"):
            return False
    except UnicodeError:
        return False
    decoder = codecs.getincrementaldecoder(name)("replace")  # waits for more after a part of a character
    characters = [decoder.decode(bytes([byte])) for byte in range(128, 256)]
    return all(len(character) == 1 and not character.isascii() for character in characters)
