"""Reads IAM policy documents out of resources, and says what their statements reach."""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
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
        """Whether it allows, rather than denies."""
        return self.effect == "Allow"


def statements(resource: Resource) -> list[Statement]:
    """All statements of a resource's documents; none of one that is not known yet, or is no JSON."""
    return [_statement(raw) for name in _DOCUMENTS for raw in _raw(resource.value(name))]


def unread(resource: Resource) -> bool:
    """Whether a resource has a document that is not known yet."""
    return any(resource.value(name) is UNKNOWN for name in _DOCUMENTS)


def _raw(document: Any) -> list[Mapping[str, Any]]:
    if not isinstance(document, str) or not document.startswith("{"):
        return []
    found = json.loads(document).get("Statement", [])
    return [found] if isinstance(found, dict) else found


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
    """What the inline policies of a role say."""
    return [statement for policy in stack.referring(role, ROLE_POLICY, "role") for statement in statements(policy)]


def function_statements(stack: Stack, function: Resource) -> list[Statement]:
    """What the role of a function may do; nothing where the role is no part of the stack."""
    role = stack.target(function, ROLE, "role")
    return role_statements(stack, role) if function.type == FUNCTION and role else []


def covers(given: Iterable[Statement], action: str, arn: str) -> bool:
    """Whether one of the statements allows an action on all that a pattern of ARNs matches. Conditions count as met."""
    return reaches(given, action, arn.replace("*", "\0"))  # no ARN has that character: only a `*` over there matches it


def reaches(given: Iterable[Statement], action: str, arn: str) -> bool:
    """Whether statements allow an action on anything that a pattern of ARNs matches. Conditions count as met."""
    return any(
        statement.allows
        and any(overlap(pattern.lower(), action.lower()) for pattern in statement.actions)
        and any(overlap(pattern, arn) for pattern in statement.resources)
        for statement in given
    )


@functools.cache
def overlap(one: str, other: str) -> bool:
    """Whether a text exists that both patterns match; `*` stands for any text, `?` for one character."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and overlap(one[1:], other[1:])
