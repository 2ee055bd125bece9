"""The filter patterns of event source mappings: which records a function receives.

The language is Lambda's ("Control which events Lambda sends to your function", *Filter rule syntax*). Where that page
says nothing, the rules of Event Ruler apply, the engine that AWS publishes. Supported is what conditions on attributes
need: strings, numbers, booleans and null, `exists`, `prefix` and `anything-but`, on values of the types S, N, BOOL and
NULL, in maps too. Everything else is an error as soon as the mapping is created.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MAXIMUM_FILTERS = 10  # five, until AWS raises the account's quota
MAXIMUM_PATTERN_LENGTH = 4096
_TYPES = ("S", "N", "BOOL", "NULL", "M")
_ABSENT = object()

_Test = Callable[[Any], bool]
"""Whether a leaf matches a rule; called with `_ABSENT` if the event does not have it."""


class _Number(str):
    """A number in a pattern as it is written: `300` and `300.0` are different."""

    __slots__ = ()


class _Field(NamedTuple):
    """One leaf, which must pass any of the tests."""

    path: tuple[str, ...]
    tests: tuple[_Test, ...]


class Filter:
    """One compiled pattern; `Filter(pattern)(event)` returns whether it matches.

    Args:
        pattern: the pattern, as JSON text.

    Raises:
        ValueError: Lambda does not accept it, or the embedded cloud does not run it; the message says where and why.
    """

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAXIMUM_PATTERN_LENGTH:
            raise ValueError(
                f"filter pattern of {len(pattern)} characters: at most {MAXIMUM_PATTERN_LENGTH} are allowed"
            )
        try:
            tree = json.loads(pattern, parse_int=_Number, parse_float=_Number)
        except json.JSONDecodeError as error:
            raise ValueError(f"filter pattern is not JSON: {error}: {pattern!r}") from error
        self._fields = tuple(_fields(tree, ()))

    def __call__(self, event: Mapping[str, Any]) -> bool:
        """Whether the event matches."""
        leaves = ((_leaf(event, field.path), field.tests) for field in self._fields)
        return all(any(test(leaf) for test in tests) for leaf, tests in leaves)


def compile_filters(patterns: Sequence[str]) -> Callable[[Mapping[str, Any]], bool]:
    """Compiles a mapping's filters; an event passes if it matches any of them, or if there are none.

    Raises:
        ValueError: a pattern is invalid, or there are too many.
    """
    if len(patterns) > MAXIMUM_FILTERS:
        raise ValueError(f"{len(patterns)} filters: a mapping has at most {MAXIMUM_FILTERS}")
    filters = [Filter(pattern) for pattern in patterns]
    return lambda event: not filters or any(matches(event) for matches in filters)


def _leaf(node: Any, path: tuple[str, ...]) -> Any:
    """The value of an event at a path, if it is not an object."""
    for name in path:
        if not isinstance(node, Mapping) or name not in node:
            return _ABSENT
        node = node[name]
    return _ABSENT if isinstance(node, Mapping) else node


def _fields(pattern: Any, path: tuple[str, ...]) -> Iterator[_Field]:
    if path[:1] == ("dynamodb",) and any(kind not in _TYPES for kind in path[3::2]):
        raise _invalid(path, f"values of type {path[-1]} are not filtered on here; {', '.join(_TYPES)} are")
    if isinstance(pattern, list) and pattern and path:
        yield _Field(path, tuple(_test(rule, path) for rule in pattern))
    elif isinstance(pattern, dict) and pattern:
        for name, inner in pattern.items():
            if name == "$or":
                raise _invalid((*path, name), "is not run here: give the mapping one filter for each branch")
            yield from _fields(inner, (*path, name))
    else:
        kinds = "an object with at least one key" + (", or an array with at least one rule" if path else "")
        raise _invalid(path, f"expected {kinds}, found {pattern!r}")


def _test(rule: Any, path: tuple[str, ...]) -> _Test:
    if rule is None or isinstance(rule, str | bool):
        return _equals(rule)
    if not isinstance(rule, dict) or len(rule) != 1:
        raise _invalid(path, f"a rule is a string, a number, true, false, null, or exactly one operator, not {rule!r}")
    ((operator, operand),) = rule.items()
    match operator, operand:
        case "exists", bool():
            return lambda value: (value is not _ABSENT) is operand
        case "prefix", str() if not isinstance(operand, _Number):
            return lambda value: isinstance(value, str) and value.startswith(operand)
        case "anything-but", [_, *_] | str():
            banned = operand if isinstance(operand, list) else [operand]
            if all(type(text) is str for text in banned):
                return lambda value: value is not _ABSENT and value not in banned
    operands = {"exists": "true or false", "prefix": "a string", "anything-but": "a string, or an array of strings"}
    if operator in operands:
        raise _invalid(path, f"{operator} takes {operands[operator]}, found {operand!r}")
    raise _invalid(path, f"unknown operator {operator!r}: the embedded cloud runs {', '.join(operands)}")


def _equals(expected: str | bool | None) -> _Test:
    if isinstance(expected, _Number):
        return lambda value: type(value) in (int, float) and json.dumps(value) == expected
    return lambda value: type(value) is type(expected) and value == expected


def _invalid(path: tuple[str, ...], reason: str) -> ValueError:
    return ValueError(f"filter pattern, at {'.'.join(path) or 'the top'}: {reason}")
