"""The filter patterns of a notifier's mapping: they let through what any of its rules may match, and little else.

Lambda takes five. A pattern says which events, and of each attribute which values, for all of them at once. So rules
that differ are one pattern each while five suffice; beyond that those are joined that lose least. The function decides
for itself in any case.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from infra.mail_rules import MailRule
from infra.numbers import decimal_of, plain_text

_MOST = 5
_LONGEST = 4096
_MISSING = ("NULL", "")
_KINDS = ("S", "N", "BOOL")
_ABSENT = {"exists": False}
_NUMBERS_WRITTEN_OUT = 30
"""Digits before or behind the point; AWS nowhere says how it writes numbers of more."""

Conditions = Mapping[str, frozenset[tuple[str, Any]]]
"""Attribute -> the kind and value of all that it may be."""


class _Clause(NamedTuple):
    """What one pattern says."""

    events: frozenset[str]
    image: str
    """The image that the conditions are on; empty without any."""
    conditions: Conditions

    def covers(self, other: "_Clause") -> bool:
        """Tells whether all that the other one lets through passes here too."""
        return (
            other.events <= self.events
            and self.image in ("", other.image)
            and all(other.conditions.get(name, frozenset([None])) <= values for name, values in self.conditions.items())
        )

    def joined(self, other: "_Clause") -> "_Clause":
        """Returns the narrowest clause that covers both."""
        common = self.conditions.keys() & other.conditions.keys() if self.image == other.image else set()
        conditions = {name: self.conditions[name] | other.conditions[name] for name in sorted(common)}
        return _Clause(self.events | other.events, self.image if conditions else "", conditions)


def patterns(rules: Sequence[MailRule]) -> list[str]:
    """Returns the patterns, one to five, of rules that have no mistakes.

    Raises:
        ValueError: There is no rule.
    """
    if not rules:
        raise ValueError("no mail rule: there is nothing to filter for")
    clauses = _split(_fitted(_distinct([clause for rule in rules for clause in _clauses(rule)])))
    return sorted(map(_pattern, clauses))


def _clauses(rule: MailRule) -> list[_Clause]:
    conditions = {name: _values(values) for name, values in rule.get("where", {}).items()}
    conditions = {name: values for name, values in conditions.items() if _can_say(name, values)}
    events = frozenset(rule["events"])
    if not conditions:
        return [_Clause(events, "", {})]
    sides = (("NewImage", events - {"REMOVE"}), ("OldImage", events & {"REMOVE"}))
    return [_Clause(of_side, image, conditions) for image, of_side in sides if of_side]


def _values(values: Sequence[Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(map(_value, values))


def _value(value: Any) -> tuple[str, Any]:
    if value is None:
        return _MISSING
    if isinstance(value, bool):
        return ("BOOL", value)
    return ("S", value) if isinstance(value, str) else ("N", _number(value))


def _number(value: Any) -> str | None:
    """Returns the text of a number; None where AWS may write it otherwise."""
    number = decimal_of(value)
    text = plain_text(number)
    return text if len(text) <= _NUMBERS_WRITTEN_OUT else None


def _can_say(name: str, values: frozenset[tuple[str, Any]]) -> bool:
    """Tells whether a pattern can speak of an attribute.

    Lambda takes `$or` for an operator. It reads a dot as a step into a map, which does no harm where a value has to be
    there; where it may be missing, a map of such a shape might be taken for it.
    """
    kinds = {kind for kind, _ in values}
    return name != "$or" and ("." not in name or (len(kinds) == 1 and _MISSING not in values))


def _distinct(clauses: Sequence[_Clause]) -> list[_Clause]:
    """Returns fewer clauses that let through the same."""
    kept: list[_Clause] = []
    for clause in clauses:
        if not any(other.covers(clause) for other in kept):
            kept = [other for other in kept if not clause.covers(other)] + [clause]
    for one, other in combinations(kept, 2):
        if _joins_exactly(one, other):
            return _distinct([*(clause for clause in kept if clause not in (one, other)), one.joined(other)])
    return kept


def _joins_exactly(one: _Clause, other: _Clause) -> bool:
    if one.image != other.image or one.conditions.keys() != other.conditions.keys():
        return False
    differing = sum(one.conditions[name] != other.conditions[name] for name in one.conditions)
    return differing + (one.events != other.events) <= 1


def _fitted(clauses: list[_Clause]) -> list[_Clause]:
    """Joins clauses until there are five at most, and none is too long."""
    while len(clauses) > _MOST:
        one, other = min(combinations(clauses, 2), key=lambda pair: _loss(*pair))
        clauses = _distinct([*(clause for clause in clauses if clause not in (one, other)), one.joined(other)])
    for clause in clauses:
        if len(_pattern(clause)) > _LONGEST:
            return _fitted(_distinct([*(each for each in clauses if each != clause), _shortened(clause)]))
    return clauses


def _loss(one: _Clause, other: _Clause) -> tuple[int, int]:
    """Returns how much more than both their join lets through: conditions that go, then what comes to those that stay.

    A condition that goes from a clause of several events goes from each of them.
    """
    joined = one.joined(other)
    gone = sum(
        len(clause.events) * (len(clause.conditions) - len(joined.conditions))
        + len(joined.events - clause.events) * (1 if joined.conditions else 2)
        for clause in (one, other)
    )
    wider = sum(one.conditions[name] != other.conditions[name] for name in joined.conditions)
    return gone, wider


def _shortened(clause: _Clause) -> _Clause:
    longest = max(clause.conditions, key=lambda name: len(json.dumps({name: _tests(clause.conditions[name])})))
    conditions = {name: values for name, values in clause.conditions.items() if name != longest}
    return _Clause(clause.events, clause.image if conditions else "", conditions)


def _split(clauses: list[_Clause]) -> list[_Clause]:
    """Parts clauses by kind of value while there is room: a pattern of several kinds lets through what has none."""
    for clause in clauses:
        for name, values in clause.conditions.items():
            kinds = sorted({kind for kind, _ in values})
            if len(kinds) > 1 and _MISSING not in values and len(clauses) + len(kinds) - 1 <= _MOST:
                parts = [
                    clause._replace(
                        conditions={**clause.conditions, name: frozenset(one for one in values if one[0] == kind)}
                    )
                    for kind in kinds
                ]
                return _split([*(each for each in clauses if each != clause), *parts])
    return clauses


def _pattern(clause: _Clause) -> str:
    document: dict[str, Any] = {"eventName": sorted(clause.events)}
    if clause.conditions:
        tests = {name: _tests(values) for name, values in sorted(clause.conditions.items())}
        document["dynamodb"] = {clause.image: tests}
    return json.dumps(document)


def _tests(values: frozenset[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Returns what a pattern asks of an attribute: its value of one kind, or of each kind a value or none."""
    asked = {kind: _alternatives(kind, values) for kind in _KINDS}
    present = [kind for kind in _KINDS if asked[kind]]
    if len(present) == 1 and _MISSING not in values:
        return {present[0]: asked[present[0]]}
    tests = {kind: [*asked[kind], _ABSENT] for kind in _KINDS if asked[kind] != [{"exists": True}]}
    return tests if _MISSING in values else {**tests, "NULL": [_ABSENT]}


def _alternatives(kind: str, values: frozenset[tuple[str, Any]]) -> list[Any]:
    alternatives = [value for one, value in values if one == kind]
    if None in alternatives:
        return [{"exists": True}]
    return sorted(alternatives)
