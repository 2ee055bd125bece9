"""An HTTP server that misbehaves as it is told, byte by byte."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import Client


class Received:
    """A request as it arrived, and the number of the connection that it came on."""

    def __init__(self, head: bytes, connection: int):
        first, *lines = head.decode().split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self.body = b""
        self.connection = connection


Act = Callable[[socket.socket, Received], bool]


class Server:
    """Takes one act after the other, for each whole request that arrives; the last one is repeated.

    An act is bytes to answer, or a function of the socket and the request that returns whether the connection
    stays open.
    """

    def __init__(self, *acts: bytes | Act):
        self.acts = [*acts]
        self.received: list[Received] = []
        self.reset_at_once = 0  # so many connections are reset as they come
        self.connections = 0
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                if self.reset_at_once:
                    self.reset_at_once -= 1
                    _reset(sock)
                    continue
                self._open.append(sock)
                thread = threading.Thread(target=self._serve, args=(sock, self.connections))
                self._threads.append(thread)
                thread.start()

    def wrap(self, sock: socket.socket) -> socket.socket:
        return sock

    def _serve(self, sock: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), sock, self.wrap(sock) as sock:
            while True:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += _some(sock)
                head, _, start = data.partition(b"\r\n\r\n")
                received = Received(head, number)
                body = bytearray(start)
                while len(body) < int(received.headers.get("content-length", 0)):
                    body += _some(sock)
                received.body = bytes(body)
                with self._lock:
                    self.received.append(received)
                    act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                if isinstance(act, bytes):
                    sock.sendall(act)
                elif not act(sock, received):
                    return

    def close(self) -> None:
        with contextlib.suppress(OSError):  # closed before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 16)
    if not data:
        raise ConnectionError
    return data


def answer(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer; header names with underscores for dashes."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


def error(code: str, status: int = 400, message: str = "no", **headers: str) -> bytes:
    """An error of one of the JSON protocols."""
    body = f'{{"__type":"com.amazonaws.x#{code}","message":"{message}"}}'.encode()
    return answer(body, f"{status} Bad", x_amzn_requestid="R1", **headers)


def close(sock: socket.socket, received: Received) -> bool:
    """An act: the connection ends without an answer."""
    return False


def reset(sock: socket.socket, received: Received) -> bool:
    """An act: the connection is reset."""
    _reset(sock)
    return False


def then_close(data: bytes) -> Act:
    """An act: these bytes, then the end."""

    def act(sock: socket.socket, received: Received) -> bool:
        sock.sendall(data)
        return False

    return act


def silence(sock: socket.socket, received: Received) -> bool:
    """An act: no answer, while the connection stays open until the client or the test ends it."""
    sock.recv(1)
    return False


@contextlib.contextmanager
def servers() -> Iterator[Callable[..., Server]]:
    """Gives what starts servers with the acts given; they are closed at the end."""
    started: list[Server] = []

    def start(*acts: bytes | Act) -> Server:
        started.append(Server(*acts))
        return started[-1]

    yield start
    for server in started:
        server.close()


@contextlib.contextmanager
def clients() -> Iterator[Callable[..., Client]]:
    """Gives what makes clients of a server, DynamoDB's by default; they are closed at the end."""
    made: list[Client] = []

    def make(server: Server, service: Any = dynamodb, **options: float) -> Client:
        made.append(service.connect(endpoint=server.url, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
