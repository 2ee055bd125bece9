"""Credentials of no one, scripted servers, and clients that talk to them."""

from collections.abc import Callable, Iterator

import pytest

from handlers.shared.aws import batch_writer, dynamodb, flight
from handlers.shared.aws.client import Client
from tests.handlers.shared.aws.scripted import Act, Server


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token/+=")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    for module in (batch_writer, flight):
        monkeypatch.setattr(module, "pause", lambda attempts: 0.001)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers with the acts given."""
    servers: list[Server] = []

    def start(*acts: bytes | Act) -> Server:
        servers.append(Server(*acts))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes DynamoDB clients of a server."""
    clients: list[Client] = []

    def make(server: Server, **options: float) -> Client:
        clients.append(dynamodb.connect(endpoint=server.url, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
