"""Streams of bytes that the readers read: with bytes given back, and decompressed."""

import zlib
from collections.abc import Callable

from handlers.importer.errors import FileError

_PIECE_BYTES = 1 << 17


class Stream:
    """A source to which bytes can be given back."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """Wraps the `read` of a source: up to so many bytes, none only at the end."""
        self._read = read
        self._back = b""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none only at the end."""
        if not self._back:
            return self._read(size)
        piece, self._back = self._back[:size], self._back[size:]
        return piece

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or what is left, without passing them."""
        while len(self._back) < size and (piece := self._read(size - len(self._back))):
            self._back += piece
        return self._back[:size]

    def unread(self, data: bytes) -> None:
        """Gives bytes back, to be read next."""
        self._back = data + self._back

    def skip(self, size: int) -> None:
        """Passes over `size` bytes, or what is left."""
        while size and (piece := self.read(min(size, _PIECE_BYTES))):
            size -= len(piece)


class Gunzip:
    """What a gzipped source decompresses to, member after member, a piece at a time."""

    def __init__(self, read: Callable[[int], bytes], limit: int) -> None:
        """Wraps a source.

        Args:
            read: gives the compressed bytes.
            limit: how many bytes they may decompress to.
        """
        self._compressed = read
        self._limit = limit
        self._total = 0
        self._waiting = b""
        self._ended = False
        self._next_member()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none only at the end.

        Raises:
            FileError: it is not gzip, it is damaged, or it grows beyond the limit.
        """
        data = b""
        while not data and not self._ended:
            try:
                data = self._decompress(size)
            except zlib.error as error:
                raise FileError(f"is not intact gzip: {error}") from None
        self._total += len(data)
        if self._total > self._limit:
            raise FileError(f"decompresses to more than the {self._limit:,} bytes that the settings allow")
        return data

    def _decompress(self, size: int) -> bytes:
        data = self._member.decompress(self._waiting, size)
        self._waiting = self._member.unconsumed_tail
        if self._member.eof:
            self._waiting = self._member.unused_data
            self._next_member()
        elif not data and not self._waiting:
            self._waiting = self._compressed(_PIECE_BYTES)
            if not self._waiting:
                raise FileError("is not intact gzip: it ends too early")
        return data

    def _next_member(self) -> None:
        """Begins what follows: a member, or padding of zeros and the end."""
        self._waiting = self._waiting.lstrip(b"\0")
        while not self._waiting and (piece := self._compressed(_PIECE_BYTES)):
            self._waiting = piece.lstrip(b"\0")
        self._ended = not self._waiting
        self._member = zlib.decompressobj(wbits=31)
