"""Reads IAM policy documents from resources, and finds out what their statements allow."""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.model import UNKNOWN, Resource, Stack
from policies.resource_types import FUNCTION, ROLE, ROLE_POLICY

_DOCUMENTS = ("policy", "assumeRolePolicy", "resourcePolicy", "accessPolicy")
"""Inputs that hold a policy document."""


@dataclass(frozen=True)
class Statement:
    """One statement, with every member as a tuple."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    """Kind and value: `("Service", "lambda.amazonaws.com")`; a bare `*` is `("AWS", "*")`."""
    conditions: Mapping[tuple[str, str], tuple[str, ...]]
    """(operator, key) -> values."""
    inverted: tuple[str, ...]
    """Which of `NotAction`, `NotResource` and `NotPrincipal` it uses."""

    @property
    def allows(self) -> bool:
        """Returns whether it allows rather than denies."""
        return self.effect == "Allow"


def statements(resource: Resource) -> list[Statement]:
    """Returns all statements of a resource's documents; none of a document that is not known yet or not JSON."""
    return [_statement(raw) for name in _DOCUMENTS for raw in _raw(resource.value(name))]


def unread(resource: Resource) -> bool:
    """Returns whether a resource has a document that is not known yet."""
    return any(resource.value(name) is UNKNOWN for name in _DOCUMENTS)


def _raw(document: Any) -> list[Mapping[str, Any]]:
    if not isinstance(document, str) or not document.startswith("{"):
        return []
    members = json.loads(document).get("Statement", [])
    return [members] if isinstance(members, dict) else members


def _statement(raw: Mapping[str, Any]) -> Statement:
    return Statement(
        sid=raw.get("Sid", ""),
        effect=raw.get("Effect", ""),
        actions=_tuple(raw.get("Action")),
        resources=_tuple(raw.get("Resource")),
        principals=tuple(_principals(raw.get("Principal"))),
        conditions={
            (operator, key): _tuple(value)
            for operator, keys in (raw.get("Condition") or {}).items()
            for key, value in keys.items()
        },
        inverted=tuple(name for name in ("NotAction", "NotResource", "NotPrincipal") if name in raw),
    )


def _principals(raw: Any) -> Iterator[tuple[str, str]]:
    for kind, values in ({"AWS": raw} if isinstance(raw, str) else raw or {}).items():
        yield from ((kind, value) for value in _tuple(values))


def _tuple(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(value) if isinstance(value, list) else (value,)


def role_statements(stack: Stack, role: Resource) -> list[Statement]:
    """Returns the statements of a role's inline policies."""
    return [statement for policy in stack.referring(role, ROLE_POLICY, "role") for statement in statements(policy)]


def function_statements(stack: Stack, function: Resource) -> list[Statement]:
    """Returns the statements of a function's role; none where the role is not part of the stack."""
    role = stack.target(function, ROLE, "role")
    return role_statements(stack, role) if function.type == FUNCTION and role else []


def lets(policies: Sequence[Resource], service: str, action: str, arn: str | None) -> bool:
    """Returns whether a resource's policies let a service do an action on it; True while that is not known yet."""
    allowing = [
        statement
        for policy in policies
        for statement in statements(policy)
        if ("Service", service) in statement.principals
    ]
    return any(map(unread, policies)) or not arn or covers(allowing, action, arn)


def covers(statements: Iterable[Statement], action: str, arn: str) -> bool:
    """Returns whether one of the statements allows an action on everything that a pattern of ARNs matches.

    Conditions are assumed to be met.
    """
    # No ARN contains that character, so only a `*` in a statement matches it.
    return reaches(statements, action, arn.replace("*", "\0"))


def reaches(statements: Iterable[Statement], action: str, arn: str) -> bool:
    """Returns whether statements allow an action on anything that matches a pattern of ARNs, all conditions met."""
    return any(
        statement.allows
        and any(overlap(pattern.lower(), action.lower()) for pattern in statement.actions)
        and any(overlap(pattern, arn) for pattern in statement.resources)
        for statement in statements
    )


@functools.cache
def overlap(one: str, other: str) -> bool:
    """Returns whether any text matches both patterns; `*` stands for any text, `?` for one character."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and overlap(one[1:], other[1:])
