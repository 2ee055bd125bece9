"""Fixtures for tests of the fault proxy."""

import threading
from collections.abc import Iterator

import pytest

from sluice.cloud.faults.proxy import FaultProxy
from tests.sluice.cloud.faults.fakes import Cloud, Upstream


@pytest.fixture(scope="module")
def shared() -> Iterator[Cloud]:
    upstream = Upstream()
    thread = threading.Thread(target=upstream.serve_forever, args=(0.01,))
    thread.start()
    with FaultProxy(upstream.url, seed=1, credentials=("proxy", "secret")) as proxy:
        yield Cloud(upstream, proxy)
    upstream.shutdown()
    upstream.server_close()
    thread.join()


@pytest.fixture
def cloud(shared: Cloud) -> Iterator[Cloud]:
    shared.upstream.forget()
    yield shared
    shared.proxy.rules = []
