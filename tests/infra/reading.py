"""How tests make and read a recorded graph."""

import json
from collections.abc import Callable
from typing import Any

from infra.operations import Operations
from sluice.cloud.program.execution import ProgramError
from sluice.cloud.program.recording import Graph, Resource
from tests import conftest

TAGS = {"project": "sluice", "environment": "test", "pipeline": "stream", "owner": "team"}
TOPIC = "arn:aws:sns:eu-north-1:123456789012:alarms"
OPERATIONS: Operations = {"tags": TAGS, "alarm_topic_arn": TOPIC}
PROTECTED: Operations = {**OPERATIONS, "protect": True, "tracing": True, "log_retention_days": 365}
HANDLER = "handlers.archiver.handler.handle"


def record(build: Callable[[], object], *, preview: bool = False) -> Graph:
    """The graph of a program that `build` is, whatever it returns.

    Raises:
        Exception: what `build` raises, not what running a program makes of it.
    """

    def program() -> None:
        build()

    try:
        return conftest.record(program, preview=preview)
    except ProgramError as error:
        raise error.__cause__ or error from None


def statements(resource: Resource, field: str = "policy") -> dict[str, Any]:
    """The statements of a policy document, by what they are for."""
    document = json.loads(resource.inputs[field])
    assert document["Version"] == "2012-10-17"
    return {statement.pop("Sid"): statement for statement in document["Statement"]}


def types(graph: Graph, parent: str) -> dict[str, str]:
    """The resources below a component, by name -> type."""
    (component,) = [r for r in graph.resources.values() if r.name == parent and not r.custom]
    return {child.name: child.type for child in graph.children(component.urn)}


def dependencies(graph: Graph, resource: Resource) -> set[str]:
    """The names of what a resource depends on."""
    return {graph.resources[urn].name for urn in resource.dependencies}
