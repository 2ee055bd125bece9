"""Reads the imported objects from S3, each only as the version that was announced."""

import io
from collections.abc import Callable
from functools import cache
from typing import Protocol

from handlers.importer.errors import FileError
from handlers.importer.messages import File
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3 import Bucket

_GONE = {
    "NoSuchKey": "was deleted before it was read",
    "NoSuchVersion": "was deleted before it was read",
    "404": "was deleted before it was read",
    "MethodNotAllowed": "was deleted before it was read",  # the version is a delete marker
    "PreconditionFailed": "was replaced by another before it was read",
    "InvalidObjectState": "is archived: restore it, then copy it onto itself",
}
"""S3's errors that will not pass by themselves."""


class Body(Protocol):
    """A part of an object while it is read."""

    def read(self, size: int, /) -> bytes | None:
        """Up to `size` bytes; none only at the end."""
        ...

    def close(self) -> None:
        """Ends the reading."""
        ...


class Files:
    """The buckets that files come from."""

    def __init__(self, bucket: Callable[[str], Bucket] = Bucket) -> None:
        """Makes a client for each bucket by its name."""
        self._bucket = cache(bucket)

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
        self._body: Body = io.BytesIO()
        self._asked = start >= end
        self._range = start, end
        self.count = 0
        """How many bytes have been read."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none only at the end.

        Raises:
            FileError: the object is not there any more, or is another.
            AwsError: S3 cannot be read now.
        """
        try:
            if not self._asked:
                self._body, self._asked = self._ask(), True
            data = self._body.read(size) or b""
        except AwsError as error:
            if error.code in _GONE:
                raise FileError(_GONE[error.code]) from error
            raise
        self.count += len(data)
        return data

    def close(self) -> None:
        """Ends the reading."""
        self._body.close()

    def _ask(self) -> Body:
        start, end = self._range
        headers = {"if-match": f'"{self._file.etag}"'}
        return io.BufferedReader(
            self._bucket.open(
                self._file.key, start=start, end=end, version=self._file.version_id or None, headers=headers
            ),
            1 << 17,
        )
