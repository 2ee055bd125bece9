"""The filter patterns of event source mappings: which records a function gets to see.

The language is the one that Lambda documents ("Control which events Lambda sends to your function", *Filter
rule syntax*). Where that page is silent, the rules of Event Ruler apply, the engine that AWS publishes: a
pattern names leaves of the event, an array stands for each of its elements, and fields that lie in the same
array must match within one element of it.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

MAXIMUM_FILTERS = 10  # five, until AWS raises the account's quota
MAXIMUM_PATTERN_LENGTH = 4096
_MAXIMUM_ALTERNATIVES = 1000  # what $or may multiply to
_NUMERIC_LIMIT = Decimal(5_000_000_000)

_Membership = Mapping[tuple[str | int, ...], int]  # for each array on the way to a leaf: the element taken


class _Number(str):
    """A number of a pattern as it is written: `300` and `300.0` are two things."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Field:
    """What one leaf must be: any of `tests`, or not there at all."""

    path: tuple[str, ...]
    tests: tuple[Callable[[Any], bool], ...]
    may_be_absent: bool


class Filter:
    """One pattern, compiled; `Filter(pattern)(event)` tells whether it matches.

    Args:
        pattern: The pattern as JSON text, or as the object that it stands for.

    Raises:
        ValueError: The pattern is none that Lambda accepts; the message names place and reason.
    """

    def __init__(self, pattern: str | Mapping[str, Any]) -> None:
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        if len(text) > MAXIMUM_PATTERN_LENGTH:
            raise ValueError(f"filter pattern of {len(text)} characters: at most {MAXIMUM_PATTERN_LENGTH} are allowed")
        self._alternatives = _compile_object(_parse(text), ())

    def __call__(self, event: Mapping[str, Any]) -> bool:
        """Whether the event matches."""
        return any(_match(fields, event, {}) for fields in self._alternatives)


def compile_filters(patterns: Sequence[str | Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], bool]:
    """Compile a mapping's filters; an event passes if it matches any of them, or if there are none.

    Raises:
        ValueError: A pattern is invalid, or there are too many.
    """
    if len(patterns) > MAXIMUM_FILTERS:
        raise ValueError(f"{len(patterns)} filters: a mapping has at most {MAXIMUM_FILTERS}")
    filters = [Filter(pattern) for pattern in patterns]
    return lambda event: not filters or any(matches(event) for matches in filters)


# ---- matching


def _match(fields: Sequence[_Field], event: Any, membership: _Membership) -> bool:
    if not fields:
        return True
    field, rest = fields[0], fields[1:]
    present = False
    for value, taken in _leaves(event, field.path, membership, ()):
        present = True
        if any(test(value) for test in field.tests) and _match(rest, event, taken):
            return True
    return field.may_be_absent and not present and _match(rest, event, membership)


def _leaves(
    node: Any, path: Sequence[str], membership: _Membership, at: tuple[str | int, ...]
) -> Iterator[tuple[Any, _Membership]]:
    """The leaves under `path` that agree with `membership`, each with the array elements that lead to it."""
    if isinstance(node, list):
        for index, element in enumerate(node):
            if membership.get(at, index) == index:
                yield from _leaves(element, path, {**membership, at: index}, (*at, index))
    elif isinstance(node, dict):
        if path and path[0] in node:
            yield from _leaves(node[path[0]], path[1:], membership, (*at, path[0]))
    elif not path:
        # The SDK gives binary attributes as bytes; in the event that Lambda matches they are base64 already.
        yield base64.b64encode(node).decode() if isinstance(node, bytes) else node, membership


# ---- compiling


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_reject_constant,
            object_pairs_hook=_unique_keys,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"filter pattern is not JSON: {error}: {text!r}") from error


def _reject_constant(name: str) -> Any:
    raise ValueError(f"filter pattern holds {name}, which JSON does not know")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"filter pattern has the key {twice!r} twice in one object: one of them would be lost")
    return result


def _compile_object(pattern: Any, path: tuple[str, ...]) -> list[tuple[_Field, ...]]:
    """Compile to alternatives, each a conjunction of fields in the order in which Event Ruler sees them."""
    if not isinstance(pattern, dict) or not pattern:
        raise _invalid(path, f"expected an object with at least one key, found {pattern!r}")
    factors = [_compile_member(name, value, path) for name, value in pattern.items()]
    size = 1
    for factor in factors:
        size *= len(factor)
    if size > _MAXIMUM_ALTERNATIVES:
        raise _invalid(path, f"$or multiplies to {size} combinations, at most {_MAXIMUM_ALTERNATIVES} are allowed")
    return [tuple(sorted((f for part in parts for f in part), key=lambda f: f.path)) for parts in product(*factors)]


