"""Parses one HTTP/1.1 response (RFC 9112) from pieces of any size, without I/O."""

import re

_STATUS = re.compile(r"HTTP/1\.([01]) ([1-5]\d\d)(?: .*)?", re.DOTALL)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_MAX_HEAD = 64 * 1024


class ProtocolError(OSError):
    """The peer did not speak HTTP, or closed the connection within an answer."""


class ResponseParser:
    """Parses one response from the bytes fed.

    Attributes:
        status: 0 until the head is complete, with `headers`.
        done: The body is complete.
        reusable: The connection can carry another request, once done.
    """

    __slots__ = ("_body", "_buffer", "_left", "_no_body", "_read", "done", "headers", "reusable", "status")

    def __init__(self, *, no_body: bool = False):
        self.status = 0
        self.headers: dict[str, str] = {}
        self.done = False
        self.reusable = False
        self._no_body = no_body
        self._buffer = bytearray()
        self._body = bytearray()
        self._left = 0
        # Reads from the buffer; False if it needs more. Not a bound method: the parser would refer to itself, and only
        # the garbage collector could free it.
        self._read = ResponseParser._head

    def feed(self, data: bytes) -> None:
        """Takes the next bytes; raises ProtocolError if they cannot be a response."""
        self._buffer += data
        while not self.done and self._read(self):
            pass
        if self.done and self._buffer:  # unexpected bytes: the connection cannot be trusted
            self.reusable = False

    def end(self) -> None:
        """Takes the end of the connection; raises ProtocolError if it came too early."""
        if self._read is not ResponseParser._until_end:
            raise ProtocolError("the connection ended within the answer" if self.status else "the connection ended")
        self.done = True

    def take(self) -> bytes:
        """Returns the bytes of the body that came since the last call."""
        body = bytes(self._body)
        self._body.clear()
        return body

    def _line(self, end: bytes) -> bytes | None:
        at = self._buffer.find(end)
        if at > _MAX_HEAD or (at < 0 and len(self._buffer) > _MAX_HEAD):
            raise ProtocolError("a head or chunk line of more than 64 KiB")
        if at < 0:
            return None
        line = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        return line

    def _head(self) -> bool:
        if not b"HTTP/1.".startswith(self._buffer[:7]):
            raise ProtocolError(f"not an HTTP answer: {bytes(self._buffer[:40])!r}")
        head = self._line(b"\r\n\r\n")
        if head is None:
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        match = _STATUS.fullmatch(first)
        if not match or match[2] == "101":
            raise ProtocolError(f"not a usable status line: {first[:80]!r}")
        if match[2] < "200":  # interim: the final answer follows
            return True
        self.headers = _headers(lines)
        self.status = int(match[2])
        self.reusable = match[1] == "1" and "close" not in self.headers.get("connection", "").lower()
        self._choose_framing()
        return True

    def _choose_framing(self) -> None:
        length = self.headers.get("content-length")
        if self._no_body or self.status in (204, 304):
            self.done = True
        elif "transfer-encoding" in self.headers:
            if self.headers["transfer-encoding"].lower() != "chunked" or length is not None:
                raise ProtocolError(f"framing that cannot be read: {self.headers}")
            self._read = ResponseParser._chunk_size
        elif length is not None:
            if not re.fullmatch("[0-9]{1,15}", length):
                raise ProtocolError(f"not a content length: {length[:80]!r}")
            self._left = int(length)
            self.done = not self._left
            self._read = ResponseParser._counted
        elif self.status < 300:  # its end would look like a lost connection
            raise ProtocolError("an answer with neither length nor chunks")
        else:
            self.reusable = False
            self._read = ResponseParser._until_end

    def _counted(self) -> bool:
        self._take_up_to_left()
        self.done = not self._left
        return False

    def _chunk_size(self) -> bool:
        line = self._line(b"\r\n")
        if line is None:
            return False
        match = _CHUNK.fullmatch(line)
        if not match:
            raise ProtocolError(f"not a chunk size: {line[:80]!r}")
        self._left = int(match[1], 16)
        self._read = ResponseParser._chunk if self._left else ResponseParser._trailer
        return True

    def _chunk(self) -> bool:
        self._take_up_to_left()
        if self._left or len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise ProtocolError("a chunk longer than its size")
        del self._buffer[:2]
        self._read = ResponseParser._chunk_size
        return True

    def _trailer(self) -> bool:
        line = self._line(b"\r\n")
        self.done = line == b""
        return bool(line)

    def _until_end(self) -> bool:
        self._left = len(self._buffer)
        self._take_up_to_left()
        return False

    def _take_up_to_left(self) -> None:
        piece = self._buffer[: self._left]
        self._left -= len(piece)
        self._body += piece
        del self._buffer[: len(piece)]


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ProtocolError(f"not a header: {line[:80]!r}")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
