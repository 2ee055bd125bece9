"""Credentials of no one, scripted servers, and clients that talk to them."""

from collections.abc import Callable, Iterator

import pytest

from handlers.shared.aws import batch_writer, flight
from handlers.shared.aws.client import Client
from tests.handlers.shared.aws.scripted import Server, clients, servers


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
    with servers() as start:
        yield start


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    with clients() as make:
        yield make
