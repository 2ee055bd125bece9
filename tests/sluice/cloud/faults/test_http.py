"""What no rule concerns passes."""

import contextlib
import http.client
import io
import random
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sluice.cloud.faults.proxy import FaultProxy
from tests.sluice.cloud.faults.fakes import (
    AUTHORIZATION,
    Cloud,
    signed_head,
)


@contextlib.contextmanager
def _raw_exchange(sent: bytes, answer: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Sends bytes through a proxy to a bare socket; gives what came through in both directions."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        FaultProxy(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        socket.create_connection(("127.0.0.1", urlsplit(proxy.endpoint).port or 0), timeout=5) as client,
    ):
        listener.settimeout(5)
        client.sendall(sent)
        upstream, _ = listener.accept()
        with upstream:
            upstream.settimeout(5)
            arrived = b""
            while len(arrived) < len(sent):
                arrived += upstream.recv(65536)
            upstream.sendall(answer)
            received = b""
            while len(received) < len(answer):
                received += client.recv(65536)
        yield arrived, received


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(b"Content-Length: 5\r\n", b"hello", id="length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"5;a=b\r\nhello\r\n0\r\nx-end: 1\r\n\r\n", id="chunked"),
    ],
)
def test_requests_and_answers_pass_byte_for_byte(head: bytes, body: bytes) -> None:
    sent = b"PUT /b/k%20+?x-id=Put&a HTTP/1.1\r\nhOST: s3.example\r\nX-Odd:  two   spaces \r\n" + head + b"\r\n" + body
    answer = b'HTTP/1.1 201 Made  Up\r\neTag:"x"\r\n' + head + b"\r\n" + body
    with _raw_exchange(sent, answer) as (arrived, received):
        assert arrived == sent
        assert received == answer


def test_one_connection_serves_many_requests(cloud: Cloud) -> None:
    with contextlib.closing(cloud.connect()) as connection:
        for path in ("/1", "/2", "/3"):
            connection.request("POST", path, body=b"x")
            assert connection.getresponse().read() == b"{}"
    assert [path for _, path, _ in cloud.upstream.seen] == ["/1", "/2", "/3"]
    assert len(set(cloud.upstream.peers)) == 1


def test_an_upstream_that_closed_is_connected_to_anew(cloud: Cloud) -> None:
    cloud.upstream.closes = True
    with contextlib.closing(cloud.connect()) as connection:
        for _ in range(2):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"{}"
            while cloud.upstream.peers[-1] not in cloud.upstream.closed:
                time.sleep(0.001)
    assert len(set(cloud.upstream.peers)) == 2


def test_an_answer_to_head_has_no_body(cloud: Cloud) -> None:
    cloud.upstream.body = b"x" * 100
    with contextlib.closing(cloud.connect()) as connection:
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        assert (answer.headers["Content-Length"], answer.read()) == ("100", b"")
        connection.request("GET", "/")
        assert len(connection.getresponse().read()) == 100


def test_large_answers_pass(cloud: Cloud) -> None:
    cloud.upstream.body = random.Random(1).randbytes(3_000_000)
    for cloud.upstream.chunks in (False, True):
        with contextlib.closing(cloud.connect()) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().read() == cloud.upstream.body


@pytest.mark.parametrize("size", [5, 2_000_000])
def test_a_client_that_expects_100_continue_is_told_to_go_on(cloud: Cloud, size: int) -> None:
    body = random.Random(1).randbytes(size)
    with contextlib.closing(cloud.connect()) as connection:
        connection.putrequest("PUT", "/b/k")
        for name, value in {
            **signed_head("s3"),
            "Content-Length": str(size),
            "Expect": "100-continue",
        }.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.sock.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(body)
        assert connection.getresponse().read() == b"{}"
    assert cloud.upstream.seen == [("PUT", "/b/k", body)]


def test_a_file_of_the_sdk_arrives_whole(cloud: Cloud) -> None:
    cloud.upstream.body = b""
    body = random.Random(1).randbytes(2_000_000)
    cloud.client("s3").put_object(Bucket="b", Key="k", Body=io.BytesIO(body))
    assert cloud.upstream.seen == [("PUT", "/b/k", body)]


def test_a_large_object_passes_as_a_stream_and_can_be_refused_early() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        FaultProxy(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        contextlib.closing(http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc, timeout=5)) as client,
    ):
        listener.settimeout(5)
        client.putrequest("PUT", "/b/k")
        client.putheader("Authorization", AUTHORIZATION.format("s3"))
        client.putheader("Content-Length", str(100 * 1024 * 1024))
        client.endheaders(b"the first bytes")
        upstream, _ = listener.accept()
        with upstream:
            upstream.settimeout(5)
            arrived = b""
            while not arrived.endswith(b"the first bytes"):
                arrived += upstream.recv(65536)
            upstream.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (403, b"no")


@pytest.mark.parametrize("length", [100, 100_000])
def test_an_answer_that_the_upstream_breaks_off_is_broken_off(length: int) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        FaultProxy(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        contextlib.closing(http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc, timeout=5)) as client,
    ):
        listener.settimeout(5)
        client.request("GET", "/")
        upstream, _ = listener.accept()
        with upstream:
            upstream.recv(65536)
            upstream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nbegun" % length)
        with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)):
            client.getresponse().read()
