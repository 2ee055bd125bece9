"""Converts text in other encodings to UTF-8, a piece at a time."""

import codecs

from handlers.importer.errors import FileError
from handlers.importer.reading.encodings import NO_TEXT
from handlers.importer.reading.records import Read
from handlers.importer.reading.streams import PIECE_BYTES, Stream


class Transcoder(Stream):
    """The UTF-8 of a text in another encoding, with `NO_TEXT` for undecodable bytes."""

    def __init__(self, source: Read, name: str) -> None:
        super().__init__(source)
        self._name = name
        self._decoder = codecs.getincrementaldecoder(name)(_HANDLER)
        self._waiting = b""
        self._ended = False

    def _next(self, size: int) -> bytes:
        while not self._waiting and not self._ended:
            piece = super()._next(PIECE_BYTES)
            self._ended = not piece
            try:
                self._waiting = self._decoder.decode(piece, final=self._ended).encode("utf-8", _HANDLER)
            except UnicodeError as error:  # raised without asking the handler, as in broken ISO 2022
                raise FileError(f"cannot be read as {self._name}: {error}") from None
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data


def _no_text(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return chr(0xDC00 + NO_TEXT), error.end
    if isinstance(error, UnicodeEncodeError):  # for that, or half a character, which UTF-7 can hold
        return bytes([NO_TEXT]) * (error.end - error.start), error.end
    raise error


_HANDLER = "handlers.importer.no_text"
codecs.register_error(_HANDLER, _no_text)
