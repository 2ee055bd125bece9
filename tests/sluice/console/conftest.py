"""What tests of the console use that need no cloud: a console without pipelines, served, and what asks it."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from sluice.console.console import Console
from sluice.console.feed import Feed
from sluice.console.serving import Server
from sluice.target import Target


@dataclass
class Answer:
    """What the console answered."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Client:
    """What a browser, or somebody else, asks of a console."""

    server: Server
    cookie: str = ""
    folder: str = ""

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """Asks with these headers alone, their underscores as dashes; of a header without a value, none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()

    def enter(self) -> Answer:
        """Opens the first address, and keeps what it gives."""
        first = urlsplit(self.server.address)
        answer = self.ask(f"/?{first.query}")
        self.cookie, self.folder = answer.headers["set-cookie"].partition(";")[0], answer.headers["location"]
        return answer

    def read(self, page: str, **headers: str) -> Answer:
        """Asks for a page as a browser does whose user typed its address."""
        return self.ask(self.folder + page, **{"Cookie": self.cookie, "Sec_Fetch_Site": "none", **headers})

    def write(self, page: str, body: str, **headers: str) -> Answer:
        """Sends a form as a page of the console does."""
        own = {"Cookie": self.cookie, "Sec_Fetch_Site": "same-origin", "Origin": f"http://127.0.0.1:{self.server.port}"}
        return self.ask(self.folder + page, "POST", body, **(own | headers))


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Client]]:
    """`serve(target)`: a client that was let into a console for it, by default for a stack without pipelines."""
    servers: list[Server] = []

    def make(target: Target | None = None) -> Client:
        console = Console("local", target or Target({}, "http://127.0.0.1:9"), None, Feed())
        servers.append(Server(console).__enter__())
        client = Client(servers[-1])
        client.enter()
        return client

    yield make
    for server in servers:
        server.__exit__()


@pytest.fixture(scope="module")
def client(serve: Callable[..., Client]) -> Client:
    """One of a stack without pipelines."""
    return serve()
