"""The rules that every program of ours keeps, besides those of `policies`, over the whole graph of what it registered.

Plain mocks accept nearly everything; these rules do not. Each mistake is one line: the resource, the rule, the remedy.
"""

import json
from collections.abc import Iterator
from typing import Any

from pulumi import Archive
from pulumi.output import Unknown

from sluice.cloud.program.graph import Graph, Resource
from sluice.cloud.program.recording import STACK_TYPE
from sluice.cloud.program.schema import mistakes

_FUNCTION = "aws:lambda/function:Function"
_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_ROLE = "aws:iam/role:Role"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_POLICY_INPUTS = ("policy", "assumeRolePolicy", "redrivePolicy", "redriveAllowPolicy")


def violations(graph: Graph) -> list[str]:
    """All mistakes of a graph."""
    found = [f"{urn}: registered twice; give one of them another name" for urn in graph.duplicates]
    for resource in graph.resources.values():
        if resource.type != STACK_TYPE:
            found += [f"{resource.type} {resource.name}: {mistake}" for mistake in _violations(graph, resource)]
    return found


def differences(preview: Graph, update: Graph) -> list[str]:
    """What a preview registers in another way than the update that follows it."""
    found = [
        f"{urn}: registered in {where} only; register the same whatever pulumi.runtime.is_dry_run() says"
        for urns, where in (
            (preview.resources.keys() - update.resources.keys(), "a preview"),
            (update.resources.keys() - preview.resources.keys(), "an update"),
        )
        for urn in sorted(urns)
    ]
    for urn in preview.resources.keys() & update.resources.keys():
        one, other = preview.resources[urn], update.resources[urn]
        changed = [part for part in ("parent", "options", "dependencies") if getattr(one, part) != getattr(other, part)]
        if not _may_become(one.inputs, other.inputs):
            changed.append("inputs")
        if changed:
            found.append(
                f"{urn}: a preview registers other {', '.join(changed)} than an update; "
                "let them depend on settings and outputs only"
            )
    return found


def _may_become(previewed: Any, updated: Any) -> bool:
    """Whether a value of a preview, in which some things are unknown, is that of the update."""
    if isinstance(previewed, Unknown):
        return True
    if isinstance(previewed, dict) and isinstance(updated, dict):
        return previewed.keys() == updated.keys() and all(
            _may_become(value, updated[name]) for name, value in previewed.items()
        )
    if isinstance(previewed, list) and isinstance(updated, list):
        return len(previewed) == len(updated) and all(map(_may_become, previewed, updated))
    if isinstance(previewed, Archive) and isinstance(updated, Archive):
        return vars(previewed) == vars(updated)
    return previewed == updated


def _violations(graph: Graph, resource: Resource) -> Iterator[str]:
    parent = graph.resources.get(resource.parent)
    if parent is None:
        yield "has no parent; register it within the program's stack"
    elif resource.custom and parent.type == STACK_TYPE:
        yield "has no component as parent; pass ResourceOptions(parent=self)"
    elif parent.type != STACK_TYPE and not f"{resource.name}-".startswith(f"{parent.name}-"):
        yield f'is not named after its parent {parent.name}; name it f"{{name}}-suffix"'
    yield from _custom_violations(graph, resource) if resource.custom else _component_violations(resource)


def _component_violations(component: Resource) -> Iterator[str]:
    if not component.outputs:
        yield "registers no outputs; call register_outputs with what others use, once and last"


def _custom_violations(graph: Graph, resource: Resource) -> Iterator[str]:
    yield from (f"input {mistake}" for mistake in mistakes(resource.type, resource.inputs))
    for name in _POLICY_INPUTS:
        if isinstance(resource.inputs.get(name), str):
            yield from _policy_violations(name, resource.inputs[name])
    if resource.type == _MAPPING and not _follows_its_policy(graph, resource):
        yield "does not depend on its role's policy; pass depends_on=[function.policy], or AWS may refuse it"


def _policy_violations(name: str, text: str) -> Iterator[str]:
    try:
        document = json.loads(text)
    except ValueError:
        yield f"input {name}: is no JSON; make it with policy_document"
        return
    for path in _holes(document, name):
        yield f"input {path}: is empty, so AWS refuses the policy; give the output of a resource that has one"


def _holes(value: Any, path: str) -> Iterator[str]:
    """Where a document has null or nothing."""
    if value is None or value in ("", [], {}):
        yield path
    elif isinstance(value, dict):
        for name, held in value.items():
            yield from _holes(held, f"{path}.{name}")
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from _holes(held, f"{path}[{index}]")


def _follows_its_policy(graph: Graph, mapping: Resource) -> bool:
    """Whether a mapping depends on a policy of the role that its function has."""

    def behind(resource: Resource, token: str) -> list[Resource]:
        return [graph.resources[urn] for urn in resource.dependencies if graph.resources[urn].type == token]

    roles = {role.urn for function in behind(mapping, _FUNCTION) for role in behind(function, _ROLE)}
    return any(roles & policy.dependencies for policy in behind(mapping, _ROLE_POLICY))
