"""Encodings of text: which are read as they stand, what makes UTF-8 of the others, and what says that text is none.

UTF-8, and encodings in which each byte is a character and those of ASCII mean what they mean there (cp1252, latin-1),
are read as they stand, and files of such can be cut. Of the others a `transcoder` makes UTF-8, front to back.
"""

import codecs
import functools
import re
from typing import NamedTuple

MARK_BYTES = 4
"""How many bytes of a text the longest mark has."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_FILES = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Python's encodings of texts that are not those of files, or mean something else on each machine."""
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of a byte that is no text."""
NO_TEXT = 0xFF
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
        return f"is not {self.label}" + ("" if self.is_transcoded and byte == NO_TEXT else f": byte 0x{byte:02x}")


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
