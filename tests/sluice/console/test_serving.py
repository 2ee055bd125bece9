import socket
import time

import pytest

from sluice.console.serving import Server


def test_it_listens_on_the_loopback_interface_alone(client):
    assert client.server._socket.getsockname() == ("127.0.0.1", client.server.port)


def test_a_port_that_is_taken_is_refused(client):
    with pytest.raises(OSError):
        Server(None, client.server.port)


def test_nothing_is_left_when_it_ends_even_with_a_page_open(serve):
    client = serve()
    with socket.create_connection(("127.0.0.1", client.server.port)) as page:
        lines = [f"GET {client.folder}live HTTP/1.1", f"Host: 127.0.0.1:{client.server.port}"]
        lines += [f"Cookie: {client.cookie}", "Sec-Fetch-Site: same-origin", "", ""]
        page.sendall("\r\n".join(lines).encode())
        assert b"200 OK" in page.recv(1000)
        began = time.monotonic()
        client.server.__exit__()
        assert time.monotonic() - began < 5
    assert not client.server._thread.is_alive()
