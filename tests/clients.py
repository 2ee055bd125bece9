"""Clients of boto3 for tests: of the embedded cloud, of a proxy before it, or of moto."""

import functools
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-north-1"


def client(
    service: Any,
    endpoint: str | None = None,
    *,
    key: str = "test",
    secret: str = "test",
    config: Config | None = None,
) -> Any:
    """Returns a new client; without a key of its own it is root's, whose signatures are not checked."""
    return boto3.Session(key, secret, region_name=REGION).client(service, endpoint_url=endpoint, config=config)


@functools.cache
def moto_client(service: str) -> Any:
    """Returns a client that works while `mock_aws` does; made once a process, for that takes longer than a test."""
    return client(service)


def table(endpoint: str, name: str) -> Any:
    """Returns a table, as users of boto3 see it."""
    session: Any = boto3.Session("test", "test", region_name=REGION)
    return session.resource("dynamodb", endpoint_url=endpoint).Table(name)
