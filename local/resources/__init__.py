"""How each resource type of the program is created through its AWS API: what the provider's binary does, for the embedded cloud.

One module a service; each function creates one type and returns its id and outputs. A type that is not here, and an input
that a function does not take, are errors: nothing that the program asks for is skipped.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

from local.recording import Created
from local.resources.naming import physical_name

Creator = Callable[["Cloud", str, "Inputs"], Created]

_CREATORS: dict[str, Creator] = {}
_SERVICES = ("dynamodb", "functions", "iam", "monitoring", "s3", "scheduler", "ses", "sqs")


class UnsupportedError(Exception):
    """The embedded cloud cannot create what the program asks for."""


class Cloud:
    """Clients of the embedded cloud, in one region, as its root user."""

    def __init__(self, endpoint: str, region: str, functions_endpoint: str | None = None) -> None:
        self.endpoint, self.region, self.functions_endpoint = endpoint, region, functions_endpoint
        self._session: Any = boto3.Session("test", "test", region_name=region)
        self.client = functools.cache(self._client)
        self.account: str = self.client("sts").get_caller_identity()["Account"]

    def _client(self, service: str) -> Any:
        style = Config(s3={"addressing_style": "path"}, retries={"mode": "standard"})
        return self._session.client(service, endpoint_url=self.endpoint, config=style)


class Inputs:
    """The inputs of one resource; used in a `with` block, at whose end each must have been taken."""

    def __init__(self, token: str, values: Mapping[str, Any]) -> None:
        self._token, self._left = token, {name: whole(value) for name, value in values.items()}

    def take(self, name: str, default: Any = None) -> Any:
        """The value of an input, or the default where it was left out."""
        value = self._left.pop(name, None)
        return default if value is None else value

    def rest(self) -> dict[str, Any]:
        """All inputs that were not taken yet, as arguments of an AWS API, which refuses those that it does not know."""
        left, self._left = self._left, {}
        return {_pascal(name): pascal(value) for name, value in left.items()}

    def __enter__(self) -> "Inputs":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._left:
            raise UnsupportedError(
                f"the embedded cloud does not know {', '.join(sorted(self._left))} of {self._token}: "
                "add what it means to local/resources"
            )


def creates(token: str) -> Callable[[Creator], Creator]:
    """Marks the function that creates a type."""

    def register(creator: Creator) -> Creator:
        _CREATORS[token] = creator
        return creator

    return register


def create(cloud: Cloud, token: str, name: str, inputs: Mapping[str, Any]) -> Created:
    """Creates a resource.

    Args:
        cloud: where.
        token: its type, such as `aws:s3/bucket:Bucket`.
        name: its logical name.
        inputs: its inputs in wire form.

    Raises:
        UnsupportedError: the type, or one of the inputs, is not known here.
    """
    for service in _SERVICES:
        importlib.import_module(f"local.resources.{service}")
    if token not in _CREATORS:
        raise UnsupportedError(f"the embedded cloud cannot create {token} ({name}): add it to local/resources")
    with Inputs(token, inputs) as taken:
        return _CREATORS[token](cloud, name, taken)


def whole(value: Any) -> Any:
    """Numbers come over the wire as floats; AWS wants integers where they are whole."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


def pascal(value: Any) -> Any:
    """Nested inputs with their names as AWS APIs spell them: `onFailure` -> `OnFailure`."""
    if isinstance(value, dict):
        return {_pascal(name): pascal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [pascal(item) for item in value]
    return value


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def tag_list(inputs: Inputs) -> list[dict[str, str]]:
    """The tags as most APIs want them."""
    return [{"Key": key, "Value": value} for key, value in inputs.take("tags", {}).items()]


__all__ = [
    "Cloud",
    "Created",
    "Inputs",
    "UnsupportedError",
    "create",
    "creates",
    "pascal",
    "physical_name",
    "tag_list",
    "whole",
]
