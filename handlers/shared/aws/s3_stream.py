"""Objects of one S3 bucket, with streamed bodies."""

import io
from collections.abc import Callable, Mapping
from typing import Any

from handlers.shared.aws.connection import Connection
from handlers.shared.aws.errors import ConnectionLost
from handlers.shared.aws.parser import ProtocolError
from handlers.shared.aws.percent import percent_encoded
from handlers.shared.aws.request import Request, Response
from handlers.shared.aws.s3 import Bucket
from handlers.shared.aws.session import Session
from handlers.shared.aws.sockets import seconds_left

_FRUITLESS = 5  # resumptions in a row without a byte, before a stream gives up


class ObjectStream(io.RawIOBase):
    """A streamed body, for an `io.BufferedReader`. A lost connection is resumed at the next byte.

    Attributes:
        headers: Of the first answer.
    """

    def __init__(
        self,
        session: Session,
        ask: Callable[[int, dict[str, str]], Response],
        start: int,
        deadline: float | None,
    ):
        """Made by `Bucket.open`; `ask` requests the object from a byte on."""
        self._session = session
        self._ask = ask
        self._deadline = deadline
        self._at = start
        self._data = memoryview(b"")
        self._fruitless = 0
        self._connection: Connection | None = None
        answer = ask(start, {})
        self._connection = answer.connection
        self.headers = answer.headers
        self._end = start + int(answer.headers["content-length"])

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Reads the next bytes; raises AwsError, `PreconditionFailed` if the object was replaced."""
        while not self._data and self._at < self._end:
            try:
                self._data = memoryview(self._receive())
            except OSError as reason:
                self._resume(reason)
        count = min(len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count

    def close(self) -> None:
        """Releases the connection."""
        if self._connection:
            self._session.release(self._connection)
            self._connection = None
        super().close()

    def _receive(self) -> bytes:
        if self._connection is None:
            raise ValueError("the stream is closed")
        timeout = self._session.read_timeout
        if self._deadline is not None:
            timeout = min(timeout, seconds_left(self._deadline))
        data = self._connection.read(timeout)
        if not data:
            raise ProtocolError("an answer shorter than the object")
        self._at += len(data)
        self._fruitless = 0
        return data

    def _resume(self, reason: OSError) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
        self._fruitless += 1
        answer = None
        if self._fruitless <= _FRUITLESS:
            answer = self._ask(self._at, {"if-match": self.headers["etag"]})
            self._connection = answer.connection
        if answer is None or (self._at and answer.status != 206):
            words = f"at byte {self._at} of {self._end}: {reason}"
            raise ConnectionLost("S3", Request("GetObject"), "ConnectionLost", words, sent=True)


class StreamingBucket(Bucket):
    """A bucket that also streams objects."""

    def open(
        self,
        key: str,
        *,
        start: int = 0,
        end: int | None = None,
        version: str | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> ObjectStream:
        """Returns a reader of an object from `start` to before `end`, once S3 begins to answer."""
        query = f"versionId={percent_encoded(version)}" if version else ""

        def ask(at: int, more: dict[str, str]) -> Response:
            part = {"range": f"bytes={at}-{'' if end is None else end - 1}"} if at or end is not None else {}
            together = {**(headers or {}), **part, **more}
            return self._call("GetObject", "GET", key, deadline, query=query, headers=together, stream=True)

        return ObjectStream(self.client.session, ask, start, deadline)
