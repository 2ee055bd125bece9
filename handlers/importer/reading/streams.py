"""The bytes of a file: as S3 has them, and as they are read, decompressed, where some can be given back."""

import io
import zlib

from handlers.importer.errors import FileError
from handlers.importer.queue.messages import File
from handlers.importer.reading.records import Read
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3_stream import ObjectStream, StreamingBucket

_GONE = {
    "NoSuchKey": "was deleted before it was read",
    "NoSuchVersion": "was deleted before it was read",
    "404": "was deleted before it was read",
    "MethodNotAllowed": "was deleted before it was read",  # the version is a delete marker
    "PreconditionFailed": "was replaced by another before it was read",
    "InvalidObjectState": "is archived: restore it, then copy it onto itself",
}
"""S3's errors that will not pass by themselves."""
_PIECE_BYTES = 1 << 17


class FilePart:
    """The stored bytes from `start` to before `end` of the version that was announced.

    S3 is asked when they are first read.
    """

    def __init__(self, bucket: StreamingBucket, file: File, start: int, end: int) -> None:
        self._bucket = bucket
        self._file = file
        self._start = start
        self._left = max(end - start, 0)
        self._body: io.BufferedReader[ObjectStream] | None = None

    def read(self, size: int, /) -> bytes:
        """Returns up to `size` bytes; none only at the end.

        Raises:
            FileError: The object is not there any more, or is another.
            AwsError: S3 cannot be read now.
        """
        if not self._left:
            return b""
        try:
            self._body = self._body or self._ask()
            data = self._body.read(min(size, self._left))
        except AwsError as error:
            if error.code in _GONE:
                raise FileError(_GONE[error.code]) from error
            raise
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Ends the reading."""
        if self._body:
            self._body.close()

    def _ask(self) -> "io.BufferedReader[ObjectStream]":
        stream = self._bucket.open(
            self._file.key,
            start=self._start,
            end=self._start + self._left,
            version=self._file.version_id or None,
            headers={"if-match": f'"{self._file.etag}"'},
        )
        body = io.BufferedReader(stream, _PIECE_BYTES)
        if "content-range" not in stream.headers:
            # A server may ignore a range and answer with the whole; emulators of S3 do.
            skipped = 0
            while skipped < self._start and (data := body.read(min(_PIECE_BYTES, self._start - skipped))):
                skipped += len(data)
        return body


class Stream:
    """The bytes of a source, as they are. A decompressor is a stream that makes others of them.

    Attributes:
        source_bytes: How many bytes the source has given.
    """

    def __init__(self, source: Read) -> None:
        """Begins where the source stands."""
        self.source_bytes = 0
        self._source = source
        self._back = b""

    def read(self, size: int) -> bytes:
        """Returns up to `size` bytes; none only at the end."""
        if not self._back:
            return self._next(size)
        piece, self._back = self._back[:size], self._back[size:]
        return piece

    def peek(self, size: int) -> bytes:
        """Returns the next `size` bytes, or what is left, without passing them."""
        while len(self._back) < size and (piece := self._next(size - len(self._back))):
            self._back += piece
        return self._back[:size]

    def unread(self, data: bytes) -> None:
        """Gives bytes back, to be read next."""
        self._back = data + self._back

    def skip(self, size: int) -> None:
        """Passes over `size` bytes, or what is left."""
        while size and (piece := self.read(min(size, _PIECE_BYTES))):
            size -= len(piece)

    def _next(self, size: int) -> bytes:
        """Returns up to `size` bytes that were never read; none only at the end."""
        data = self._source(size)
        self.source_bytes += len(data)
        return data


class Gunzip(Stream):
    """What a gzipped source decompresses to, member after member, a piece at a time.

    Reading raises a `FileError` if it is not gzip, is damaged, or grows beyond the limit.
    """

    def __init__(self, source: Read, limit: int) -> None:
        """Begins with the first member.

        Args:
            source: Gives the compressed bytes.
            limit: How many bytes they may decompress to.
        """
        super().__init__(source)
        self._limit = limit
        self._total = 0
        self._waiting = b""
        self._ended = False
        self._next_member()

    def _next(self, size: int) -> bytes:
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
            self._waiting = super()._next(_PIECE_BYTES)
            if not self._waiting:
                raise FileError("is not intact gzip: it ends too early")
        return data

    def _next_member(self) -> None:
        """Begins what follows: a member, or padding of zeros and the end."""
        self._waiting = self._waiting.lstrip(b"\0")
        while not self._waiting and (piece := super()._next(_PIECE_BYTES)):
            self._waiting = piece.lstrip(b"\0")
        self._ended = not self._waiting
        self._member = zlib.decompressobj(wbits=31)
