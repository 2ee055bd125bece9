"""The functions that create, change and delete the resources of each type."""

import importlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name

Creator = Callable[[Cloud, Name, Inputs], Created]
Updater = Callable[[Cloud, str, Inputs], None]
"""Changes the resource with an id."""
Deleter = Callable[[Cloud, str], None]
"""Deletes the resource with an id."""

_SERVICES = ("dynamodb", "events", "functions", "iam", "monitoring", "route53", "s3", "scheduler", "ses", "sqs")
_CREATORS: dict[str, Creator] = {}
_FIXED: dict[str, frozenset[str]] = {}
"""Types that are changed by the function that creates them -> the inputs that identify the resource."""
_UPDATERS: dict[str, tuple[Updater, frozenset[str]]] = {}
_DELETERS: dict[str, Deleter] = {}


class UnsupportedError(Exception):
    """The embedded cloud cannot create a resource of the program."""


def creates(token: str, fixed: Collection[str] | None = None) -> Callable[[Creator], Creator]:
    """Marks the function that creates a type, such as `aws:s3/bucket:Bucket`.

    Args:
        token: The type.
        fixed: If the function changes an existing resource when it is called again: the inputs that identify it.
    """

    def register(creator: Creator) -> Creator:
        _CREATORS[token] = creator
        if fixed is not None:
            _FIXED[token] = frozenset(fixed)
        return creator

    return register


def updates(token: str, *names: str) -> Callable[[Updater], Updater]:
    """Marks the function that changes these inputs of a type in place."""

    def register(updater: Updater) -> Updater:
        _UPDATERS[token] = (updater, frozenset(names))
        return updater

    return register


def deletes(token: str) -> Callable[[Deleter], Deleter]:
    """Marks the function that deletes a type which holds no data."""

    def register(deleter: Deleter) -> Deleter:
        _DELETERS[token] = deleter
        return deleter

    return register


def create(cloud: Cloud, token: str, name: Name, values: Mapping[str, Any]) -> Created:
    """Creates a resource.

    Args:
        cloud: where.
        token: its type.
        name: its name in the program.
        values: its inputs in wire form.

    Raises:
        UnsupportedError: the type, or one of the inputs, is not known here.
    """
    _load()
    if token not in _CREATORS:
        raise UnsupportedError(
            "the embedded cloud cannot create this type: docs/embedded-cloud.md of Sluice lists those that it can"
        )
    inputs = Inputs(values)
    created = _CREATORS[token](cloud, name, inputs)
    _refuse_untaken(inputs)
    return created


def can_update(token: str, names: Collection[str]) -> bool:
    """Whether these inputs of a type can be changed in place."""
    _load()
    if token in _FIXED:
        return _FIXED[token].isdisjoint(names)
    return token in _UPDATERS and _UPDATERS[token][1].issuperset(names)


def update(cloud: Cloud, token: str, name: Name, id_: str, values: Mapping[str, Any], names: Collection[str]) -> None:
    """Changes inputs of a resource in place, see `can_update`.

    Args:
        cloud: where.
        token: its type.
        name: its name in the program.
        id_: its id.
        values: its inputs in wire form.
        names: the names of the inputs that changed.

    Raises:
        UnsupportedError: one of the inputs is not known here.
    """
    if token in _FIXED:
        create(cloud, token, name, values)
    else:
        # Inputs that the program no longer sets go back to their defaults, which the updater knows.
        inputs = Inputs({name: values.get(name) for name in names})
        _UPDATERS[token][0](cloud, id_, inputs)
        _refuse_untaken(inputs)


def can_delete(token: str) -> bool:
    """Whether the resources of a type can be deleted while others run: those that hold data cannot."""
    _load()
    return token in _DELETERS


def delete(cloud: Cloud, token: str, id_: str) -> None:
    """Deletes a resource, see `can_delete`."""
    _DELETERS[token](cloud, id_)


def _load() -> None:
    for service in _SERVICES:
        importlib.import_module(f"sluice.cloud.resources.{service}")


def _refuse_untaken(inputs: Inputs) -> None:
    if untaken := sorted(inputs.untaken()):
        raise UnsupportedError(
            f"the embedded cloud does not know the input {', '.join(untaken)}: "
            "docs/embedded-cloud.md of Sluice lists those that it knows"
        )
