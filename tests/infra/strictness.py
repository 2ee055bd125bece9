"""The rules that every program of ours keeps, over the whole graph of what it registered.

Plain mocks accept nearly everything; these rules do not. Each mistake is one line: the resource, the rule, the remedy.
"""

from collections.abc import Iterator

from local.recording import STACK_TYPE, Graph, Resource
from local.schema import mistakes, properties

TAGS = frozenset({"project", "environment", "pipeline", "owner"})
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_NEED_PERMISSION = {"aws:lambda/eventSourceMapping:EventSourceMapping"}


def violations(graph: Graph) -> list[str]:
    """All mistakes of a graph."""
    found = [f"{urn}: registered twice; give one of them another name" for urn in graph.duplicates]
    for resource in graph.resources.values():
        if resource.type != STACK_TYPE:
            found += [f"{resource.type} {resource.name}: {mistake}" for mistake in _violations(graph, resource)]
    return found


def _violations(graph: Graph, resource: Resource) -> Iterator[str]:
    parent = graph.resources.get(resource.parent)
    if parent is None:
        yield "has no parent; register it within the program's stack"
    elif resource.custom and parent.type == STACK_TYPE:
        yield "has no component as parent; pass ResourceOptions(parent=self)"
    elif parent.type != STACK_TYPE and not resource.name.startswith(parent.name):
        yield f'is not named after its parent {parent.name}; name it f"{{name}}-suffix"'
    yield from _custom_violations(graph, resource) if resource.custom else _component_violations(resource)


def _component_violations(component: Resource) -> Iterator[str]:
    if not component.outputs:
        yield "registers no outputs; call register_outputs with what others use, once and last"


def _custom_violations(graph: Graph, resource: Resource) -> Iterator[str]:
    yield from (f"input {mistake}" for mistake in mistakes(resource.type, resource.inputs))
    if "tags" in properties(resource.type):
        missing = TAGS - (resource.inputs.get("tags") or {}).keys()
        if missing:
            yield f"lacks the tags {', '.join(sorted(missing))}; pass tags=operations.get('tags')"
    if resource.type in _NEED_PERMISSION:
        behind = {graph.resources[urn].type for urn in resource.dependencies}
        if _ROLE_POLICY not in behind:
            yield "does not depend on its role's policy; pass depends_on=[function.policy], or AWS may refuse it"
