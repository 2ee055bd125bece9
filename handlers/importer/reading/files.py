"""Reads the imported objects from S3, each only as the version that was announced."""

import io
from collections.abc import Callable

from handlers.importer.errors import FileError
from handlers.importer.queue.messages import File
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3 import Bucket, ObjectStream

_GONE = {
    "NoSuchKey": "was deleted before it was read",
    "NoSuchVersion": "was deleted before it was read",
    "404": "was deleted before it was read",
    "MethodNotAllowed": "was deleted before it was read",  # the version is a delete marker
    "PreconditionFailed": "was replaced by another before it was read",
    "InvalidObjectState": "is archived: restore it, then copy it onto itself",
}
"""S3's errors that will not pass by themselves."""
_BUFFER_BYTES = 1 << 17


class Files:
    """The buckets that files come from."""

    def __init__(self, bucket: Callable[[str], Bucket]) -> None:
        """Takes what gives a bucket by its name."""
        self._bucket = bucket

    def open(self, file: File, start: int, end: int) -> "Part":
        """The bytes of a file from `start` to before `end`, as they come.

        Raises:
            FileError: it is not there any more.
        """
        return Part(file, start, end, self._bucket(file.bucket))


class Part:
    """A part of a file; it is asked for when it is first read."""

    def __init__(self, file: File, start: int, end: int, bucket: Bucket) -> None:
        self._file = file
        self._bucket = bucket
        self._start = start
        self._left = max(end - start, 0)
        self._body: io.BufferedReader[ObjectStream] | None = None
        self.count = 0
        """How many bytes have been read."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none only at the end.

        Raises:
            FileError: the object is not there any more, or is another.
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
        self.count += len(data)
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
        body = io.BufferedReader(stream, _BUFFER_BYTES)
        if "content-range" not in stream.headers:
            # A server may ignore a range and answer with the whole; emulators of S3 do.
            skipped = 0
            while skipped < self._start and (data := body.read(min(_BUFFER_BYTES, self._start - skipped))):
                skipped += len(data)
        return body
