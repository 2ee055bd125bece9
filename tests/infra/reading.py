"""How tests make and read a recorded graph."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.operations import Operations
from sluice.cloud.program import execution
from sluice.cloud.program.execution import ROOT
from sluice.cloud.program.graph import Graph, Resource
from sluice.cloud.program.recording import STACK_TYPE, Recorder

REGION = "eu-north-1"
TAGS = {"project": "sluice", "environment": "test", "pipeline": "stream", "owner": "team"}
TOPIC = "arn:aws:sns:eu-north-1:123456789012:alarms"
OPERATIONS: Operations = {"tags": TAGS, "alarm_topic_arn": TOPIC}
PROTECTED: Operations = {**OPERATIONS, "protect": True, "tracing": True, "log_retention_days": 365}
HANDLER = "handlers.archiver.handler.handle"


@functools.cache
def recorded(stack: str, *, preview: bool = False, root: Path = ROOT) -> Graph:
    """Returns the graph of a stack as an update, or a preview, registers it; recorded once a process: do not alter it.

    Args:
        stack: its name.
        preview: what only AWS could say is unknown.
        root: the program's folder; another one's programs may refer to this checkout's stack of the same name.
    """
    beside = {} if root == ROOT else {execution.full_name(stack): outputs(recorded(stack))}
    recorder = Recorder(REGION, preview=preview, stacks=beside)
    execution.run(stack, recorder, preview=preview, root=root)
    return recorder.graph


def record(build: Callable[[], object], *, preview: bool = False) -> Graph:
    """Returns the graph of a program that `build` is, whatever it returns.

    Raises:
        Exception: what `build` raises, not what running a program makes of it.
    """

    def program() -> None:
        build()

    recorder = Recorder(REGION, preview=preview)
    try:
        execution.run("test", recorder, preview=preview, config={}, program=program)
    except execution.ProgramError as error:
        raise error.__cause__ or error from None
    return recorder.graph


def outputs(graph: Graph) -> dict[str, Any]:
    """Returns what the program exports."""
    (stack,) = graph.of_type(STACK_TYPE)
    return stack.outputs


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
