"""A non-blocking, kept-alive HTTP/1.1 connection for one request at a time."""

import socket
import ssl
import time

from handlers.shared.aws import sockets
from handlers.shared.aws.endpoint import Endpoint
from handlers.shared.aws.parser import ResponseParser

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_PIECE = 64 * 1024


class Connection:
    """A connection and the request on it.

    Attributes:
        outgoing: The part of the request not yet sent.
        parser: Parses the answer.
        idle_since: When the last answer was complete, by the wall clock, which runs on while the function is frozen.
    """

    __slots__ = ("_stream", "idle_since", "outgoing", "parser", "sock")

    def __init__(self, endpoint: Endpoint, timeout: float):
        """Opens it within `timeout` seconds; raises OSError."""
        self.sock = sockets.connect(endpoint.host, endpoint.port, time.monotonic() + timeout, tls=endpoint.tls)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.idle_since = time.time()
        self.outgoing: list[bytes | memoryview] = []
        self.parser = ResponseParser()
        self._stream = False

    def begin(self, message: list[bytes], *, no_body: bool, stream: bool) -> None:
        """Begins a request; `stream` leaves the body of a 2xx answer to `read`."""
        self.outgoing = [*message]
        self.parser = ResponseParser(no_body=no_body)
        self._stream = stream

    def usable(self) -> bool:
        """Tells whether nothing came since the last answer, neither an end nor bytes."""
        try:
            self.sock.recv(1)
        except _WOULD_BLOCK:
            return True
        except OSError:
            return False
        return False

    def send(self) -> None:
        """Sends what the socket takes; raises OSError if it fails and no answer says why."""
        while self.outgoing:
            try:
                count = self.sock.send(self.outgoing[0])
            except _WOULD_BLOCK:
                return
            except OSError:
                self.receive()  # the service may have refused early and closed the connection
                if self.answered:
                    return
                raise
            if count == len(self.outgoing[0]):
                del self.outgoing[0]
            else:
                self.outgoing[0] = memoryview(self.outgoing[0])[count:]

    def receive(self) -> None:
        """Receives what has come of the answer; raises OSError if it cannot become complete."""
        while not self.answered:
            try:
                self._feed()
            except _WOULD_BLOCK:
                return

    @property
    def answered(self) -> bool:
        """Whether the answer is complete, or all but the part for `read`."""
        return self.parser.done or self.streaming

    @property
    def streaming(self) -> bool:
        """Whether the head of an answer with a body for `read` is complete."""
        return self._stream and 200 <= self.parser.status < 300

    def read(self, timeout: float) -> bytes:
        """Waits for the next bytes of a streamed body; empty at its end."""
        self.sock.settimeout(timeout)
        while not (data := self.parser.take()) and not self.parser.done:
            self._feed()
        self.sock.setblocking(False)
        return data

    def _feed(self) -> None:
        data = self.sock.recv(_PIECE)
        if data:
            self.parser.feed(data)
        else:
            self.parser.end()

    def close(self) -> None:
        """Closes it; safe to repeat."""
        self.sock.close()
