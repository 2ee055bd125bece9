"""Typed rules for which stream records reach a consumer, as the filter patterns of an event source mapping.

Lambda accepts a pattern that can never match and then silently delivers nothing; here such a rule is an error. Syntax:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict, get_args

EventName = Literal["INSERT", "MODIFY", "REMOVE"]
EVENT_NAMES: tuple[str, ...] = get_args(EventName)
_TYPES = {"S": str, "N": str, "BOOL": bool}
_MAXIMUM_LENGTH = 4096
"""Characters that Lambda allows in a pattern."""
_NUMBER = re.compile(r"0|-?([1-9]\d*|0(?=\.))(\.\d*[1-9])?")
"""A number as DynamoDB writes it: without needless leading or trailing zeros."""


class Condition(TypedDict):
    """A condition on an attribute: exactly one of the fields besides `type`."""

    type: Literal["S", "N", "BOOL"]
    """The attribute's type; numbers are compared as the text that DynamoDB writes."""
    equals: NotRequired[Sequence[str | bool]]
    prefix: NotRequired[str]
    anything_but: NotRequired[Sequence[str]]
    exists: NotRequired[bool]


class Filter(TypedDict):
    """One rule; a record that satisfies any of a consumer's rules is delivered."""

    events: Sequence[EventName]
    new: NotRequired[Mapping[str, Condition]]
    """Attributes of the new image, which a REMOVE does not have."""
    old: NotRequired[Mapping[str, Condition]]
    """Attributes of the old image, which an INSERT does not have."""


def checked_pattern(text: str) -> str:
    """Returns a filter pattern unchanged.

    Raises:
        ValueError: It is not a JSON object, is too long for Lambda, or can never match for the events that it names.
    """
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ValueError(f"the filter {text!r} is not a JSON object: `pattern` writes one")
    _check_events(document.get("eventName", list(EVENT_NAMES)))
    _check_length(text)
    return text


def pattern(rule: Filter) -> str:
    """Returns the filter pattern of a rule.

    Raises:
        ValueError: the rule could never match.
    """
    events = list(rule["events"])
    _check_events(events)
    document: dict[str, Any] = {"eventName": events}
    images = {"NewImage": ("new", "REMOVE"), "OldImage": ("old", "INSERT")}
    for image, (side, without) in images.items():
        conditions = rule.get(side)
        if conditions:
            if without in events:
                raise ValueError(
                    f"a filter on {side} attributes never matches {without}, which has no {side} image: "
                    f"leave {without} out, or give it a filter of its own"
                )
            if "$or" in conditions:
                raise ValueError(
                    f"a filter on {side} attribute '$or': Lambda reads it as an operator; filter on another attribute"
                )
            document.setdefault("dynamodb", {})[image] = {
                name: _attribute(f"{side} attribute {name!r}", condition) for name, condition in conditions.items()
            }
    text = json.dumps(document)
    _check_length(text)
    return text


def _check_events(events: Sequence[str]) -> None:
    unknown = [event for event in events if event not in EVENT_NAMES]
    if not events or unknown:
        mistake = f"unknown events {', '.join(map(repr, unknown))}" if unknown else "no events"
        raise ValueError(f"a filter with {mistake} can never match: name one or more of {', '.join(EVENT_NAMES)}")


def _check_length(text: str) -> None:
    if len(text) > _MAXIMUM_LENGTH:
        raise ValueError(
            f"a filter of {len(text)} characters: Lambda allows {_MAXIMUM_LENGTH}; give it fewer conditions"
        )


def _attribute(name: str, condition: Condition) -> dict[str, Any]:
    kind = condition["type"]
    if kind not in _TYPES:
        raise ValueError(f"{name}: type {kind!r} cannot be filtered on; S, N and BOOL can")
    tests = [test for test in ("equals", "prefix", "anything_but", "exists") if test in condition]
    if len(tests) != 1:
        raise ValueError(f"{name}: give exactly one of equals, prefix, anything_but, exists, not {len(tests)}")
    return {kind: _test(name, kind, tests[0], condition[tests[0]])}


def _test(name: str, kind: str, test: str, operand: Any) -> list[Any]:
    if test == "exists":
        if not isinstance(operand, bool):
            raise ValueError(f"{name}: exists is True or False, not {operand!r}")
        return [{"exists": operand}]
    if test == "prefix":
        if kind != "S" or not isinstance(operand, str) or not operand:
            raise ValueError(f"{name}: a prefix is a non-empty text, on an attribute of type S")
        return [{"prefix": operand}]
    if isinstance(operand, str) or not operand or not all(isinstance(value, _TYPES[kind]) for value in operand):
        raise ValueError(
            f"{name}: {test} {operand!r} can never match type {kind}: "
            f"give a list of one or more values of Python type {_TYPES[kind].__name__}"
        )
    if kind == "N" and not all(_NUMBER.fullmatch(value) for value in operand):
        raise ValueError(f"{name}: {test} {operand!r}: write numbers as DynamoDB does, such as '10', '-2.5' or '0.1'")
    if kind == "BOOL" and test == "anything_but":
        raise ValueError(f"{name}: anything_but knows text and numbers only; give equals the other value")
    return list(operand) if test == "equals" else [{"anything-but": list(operand)}]
