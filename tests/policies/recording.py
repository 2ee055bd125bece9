"""Recorded graphs in the form that rules look at."""

import functools
from collections.abc import Callable
from typing import Any

from pulumi.output import Unknown

from policies.model import UNKNOWN, Resource, Stack
from sluice.cloud.program.graph import Graph
from sluice.cloud.program.recording import Resource as Recorded
from tests.infra.reading import record, recorded

_HANDLES = ("arn", "bucket", "configurationSetName", "id", "name", "streamArn", "url", "uuid")


@functools.cache
def stack(name: str, *, preview: bool = False) -> Stack:
    """A stack of the checkout."""
    return neutral(recorded(name, preview=preview), name)


def built(build: Callable[[], None], environment: str = "prod") -> Stack:
    """The stack of a program that `build` is."""
    return neutral(record(build), environment)


def neutral(graph: Graph, environment: str) -> Stack:
    """A recorded graph as rules look at it: what AWS would add to the inputs is left out, but for names and ARNs."""
    return Stack(environment, [_neutral(made) for made in graph.resources.values() if made.custom])


def _neutral(made: Recorded) -> Resource:
    known = {"id": made.id, **made.inputs, **made.outputs}
    return Resource(
        urn=made.urn,
        type=made.type,
        name=made.name,
        inputs=_plain(made.inputs),
        handles=frozenset(known[name] for name in _HANDLES if isinstance(known.get(name), str) and known[name]),
        dependencies=made.dependencies,
        protected=bool(made.options.get("protect")),
        retained=bool(made.options.get("retain_on_delete")),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
