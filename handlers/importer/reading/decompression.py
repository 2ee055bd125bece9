"""Decompresses files a piece at a time."""

import sys
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from handlers.importer.errors import FileError
from handlers.importer.reading.compression import GZIP, ZSTD
from handlers.importer.reading.records import Read
from handlers.importer.reading.streams import PIECE_BYTES, Stream

_WINDOW_LOG = 27
"""zstd frames whose window is larger than 2 to this power of bytes are refused, as by the command `zstd`."""


def decompressed(source: Read, compression: str, limit: int) -> Stream:
    """Returns the decompressed stream of a source with one or more gzip members or zstd frames.

    Reading raises a `FileError` if the source is not compressed like this, is damaged, needs too much memory, or
    decompresses to more than `limit` bytes.
    """
    if compression == GZIP:
        return _Decompressed(source, limit, GZIP, lambda: zlib.decompressobj(wbits=31), zlib.error, padding=b"\0")
    begin, error = _zstd()
    return _Decompressed(source, limit, ZSTD, begin, error)


class _Member(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Decompressed(Stream):
    """See `decompressed`."""

    def __init__(
        self,
        source: Read,
        limit: int,
        name: str,
        begin: Callable[[], _Member],
        error: type[Exception],
        padding: bytes = b"",
    ) -> None:
        """Begins with the first member; `padding` may surround each."""
        super().__init__(source)
        self._limit = limit
        self._name = name
        self._begin = begin
        self._error = error
        self._padding = padding
        self._total = 0
        self._waiting = b""
        self._ended = False
        self._next_member()

    def _next(self, size: int) -> bytes:
        data = b""
        while not data and not self._ended:
            try:
                data = self._decompress(size)
            except self._error as error:
                if "too much memory" in str(error):
                    most = f"{(1 << _WINDOW_LOG) >> 20} MiB"
                    raise FileError(f"is zstd with a window of more than {most}: compress it without --long") from None
                raise FileError(f"is not intact {self._name}: {error}") from None
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
            self._waiting = super()._next(PIECE_BYTES)
            if not self._waiting:
                raise FileError(f"is not intact {self._name}: it ends too early")
        return data

    def _next_member(self) -> None:
        """Begins the next member, after padding; or ends."""
        self._waiting = self._waiting.lstrip(self._padding) if self._padding else self._waiting
        while not self._waiting and (piece := super()._next(PIECE_BYTES)):
            self._waiting = piece.lstrip(self._padding) if self._padding else piece
        self._ended = not self._waiting
        self._member = self._begin()


def _zstd() -> tuple[Callable[[], _Member], type[Exception]]:
    """Returns the decompressor of a frame, and the exception it raises."""
    # Loaded only if a file needs it. Lambda's Python has it in its library.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    class Frame:
        def __init__(self) -> None:
            options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
            self._decompressor: Any = zstd.ZstdDecompressor(options=options)

        @property
        def eof(self) -> bool:
            return self._decompressor.eof

        @property
        def unconsumed_tail(self) -> bytes:
            return b""  # kept by the decompressor

        @property
        def unused_data(self) -> bytes:
            return self._decompressor.unused_data

        def decompress(self, data: bytes, max_length: int, /) -> bytes:
            return self._decompressor.decompress(data, max_length)

    return Frame, zstd.ZstdError
