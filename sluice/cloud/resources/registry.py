"""Which function creates which resource type."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.recording import Created
from sluice.cloud.resources.inputs import Inputs

Creator = Callable[[Cloud, str, Inputs], Created]

_SERVICES = ("dynamodb", "events", "functions", "iam", "monitoring", "s3", "scheduler", "ses", "sqs")
_CREATORS: dict[str, Creator] = {}


class UnsupportedError(Exception):
    """The embedded cloud cannot create what the program asks for."""


def creates(token: str) -> Callable[[Creator], Creator]:
    """Marks the function that creates a type, such as `aws:s3/bucket:Bucket`."""

    def register(creator: Creator) -> Creator:
        _CREATORS[token] = creator
        return creator

    return register


def create(cloud: Cloud, token: str, name: str, values: Mapping[str, Any]) -> Created:
    """Creates a resource.

    Args:
        cloud: where.
        token: its type.
        name: its logical name.
        values: its inputs in wire form.

    Raises:
        UnsupportedError: the type, or one of the inputs, is not known here.
    """
    for service in _SERVICES:
        importlib.import_module(f"sluice.cloud.resources.{service}")
    if token not in _CREATORS:
        raise UnsupportedError(
            "the embedded cloud cannot create this type: docs/embedded-cloud.md of Sluice lists those that it can"
        )
    inputs = Inputs(values)
    created = _CREATORS[token](cloud, name, inputs)
    untaken = sorted(inputs.untaken())
    if untaken:
        raise UnsupportedError(
            f"the embedded cloud does not know the input {', '.join(untaken)}: "
            "docs/embedded-cloud.md of Sluice lists those that it knows"
        )
    return created
