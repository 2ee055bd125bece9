"""The input and output of rules: a stack's resources in a neutral form, and violations.

Both the graph that a test records and the arguments of Pulumi's policy SDK are mapped to this form.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class _Unknown:
    """A value that AWS determines later: it is true, contains whatever is looked for in it, and yields nothing.

    That it is true must not cause a violation: the provider may still compute no value for it.
    """

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, member: object) -> bool:
        return True

    def get(self, _name: str) -> "_Unknown":
        """Returns a member, which is not known either."""
        return self

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Resource:
    """A resource of a stack."""

    urn: str
    type: str
    """A type token such as `aws:sqs/queue:Queue`."""
    name: str
    """The logical name."""
    inputs: Mapping[str, Any]
    """The inputs in wire form: camelCase names; values that are not known yet are `UNKNOWN`."""
    handles: frozenset[str] = frozenset()
    """The values that other resources refer to it by: its id, ARN, physical name, URL."""
    dependencies: frozenset[str] = frozenset()
    """URNs of its dependencies."""
    protected: bool = False
    """Whether Pulumi refuses to delete it."""
    retained: bool | None = None
    """Whether it is kept when the stack is destroyed; None where that cannot be seen."""

    def value(self, *path: str) -> Any:
        """Returns the input at a path; None where there is none, `UNKNOWN` where it is not known yet."""
        value: Any = self.inputs
        for name in path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def document(self, name: str) -> dict[str, Any]:
        """Returns the JSON object in an input's text; an empty one where there is none, or it is not known yet."""
        text = self.value(name)
        return json.loads(text) if isinstance(text, str) and text else {}

    @property
    def arn(self) -> str | None:
        """The ARN; None where it has none, or it is not known yet. Of several (a table and its stream) the shortest."""
        return min((handle for handle in self.handles if handle.startswith("arn:")), key=len, default=None)


@dataclass(frozen=True)
class Stack:
    """All resources of an environment."""

    environment: str
    """The stack's name, such as `prod`."""
    resources: Sequence[Resource]
    _by_type: dict[str, list[Resource]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for resource in self.resources:
            self._by_type.setdefault(resource.type, []).append(resource)

    def of_type(self, *types: str) -> list[Resource]:
        """Returns the resources of some types."""
        return [resource for token in types for resource in self._by_type.get(token, [])]

    def referring(self, target: Resource, type_: str, *path: str) -> list[Resource]:
        """Returns the resources of a type whose input at a path is the target's id, ARN, name or URL."""
        return [other for other in self.of_type(type_) if refers(other, other.value(*path), target)]

    def target(self, resource: Resource, type_: str, *path: str) -> Resource | None:
        """Returns the resource of a type that the input at a path refers to; None where there is none."""
        return self.meant(resource, resource.value(*path), type_)

    def meant(self, resource: Resource, value: Any, *types: str) -> Resource | None:
        """Returns the resource of some types that a value among a resource's inputs refers to."""
        return next((other for other in self.of_type(*types) if refers(resource, value, other)), None)


def may_be(value: Any, *values: Any) -> bool:
    """Returns whether a value is one of these, or not known yet: rules report known values only."""
    return value is UNKNOWN or value in values


def may_hold(values: Any, member: Any) -> bool:
    """Returns whether a list has a member, or the list or one of its members is not known yet."""
    return values is UNKNOWN or any(may_be(value, member) for value in values or ())


def refers(resource: Resource, value: Any, target: Resource) -> bool:
    """Returns whether a value among a resource's inputs names the target; if it is unknown, dependencies decide."""
    if value is UNKNOWN:
        return target.urn in resource.dependencies
    return value in target.handles


class Violation(NamedTuple):
    """A resource that violates a rule, and the remedy."""

    resource: Resource
    rule: str
    remedy: str
    """One line."""

    def __str__(self) -> str:
        return f"{self.resource.type} {self.resource.name}: {self.rule}: {self.remedy}"


ResourceCheck = Callable[[Resource], Iterator[str]]
StackCheck = Callable[[Stack], Iterator[tuple[Resource, str]]]


@dataclass(frozen=True)
class ResourceRule:
    """A rule about a single resource, so that Pulumi can refuse the resource before it is made."""

    name: str
    description: str
    types: Collection[str]
    """The types that it applies to; empty: all."""
    check: ResourceCheck
    """Yields a remedy for each mistake."""

    def violations(self, stack: Stack) -> Iterator[Violation]:
        """Yields all violations of a stack."""
        for resource in stack.resources:
            yield from self.of(resource)

    def of(self, resource: Resource) -> Iterator[Violation]:
        """Yields the violations of one resource."""
        if not self.types or resource.type in self.types:
            yield from (Violation(resource, self.name, remedy) for remedy in self.check(resource))


@dataclass(frozen=True)
class StackRule:
    """A rule about a stack as a whole."""

    name: str
    description: str
    check: StackCheck
    """Yields the resource and a remedy for each mistake."""

    def violations(self, stack: Stack) -> Iterator[Violation]:
        """Yields all violations of a stack."""
        yield from (Violation(resource, self.name, remedy) for resource, remedy in self.check(stack))


Rule = ResourceRule | StackRule


def resource_rule(name: str, description: str, *types: str) -> Callable[[ResourceCheck], ResourceRule]:
    """Makes a rule from a function that checks a resource of one of the types."""
    return lambda check: ResourceRule(name, description, frozenset(types), check)


def stack_rule(name: str, description: str) -> Callable[[StackCheck], StackRule]:
    """Makes a rule from a function that checks a stack."""
    return lambda check: StackRule(name, description, check)
