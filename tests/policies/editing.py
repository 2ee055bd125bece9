"""Edits of a recorded stack: what somebody might change in the program, one thing at a time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from policies.model import Resource, Stack

Edit = Callable[[Stack], Stack]


def put(type_: str, name: str, path: str, value: Any) -> Edit:
    """Sets the input at a dotted path; None takes it away."""

    def edit(resource: Resource) -> Resource:
        return replace(resource, inputs=_put(resource.inputs, path.split("."), value))

    return _one(type_, name, edit)


def option(type_: str, name: str, **options: Any) -> Edit:
    """Sets what a resource is beside its inputs, such as `protected`."""
    return _one(type_, name, lambda resource: replace(resource, **options))


def statement(type_: str, name: str, sid: str, **members: Any) -> Edit:
    """Sets members of one statement of a policy document; without any the statement goes."""

    def edit(resource: Resource) -> Resource:
        member = "assumeRolePolicy" if "assumeRolePolicy" in resource.inputs else "policy"
        document = json.loads(resource.inputs[member])
        assert any(each["Sid"] == sid for each in document["Statement"]), f"{name} has no statement {sid}"
        document["Statement"] = [
            {**each, **members} if each["Sid"] == sid else each
            for each in document["Statement"]
            if each["Sid"] != sid or members
        ]
        for each in document["Statement"]:
            for key in [key for key, value in each.items() if value is None]:
                del each[key]
        return replace(resource, inputs={**resource.inputs, member: json.dumps(document)})

    return _one(type_, name, edit)


def drop(type_: str, name: str) -> Edit:
    """Takes a resource out."""

    def edit(stack: Stack) -> Stack:
        gone = found(stack, type_, name)
        return Stack(stack.environment, [resource for resource in stack.resources if resource != gone])

    return edit


def add(type_: str, name: str, **inputs: Any) -> Edit:
    """Puts a resource in."""
    made = Resource(f"urn:{type_}::{name}", type_, name, inputs, frozenset({f"{name}-id"}))
    return lambda stack: Stack(stack.environment, [*stack.resources, made])


def found(stack: Stack, type_: str, name: str) -> Resource:
    """The resource of a type and name."""
    (resource,) = [resource for resource in stack.of_type(type_) if resource.name == name]
    return resource


def _one(type_: str, name: str, edit: Callable[[Resource], Resource]) -> Edit:
    def all_with_it(stack: Stack) -> Stack:
        before = found(stack, type_, name)
        after = edit(before)
        assert after != before, f"{name} is as it was"
        return Stack(stack.environment, [after if each == before else each for each in stack.resources])

    return all_with_it


def _put(inputs: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    name, *rest = path
    if rest:
        return {**inputs, name: _put(inputs.get(name) or {}, rest, value)}
    others = {key: held for key, held in inputs.items() if key != name}
    return others if value is None else {**others, name: value}
