"""Faults in place of the work and after it, and the end of the proxy."""

import contextlib
import http.client
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ConnectionClosedError, HTTPClientError

from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from tests.sluice.cloud.faults.fakes import (
    ARGUMENTS,
    Cloud,
    make_call,
    outcome,
    refusal,
    signed_head,
)


def test_an_upstream_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with FaultProxy(f"http://127.0.0.1:{port}") as proxy:
        with pytest.raises(urllib.error.HTTPError, match="502") as caught:
            urllib.request.urlopen(proxy.endpoint, timeout=5)
        with caught.value:
            assert f"nothing listens at 127.0.0.1:{port}" in caught.value.read().decode()


def test_an_upstream_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="upstream is 'https://example'; it has the form http://host:port"):
        FaultProxy("https://example")


def test_a_refused_stream_leaves_its_connection_usable(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("throttle", limit=1)]
    body = b"x" * 2_000_000
    with contextlib.closing(cloud.connect()) as connection:
        connection.request("PUT", "/b/k", body=body, headers=signed_head("s3"))
        refused = connection.getresponse()
        assert (refused.status, b"SlowDown" in refused.read()) == (503, True)
        connection.request("PUT", "/b/k", body=body, headers=signed_head("s3"))
        assert connection.getresponse().read() == b"{}"
    assert cloud.upstream.seen == [("PUT", "/b/k", body)]


@pytest.mark.parametrize(("after_work", "seen"), [(False, 0), (True, 1)])
def test_an_error_comes_in_place_of_the_work_or_after_it(cloud: Cloud, after_work: bool, seen: int) -> None:
    cloud.proxy.rules = [Rule("error", after_work=after_work)]
    assert outcome(refusal(cloud, "dynamodb", "GetItem"))[2] == 500
    assert len(cloud.upstream.seen) == seen


def test_a_dropped_request_never_reaches_the_service(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("drop")]
    with pytest.raises(ConnectionClosedError):
        make_call(cloud.client("dynamodb"), "GetItem", ARGUMENTS["dynamodb", "GetItem"])
    assert not cloud.upstream.seen


@pytest.mark.parametrize(
    ("body", "chunks"), [(b"{}", False), (b"", False), (b"1", False), (b"{}" * 99_000, False), (b"{}", True)]
)
def test_a_drop_after_the_work_cuts_the_answer(cloud: Cloud, body: bytes, chunks: bool) -> None:
    cloud.upstream.body, cloud.upstream.chunks = body, chunks
    cloud.proxy.rules = [Rule("drop", after_work=True)]
    with pytest.raises(HTTPClientError):
        make_call(cloud.client("dynamodb"), "GetItem", ARGUMENTS["dynamodb", "GetItem"])
    assert len(cloud.upstream.seen) == 1


@pytest.mark.parametrize(("after_work", "seen"), [(False, 0), (True, 1)])
def test_a_delay_comes_before_the_work_or_after_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, after_work: bool, seen: int
) -> None:
    waits: list[tuple[float, int]] = []

    async def sleep(seconds: float) -> None:
        waits.append((seconds, len(cloud.upstream.seen)))

    cloud.proxy.rules = [Rule("delay", seconds=30, after_work=after_work)]
    monkeypatch.setattr("sluice.cloud.faults.proxy.asyncio.sleep", sleep)
    make_call(cloud.client("dynamodb"), "GetItem", ARGUMENTS["dynamodb", "GetItem"])
    assert waits == [(30, seen)]
    assert len(cloud.upstream.seen) == 1


def test_rules_can_be_replaced_while_running(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("throttle")]
    refusal(cloud, "dynamodb", "GetItem")
    cloud.proxy.rules = []
    cloud.client("dynamodb").get_item(**ARGUMENTS["dynamodb", "GetItem"])


def _sockets(*ports: int) -> int:
    """How many sockets this process has open with one of these ports at either end."""
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the listing's own
            if not os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                continue
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(number))) as one:
            ends = [one.getsockname()]
            with contextlib.suppress(OSError):  # one that listens has no other end
                ends.append(one.getpeername())
            found += any(end[1] in ports for end in ends if isinstance(end, tuple))
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
def test_leaving_closes_everything_whatever_is_under_way(cloud: Cloud) -> None:
    upstream = urlsplit(cloud.upstream.url).port or 0
    before = _sockets(upstream)
    delayed = Rule("delay", seconds=600)
    with FaultProxy(cloud.upstream.url, [delayed]) as proxy:
        port = urlsplit(proxy.endpoint).port or 0
        idle, waiting, sending = (socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(3))
        waiting.sendall(b"GET / HTTP/1.1\r\n\r\n")
        sending.sendall(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
        while delayed.fired < 2:
            time.sleep(0.001)
    for client in (idle, waiting, sending):
        with client, contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert proxy._thread not in threading.enumerate()
    assert _sockets(port, upstream) <= before


def test_what_a_predicate_raises_is_raised_at_the_end(cloud: Cloud) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        FaultProxy(cloud.upstream.url, [Rule("drop", when=lambda request: 1 / 0 > 1)]) as proxy,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        urllib.request.urlopen(proxy.endpoint, timeout=5)
