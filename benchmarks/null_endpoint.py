"""A stand-in for AWS that does nothing as fast as it can, so that only the client is measured.

`python -m benchmarks.null_endpoint FOLDER [--delay SECONDS] [--items N]` prints its port, serves until its standard
input closes, and stays on the last core. `benchmarks.answers` makes its responses; each is delayed by the given
seconds. At its end it prints on how many connections items were written.
"""

import argparse
import os
import re
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from benchmarks.answers import Answers

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_RECEIVED = 1 << 18


class Connection:
    """The received and the unsent data of one socket."""

    def __init__(self, sock: socket.socket, answer_to: Callable[[bytes, bytes], bytes]) -> None:
        self.sock = sock
        self._answer_to = answer_to
        self._received = bytearray()
        self._length = -1
        self._outgoing: deque[memoryview] = deque()
        self.writes = False
        """Whether it has carried a BatchWriteItem."""

    def receive(self) -> list[bytes] | None:
        """Reads the available data; returns the responses to complete requests, None at the end."""
        try:
            data = self.sock.recv(_RECEIVED)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        self._received += data
        answers: list[bytes] = []
        while (head_end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:head_end])
            length = _LENGTH.search(head)
            end = head_end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < end:
                if b"100-continue" in head and len(self._received) == head_end + 4:
                    self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                break
            body = bytes(self._received[head_end + 4 : end])
            del self._received[:end]
            self.writes = self.writes or b"BatchWriteItem" in head
            answers.append(self._answer_to(head, body))
        return answers

    def put(self, message: bytes) -> None:
        """Queues a response to be sent."""
        self._outgoing.append(memoryview(message))

    def send(self) -> bool:
        """Sends as much as the socket accepts; returns False where something is left."""
        while self._outgoing:
            try:
                count = self.sock.send(self._outgoing[0])
            except BlockingIOError:
                return False
            except OSError:
                self._outgoing.clear()
                break
            self._outgoing[0] = self._outgoing[0][count:]
            if not self._outgoing[0]:
                self._outgoing.popleft()
        return True


class Endpoint:
    """One thread that serves all connections."""

    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers, self._delay = answers, delay
        self._later: deque[tuple[float, Connection, bytes]] = deque()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self.port = self._listener.getsockname()[1]
        self.writing: set[Connection] = set()
        """The connections on which items were written."""

    def serve(self) -> None:
        """Serves until standard input closes, and never sleeps.

        Waking up another core costs more than sending, and the client would pay for it; and a selector wakes up late.
        """
        while True:
            self._send_due()
            for key, events in self._selector.select(0):
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif events & selectors.EVENT_WRITE:
                    self._send(key.data)
                else:
                    self._receive(key.data)

    def _send_due(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, connection, message = self._later.popleft()
            connection.put(message)
            self._send(connection)

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(sock, selectors.EVENT_READ, Connection(sock, self._answers.to))

    def _receive(self, connection: Connection) -> None:
        answers = connection.receive()
        if answers is None:
            self._selector.unregister(connection.sock)
            connection.sock.close()
            return
        if connection.writes:
            self.writing.add(connection)
        for message in answers:
            if self._delay:
                self._later.append((time.monotonic() + self._delay, connection, message))
            else:
                connection.put(message)
                self._send(connection)

    def _send(self, connection: Connection) -> None:
        if connection.sock.fileno() < 0:
            return  # the peer has disconnected
        events = selectors.EVENT_READ if connection.send() else selectors.EVENT_WRITE
        if self._selector.get_key(connection.sock).events != events:
            self._selector.modify(connection.sock, events, connection)


def main() -> None:
    """Serves, on the last core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--items", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process, which closes standard input
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    endpoint = Endpoint(Answers(options.folder, options.items), options.delay)
    print(endpoint.port, flush=True)
    endpoint.serve()
    print(len(endpoint.writing))


if __name__ == "__main__":
    main()
