"""The bytes of a file: as stored in S3, and as a stream with lookahead."""

import io

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
"""S3's permanent errors."""
PIECE_BYTES = 1 << 17
BEGINNING_BYTES = 1 << 16
"""How much of a file's beginning is inspected at once."""


class FilePart:
    """The stored bytes from `start` to before `end` of the announced version, requested at the first read."""

    def __init__(self, bucket: StreamingBucket, file: File, start: int, end: int) -> None:
        self._bucket = bucket
        self._file = file
        self._start = start
        self._left = max(end - start, 0)
        self._body: io.BufferedReader[ObjectStream] | None = None

    def read(self, size: int, /) -> bytes:
        """Returns up to `size` bytes; none only at the end.

        Raises:
            FileError: The object is gone or was replaced.
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
        body = io.BufferedReader(stream, PIECE_BYTES)
        if "content-range" not in stream.headers:
            # A server may ignore a range and answer with the whole object; emulators of S3 do.
            skipped = 0
            while skipped < self._start and (data := body.read(min(PIECE_BYTES, self._start - skipped))):
                skipped += len(data)
        return body


class Stream:
    """The bytes of a source; subclasses decompress or transcode them. `source_bytes` were read from the source."""

    def __init__(self, source: Read) -> None:
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
        """Returns the next `size` bytes, or what is left, without consuming them."""
        while len(self._back) < size and (piece := self._next(size - len(self._back))):
            self._back += piece
        return self._back[:size]

    def unread(self, data: bytes) -> None:
        """Gives bytes back, to be read next."""
        self._back = data + self._back

    def skip(self, size: int) -> None:
        """Skips `size` bytes, or what is left."""
        while size and (piece := self.read(min(size, PIECE_BYTES))):
            size -= len(piece)

    def _next(self, size: int) -> bytes:
        """Returns up to `size` new bytes; none only at the end."""
        data = self._source(size)
        self.source_bytes += len(data)
        return data
