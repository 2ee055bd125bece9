"""HTTP/1.1 in its wire form: RFC 9112."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

PIECE = 64 * 1024
CHUNKED, UNTIL_CLOSE = -1, -2


class Head(NamedTuple):
    """The head of a request or a response."""

    raw: bytes
    start: list[str]
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        """The body's length in bytes, or `CHUNKED`; None if the head does not say."""
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return CHUNKED
        return int(self.headers["content-length"]) if "content-length" in self.headers else None

    @property
    def closes(self) -> bool:
        """Whether the connection closes after this message."""
        return self.headers.get("connection", "").lower() == "close" or "HTTP/1.0" in self.start


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Reads the head of the next request or response."""
    raw = await reader.readuntil(b"\r\n\r\n")
    start, *lines = raw.decode("latin-1").split("\r\n")[:-2]
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Head(raw, start.split(" ", 2), headers)


async def _pieces(reader: asyncio.StreamReader, length: int) -> AsyncIterator[bytes]:
    """A body in pieces, in its wire form."""
    if length == UNTIL_CLOSE:
        while piece := await reader.read(PIECE):
            yield piece
    elif length == CHUNKED:
        size = 1
        while size:
            line = await reader.readuntil(b"\n")
            size = int(line.partition(b";")[0], 16)
            yield line
            if size:
                async for piece in _pieces(reader, size + len(b"\r\n")):
                    yield piece
        trailer = b""
        while trailer != b"\r\n":
            trailer = await reader.readuntil(b"\n")
            yield trailer
    while length > 0:
        piece = await reader.read(min(length, PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", length)
        length -= len(piece)
        yield piece


async def pump(reader: asyncio.StreamReader, length: int, writer: asyncio.StreamWriter) -> None:
    """Passes a body on as it arrives."""
    async for piece in _pieces(reader, length):
        writer.write(piece)
        await writer.drain()


async def discard(reader: asyncio.StreamReader, length: int) -> None:
    """Reads a body and drops it."""
    async for _ in _pieces(reader, length):
        pass


class Answer(NamedTuple):
    """The upstream's response, with its body still to be read."""

    head: Head
    length: int
    body: asyncio.StreamReader


async def read_answer(reader: asyncio.StreamReader, method: str) -> Answer:
    """Reads the head of the upstream's next final response."""
    head = await read_head(reader)
    while head.start[1].startswith("1"):
        head = await read_head(reader)
    if method == "HEAD" or head.start[1] in ("204", "304"):
        return Answer(head, 0, reader)
    return Answer(head, UNTIL_CLOSE if head.length is None else head.length, reader)