def _compile_member(name: str, value: Any, path: tuple[str, ...]) -> list[tuple[_Field, ...]]:
    if name == "$or":
        if not isinstance(value, list) or len(value) < 2:
            raise _invalid((*path, name), "expected an array of at least two objects")
        return [fields for branch in value for fields in _compile_object(branch, path)]
    here = (*path, name)
    if isinstance(value, dict):
        return _compile_object(value, here)
    if not isinstance(value, list) or not value:
        raise _invalid(here, f"expected an object, or an array with at least one rule, found {value!r}")
    tests = [_compile_rule(rule, here) for rule in value]
    return [(_Field(here, tuple(test for test in tests if test is not None), None in tests),)]


def _compile_rule(rule: Any, path: tuple[str, ...]) -> Callable[[Any], bool] | None:
    """Compile one rule of a leaf; None stands for "does not exist"."""
    if isinstance(rule, list):
        raise _invalid(path, "an array within an array is no rule")
    if not isinstance(rule, dict):
        return _equals(rule)
    if len(rule) != 1:
        raise _invalid(path, f"a rule has exactly one operator, found {sorted(rule)}")
    ((operator, operand),) = rule.items()
    if operator == "exists":
        if not isinstance(operand, bool):
            raise _invalid(path, f"exists takes true or false, found {operand!r}")
        return _anything if operand else None
    if operator not in _OPERATORS:
        raise _invalid(path, f"unknown operator {operator!r}: Lambda knows exists, {', '.join(sorted(_OPERATORS))}")
    try:
        return _OPERATORS[operator](operand)
    except ValueError as error:
        raise _invalid(path, f"{operator} {error}") from None


def _invalid(path: tuple[str, ...], reason: str) -> ValueError:
    return ValueError(f"filter pattern, at {'.'.join(path) or 'the top'}: {reason}")


# ---- rules


def _anything(_value: Any) -> bool:
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(expected: Any) -> Callable[[Any], bool]:
    if isinstance(expected, _Number):
        return lambda value: _is_number(value) and json.dumps(value) == expected
    return lambda value: type(value) is type(expected) and value == expected


def _text(operand: Any) -> str:
    if not isinstance(operand, str) or isinstance(operand, _Number):
        raise ValueError(f"takes a string, found {operand!r}")
    return operand


def _prefix(operand: Any) -> Callable[[Any], bool]:
    start = _text(operand)
    return lambda value: isinstance(value, str) and value.startswith(start)


def _suffix(operand: Any) -> Callable[[Any], bool]:
    end = _text(operand)
    return lambda value: isinstance(value, str) and value.endswith(end)


def _equals_ignore_case(operand: Any) -> Callable[[Any], bool]:
    folded = _text(operand).lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _anything_but(operand: Any) -> Callable[[Any], bool]:
    banned = operand if isinstance(operand, list) else [operand]
    if not banned or not all(isinstance(value, str) for value in banned):
        raise ValueError(f"takes a string or a number, or an array of them, found {operand!r}")
    if len({isinstance(value, _Number) for value in banned}) > 1:
        raise ValueError("takes strings or numbers, not both")
    tests = [_equals(value) for value in banned]
    return lambda value: not any(test(value) for test in tests)


_LOWER: dict[str, Callable[[Decimal, Decimal], bool]] = {">": Decimal.__gt__, ">=": Decimal.__ge__}
_UPPER: dict[str, Callable[[Decimal, Decimal], bool]] = {"<": Decimal.__lt__, "<=": Decimal.__le__}
_EQUAL: dict[str, Callable[[Decimal, Decimal], bool]] = {"=": Decimal.__eq__}


def _numeric(operand: Any) -> Callable[[Any], bool]:
    """`["=", n]`, one bound, or a lower bound followed by an upper one."""
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise ValueError(f'takes ["=", n], [">", n], or [">=", n, "<", m], found {operand!r}')
    known = (_LOWER, _UPPER) if len(operand) == 4 else (_EQUAL | _LOWER | _UPPER,)
    bounds = []
    for operators, operator, bound in zip(known, operand[::2], operand[1::2], strict=True):
        if operator not in operators or isinstance(operator, _Number):
            raise ValueError(f"has {operator!r} where one of {sorted(operators)} belongs")
        bounds.append((operators[operator], _bound(bound)))
    if len(bounds) == 2 and bounds[0][1] >= bounds[1][1]:
        raise ValueError(f"has a range that nothing lies in: {operand!r}")
    return lambda value: _is_number(value) and all(compare(Decimal(str(value)), bound) for compare, bound in bounds)


def _bound(operand: Any) -> Decimal:
    if not isinstance(operand, _Number):
        raise ValueError(f"compares with a number, found {operand!r}")
    if not -_NUMERIC_LIMIT <= Decimal(operand) <= _NUMERIC_LIMIT:
        raise ValueError(f"compares with numbers from -{_NUMERIC_LIMIT} to {_NUMERIC_LIMIT}, found {operand}")
    return Decimal(operand)


_OPERATORS: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
}
