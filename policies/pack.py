"""The rules as policies of Pulumi's SDK: those about one resource run before it is made, the others at the end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies.model import UNKNOWN, Resource, ResourceRule, Rule, Stack, StackRule

_ADVISORY = frozenset({"local", "dev"})
_HANDLES = ("arn", "bucket", "configurationSetName", "id", "name", "streamArn", "url", "uuid")


def enforcement(stack: str) -> EnforcementLevel:
    """Returns advisory for stacks for experiments; mandatory for others, and where the stack is not known."""
    return EnforcementLevel.ADVISORY if stack in _ADVISORY else EnforcementLevel.MANDATORY


def policies(rules: Iterable[Rule]) -> list[Policy]:
    """Returns a policy for each rule."""
    return [_resource_policy(rule) if isinstance(rule, ResourceRule) else _stack_policy(rule) for rule in rules]


def _resource_policy(rule: ResourceRule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = _resource(args.urn, args.resource_type, args.name, args.props, args.opts.protect)
        for violation in rule.of(resource):
            report(str(violation), None)

    return ResourceValidationPolicy(rule.name, rule.description, validate)


def _stack_policy(rule: StackRule) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule.violations(_stack(args.resources)):
            report(str(violation), violation.resource.urn)

    return StackValidationPolicy(rule.name, rule.description, validate)


def _stack(resources: Sequence[PolicyResource]) -> Stack:
    """Returns the stack in the rules' form; its name is part of every URN (`urn:pulumi:<stack>::<project>::...`)."""
    name = resources[0].urn.split(":")[2] if resources else ""
    return Stack(name, [_of_stack(resource) for resource in resources])


def _of_stack(source: PolicyResource) -> Resource:
    dependencies = frozenset(other.urn for other in source.dependencies)
    resource = _resource(source.urn, source.resource_type, source.name, source.props, source.opts.protect, dependencies)
    dependent = {name for name, others in source.property_dependencies.items() if others}
    return replace(resource, inputs=registered(resource.inputs, dependent))


def registered(properties: Mapping[str, Any], dependent: Collection[str]) -> dict[str, Any]:
    """Returns the properties of a resource that rules check: those that the program set.

    In a preview the engine also shows values that the provider will compute as unknown. Those depend on no other
    resource, unlike unknown values that the program set.

    Args:
        properties: All properties that are shown; values that are not known yet are `UNKNOWN`.
        dependent: The names of those that depend on other resources.
    """
    return {
        name: value if name in dependent else _known(value)
        for name, value in properties.items()
        if name in dependent or value is not UNKNOWN
    }


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(member) for name, member in value.items() if member is not UNKNOWN}
    return [_known(member) for member in value if member is not UNKNOWN] if isinstance(value, list) else value


def _resource(
    urn: str,
    type_: str,
    name: str,
    properties: Mapping[str, Any],
    protected: bool,
    dependencies: frozenset[str] = frozenset(),
) -> Resource:
    inputs = _plain(properties)
    handles = frozenset(inputs[handle] for handle in _HANDLES if isinstance(inputs.get(handle), str))
    return Resource(urn, type_, name, inputs, handles, dependencies, protected)


def _plain(value: Any) -> Any:
    """Returns a value without Pulumi's guards, which raise on access to values that are not known yet."""
    if isinstance(value, Mapping):
        return {name: _guarded(value, name) for name in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_guarded(value, place) for place in range(len(value))]
    return value


def _guarded(value: Any, place: Any) -> Any:
    try:
        return _plain(value[place])
    except UnknownValueError:
        return UNKNOWN
