"""Connecting ends in time, whatever a host's addresses do."""

import socket
import subprocess
import sys
import time

import pytest

from handlers.shared.aws import sockets


def addresses(monkeypatch, *ports: int) -> None:
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def refusing():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return gone.getsockname()[1]


class Clock:
    """Time passes only while somebody waits for an address that says nothing."""

    def __init__(self):
        self.now = 100.0
        self.waits: list[float] = []

    def silent_socket(self, *_):
        clock = self

        class Silent:
            def settimeout(self, seconds):
                clock.waits.append(seconds)

            def connect(self, address):
                clock.now += clock.waits[-1]
                raise TimeoutError("timed out")

            def close(self):
                pass

        return Silent()


def test_the_next_address_is_tried_where_one_refuses(monkeypatch, listener, refusing):
    port = listener.getsockname()[1]
    addresses(monkeypatch, refusing, port)
    with sockets.connect("host", 443, time.monotonic() + 5, tls=False) as sock:
        assert sock.getpeername()[1] == port


def test_the_last_refusal_is_the_reason(monkeypatch, refusing):
    addresses(monkeypatch, refusing, refusing)
    with pytest.raises(ConnectionRefusedError):
        sockets.connect("host", 443, time.monotonic() + 5, tls=False)


def test_addresses_that_say_nothing_share_the_time(monkeypatch):
    clock = Clock()
    addresses(monkeypatch, 1, 2, 3)
    monkeypatch.setattr(socket, "socket", clock.silent_socket)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    with pytest.raises(TimeoutError):
        sockets.connect("host", 443, 103.0, tls=False)
    assert clock.waits == pytest.approx([1.0, 1.0, 1.0])
    assert clock.now == pytest.approx(103.0)


def test_a_host_without_addresses_is_named(monkeypatch):
    addresses(monkeypatch)
    with pytest.raises(OSError, match="host has no address"):
        sockets.connect("host", 443, time.monotonic() + 5, tls=False)


def test_a_time_that_is_over_is_still_a_timeout():
    assert sockets.seconds_left(time.monotonic() - 5) == 0.001


def test_a_name_in_ascii_needs_no_idna(listener):
    code = (
        "import sys, time; from handlers.shared.aws import sockets\n"
        f"sockets.connect('localhost', {listener.getsockname()[1]}, time.monotonic() + 30, tls=False).close()\n"
        "print('encodings.idna' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "False\n"
