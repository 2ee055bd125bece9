"""The filter patterns of a notifier's mapping: they pass what any of its rules may match, and little else.

Lambda allows five. A pattern has one set of events, and one set of values for each attribute. So different rules get a
pattern each as long as five suffice; beyond that, patterns are joined where that loses least. The function checks the
rules itself in any case.
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
"""Digits before or after the point; AWS does not document how it writes longer numbers."""

Conditions = Mapping[str, frozenset[tuple[str, Any]]]
"""Attribute -> the kind and value of everything that it may be."""


class _Clause(NamedTuple):
    """The content of one pattern."""

    events: frozenset[str]
    image: str
    """The image that the conditions are on; empty without conditions."""
    conditions: Conditions

    def covers(self, other: "_Clause") -> bool:
        """Returns whether everything that the other one passes passes here too."""
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
    """Returns the text of a number; None where AWS may write it differently."""
    number = decimal_of(value)
    text = plain_text(number)
    return text if len(text) <= _NUMBERS_WRITTEN_OUT else None


def _can_say(name: str, values: frozenset[tuple[str, Any]]) -> bool:
    """Returns whether a pattern can have a condition on an attribute.

    Lambda treats `$or` as an operator. It treats a dot as a step into a map, which does no harm where a value has to
    exist; where it may be missing, a map of such a shape could be mistaken for it.
    """
    kinds = {kind for kind, _ in values}
    return name != "$or" and ("." not in name or (len(kinds) == 1 and _MISSING not in values))


def _distinct(clauses: Sequence[_Clause]) -> list[_Clause]:
    """Returns fewer clauses that pass the same records."""
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
    """Joins clauses until there are at most five, and shortens those that are too long."""
    while len(clauses) > _MOST:
        one, other = min(combinations(clauses, 2), key=lambda pair: _loss(*pair))
        clauses = _distinct([*(clause for clause in clauses if clause not in (one, other)), one.joined(other)])
    for clause in clauses:
        if len(_pattern(clause)) > _LONGEST:
            return _fitted(_distinct([*(each for each in clauses if each != clause), _shortened(clause)]))
    return clauses


def _loss(one: _Clause, other: _Clause) -> tuple[int, int]:
    """Returns how much more the join of two clauses passes: lost conditions, then conditions that get wider.

    A condition that is lost from a clause of several events counts once for each of them.
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
    """Splits clauses by kind of value while there is room: a pattern with several kinds also passes a missing value."""
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
    """Returns a pattern's tests of an attribute: a value of one kind, or for each of several kinds a value or none."""
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
