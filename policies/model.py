"""What rules look at: a stack's resources in a neutral form, and what they say of them.

Both the graph that a test records and the arguments of Pulumi's policy SDK are mapped to this form.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class _Unknown:
    """A value that only AWS can say, later: it is true, holds whatever is looked for in it, and yields nothing.

    That it is true must not count as a reason to blame: the provider may still compute nothing for it.
    """

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, member: object) -> bool:
        return True

    def get(self, _name: str) -> "_Unknown":
        """Returns what it holds, which is not known either."""
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
    """In wire form: camelCase names; values that are not known yet are `UNKNOWN`."""
    handles: frozenset[str] = frozenset()
    """What others refer to it by: its id, ARN, physical name, URL."""
    dependencies: frozenset[str] = frozenset()
    """URNs of what it depends on."""
    protected: bool = False
    """Whether Pulumi refuses to delete it."""
    retained: bool | None = None
    """Whether it is kept when the stack goes; None where that cannot be seen."""

    def value(self, *path: str) -> Any:
        """Returns the input at a path; None where there is none, `UNKNOWN` where it is not known yet."""
        value: Any = self.inputs
        for name in path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def document(self, name: str) -> dict[str, Any]:
        """Returns the JSON object that an input holds as text; an empty one where there is none, or none known yet."""
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
        """Returns what the input at a path refers to, among the resources of a type; None where there is none."""
        return self.meant(resource, resource.value(*path), type_)

    def meant(self, resource: Resource, value: Any, *types: str) -> Resource | None:
        """Returns what a value among the inputs of a resource refers to, among the resources of some types."""
        return next((other for other in self.of_type(*types) if refers(resource, value, other)), None)


def may_be(value: Any, *values: Any) -> bool:
    """Says whether a value is one of some, or not known yet: rules blame for what is known only."""
    return value is UNKNOWN or value in values


def may_hold(values: Any, member: Any) -> bool:
    """Says whether a list has a member, or it or one of its members is not known yet."""
    return values is UNKNOWN or any(may_be(value, member) for value in values or ())


def refers(resource: Resource, value: Any, target: Resource) -> bool:
    """Says whether a value among the inputs of a resource names the target; of an unknown one dependencies tell."""
    if value is UNKNOWN:
        return target.urn in resource.dependencies
    return value in target.handles


class Violation(NamedTuple):
    """A resource that breaks a rule, and the way out."""

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
    """A rule that needs no more than one resource, so that Pulumi can refuse it before it is made."""

    name: str
    description: str
    types: Collection[str]
    """The types that it is about; empty: all."""
    check: ResourceCheck
    """Yields a remedy for each mistake."""

    def violations(self, stack: Stack) -> Iterator[Violation]:
        """Gives all violations of a stack."""
        for resource in stack.resources:
            yield from self.of(resource)

    def of(self, resource: Resource) -> Iterator[Violation]:
        """Gives the violations of one resource."""
        if not self.types or resource.type in self.types:
            yield from (Violation(resource, self.name, remedy) for remedy in self.check(resource))


@dataclass(frozen=True)
class StackRule:
    """A rule over a stack as a whole."""

    name: str
    description: str
    check: StackCheck
    """Yields the resource and a remedy for each mistake."""

    def violations(self, stack: Stack) -> Iterator[Violation]:
        """Gives all violations of a stack."""
        yield from (Violation(resource, self.name, remedy) for resource, remedy in self.check(stack))


Rule = ResourceRule | StackRule


def resource_rule(name: str, description: str, *types: str) -> Callable[[ResourceCheck], ResourceRule]:
    """Makes a rule of a function over a resource of one of the types."""
    return lambda check: ResourceRule(name, description, frozenset(types), check)


def stack_rule(name: str, description: str) -> Callable[[StackCheck], StackRule]:
    """Makes a rule of a function over a stack."""
    return lambda check: StackRule(name, description, check)
