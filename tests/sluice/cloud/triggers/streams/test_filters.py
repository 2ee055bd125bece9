"""The filter language of event source mappings."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.cloud.triggers.streams.filters import Filter, compile_filters

JOHN = {"person": {"name": "John Doe", "age": 30, "nick": None, "address": {"street": "123 Main St"}}}


def compiled(pattern: Mapping[str, Any]) -> Filter:
    return Filter(json.dumps(pattern))


@pytest.mark.parametrize(
    ("rule", "value", "matches"),
    [
        ("INSERT", "INSERT", True),
        ("INSERT", "insert", False),
        ("", "", True),
        (True, True, True),
        (True, 1, False),
        (True, "true", False),
        (None, None, True),
        (None, "null", False),
        (300, 300, True),
        (300, 301, False),
        (300, "300", False),
        ({"prefix": "us-"}, "us-east-1", True),
        ({"prefix": "us-"}, "eu-us-1", False),
        ({"prefix": "3"}, 300, False),
        ({"anything-but": "Rain"}, "Sun", True),
        ({"anything-but": "Rain"}, "Rain", False),
        ({"anything-but": ["Rain", "Snow"]}, "Snow", False),
        ({"anything-but": ["Rain"]}, None, True),
    ],
)
def test_a_rule_matches_what_lambda_documents(rule: object, value: object, matches: bool) -> None:
    assert compiled({"field": [rule]})({"field": value}) is matches


def test_numbers_are_compared_as_they_are_written() -> None:
    assert not Filter('{"field": [300.0]}')({"field": 300})
    assert not Filter('{"field": [3e2]}')({"field": 300})


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"person": {"name": [{"exists": True}]}}, True),
        ({"person": {"nick": [{"exists": True}]}}, True),
        ({"person": {"email": [{"exists": True}]}}, False),
        ({"person": {"address": [{"exists": True}]}}, False),
        ({"person": {"email": [{"exists": False}]}}, True),
        ({"person": {"name": [{"exists": False}]}}, False),
        ({"company": {"name": [{"exists": False}]}}, True),
        ({"person": {"name": [{"exists": False}, "John Doe"]}}, True),
        ({"person": {"name": {"first": [{"exists": True}]}}}, False),
    ],
)
def test_existence_is_asked_of_leaves_and_an_absent_parent_has_none(pattern: dict[str, Any], matches: bool) -> None:
    assert compiled(pattern)(JOHN) is matches


def test_all_fields_of_a_pattern_must_match() -> None:
    pattern = {"person": {"name": ["John Doe"], "age": [31]}}
    assert not compiled(pattern)(JOHN)


@pytest.mark.parametrize(
    ("rule", "image", "matches"),
    [
        ({"a.b": {"S": ["x"]}}, {"a.b": {"S": "x"}}, True),
        ({"a.b": {"S": ["x"]}}, {"a": {"M": {"b": {"S": "x"}}}}, False),
        ({"a": {"M": {"b": {"S": ["x"]}}}}, {"a": {"M": {"b": {"S": "x"}}}}, True),
        ({"exists": {"S": ["x"]}}, {"exists": {"S": "x"}}, True),
        ({"S": {"S": ["x"]}, "L": {"N": ["1.50"]}}, {"S": {"S": "x"}, "L": {"N": "1.50"}}, True),
        ({"Größe": {"S": ["Überlänge 💡"]}}, {"Größe": {"S": "Überlänge 💡"}}, True),
        ({"a": {"NULL": [True]}}, {"a": {"NULL": True}}, True),
        ({"a": {"S": ["x", {"exists": False}]}}, {}, True),
        ({"a": {"S": ["x", {"exists": False}]}}, {"a": {"S": "y"}}, False),
    ],
)
def test_attributes_are_found_by_name_and_type(rule: object, image: object, matches: bool) -> None:
    assert compiled({"dynamodb": {"NewImage": rule}})({"dynamodb": {"NewImage": image}}) is matches


def test_an_event_passes_if_any_filter_matches_or_there_is_none() -> None:
    passes = compile_filters(['{"eventName": ["INSERT"]}', '{"eventName": ["REMOVE"]}'])
    assert [passes({"eventName": name}) for name in ("INSERT", "MODIFY", "REMOVE")] == [True, False, True]
    assert compile_filters([])({"eventName": "MODIFY"})


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "at the top: expected an object"),
        ('["x"]', "at the top: expected an object"),
        ("{}", "at least one key"),
        ('{"a": NaN}', "a: expected an object with at least one key, or an array with at least one rule, found nan"),
        ('{"a": [NaN]}', "a: a rule is"),
        ('{"a": "x"}', "a: expected an object"),
        ('{"a": []}', "a: expected an object"),
        ('{"a": {}}', "a: expected an object"),
        ('{"a": [["x"]]}', "a: a rule is"),
        ('{"a": {"b": [{"wildcard": "x*"}]}}', r"a\.b: unknown operator 'wildcard': the embedded cloud runs exists, "),
        ('{"a": [{"suffix": "x"}]}', "unknown operator 'suffix'"),
        ('{"a": [{"equals-ignore-case": "x"}]}', "unknown operator 'equals-ignore-case'"),
        ('{"a": [{"numeric": ["=", 1]}]}', "unknown operator 'numeric'"),
        ('{"a": [{"prefix": "x", "exists": true}]}', "exactly one operator"),
        ('{"a": [{"prefix": 5}]}', "prefix takes a string"),
        ('{"a": [{"exists": "yes"}]}', "exists takes true or false"),
        ('{"a": [{"anything-but": []}]}', "anything-but takes"),
        ('{"a": [{"anything-but": [null]}]}', "anything-but takes"),
        ('{"a": [{"anything-but": 1}]}', "anything-but takes"),
        ('{"a": [{"anything-but": ["x", 1]}]}', "anything-but takes"),
        (
            '{"a": {"$or": [{"b": ["x"]}, {"c": ["x"]}]}}',
            r"a\.\$or: is not run here: give the mapping one filter",
        ),
        (
            '{"dynamodb": {"NewImage": {"a": {"L": {"S": ["x"]}}}}}',
            r"NewImage\.a\.L: values of type L are not",
        ),
        ('{"dynamodb": {"Keys": {"a": {"B": ["AQI="]}}}}', r"Keys\.a\.B: values of type B are not"),
        (json.dumps({"a": ["x" * 4096]}), "at most 4096"),
    ],
)
def test_an_invalid_pattern_is_refused_with_place_and_reason(pattern: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Filter(pattern)


def test_more_filters_than_a_mapping_may_have_are_refused() -> None:
    with pytest.raises(ValueError, match="11 filters"):
        compile_filters(['{"a": ["x"]}'] * 11)


# ---- against a naive oracle: flatten the event, look every leaf up

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from(["x", "xy", "", "X", 1, 2, -3, True, None])
EVENTS = st.recursive(SCALARS, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)
RULES = st.one_of(
    SCALARS,
    st.sampled_from(
        [
            {"exists": True},
            {"exists": False},
            {"prefix": "x"},
            {"anything-but": ["x", ""]},
            {"anything-but": "xy"},
        ]
    ),
)
LEAVES = st.lists(RULES, min_size=1, max_size=3)
OBJECTS = st.deferred(lambda: st.dictionaries(NAMES, LEAVES | OBJECTS, min_size=1, max_size=3))


def flatten(event: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(event, dict):
        return {path: event}
    return {name: leaf for key, value in event.items() for name, leaf in flatten(value, f"{path}.{key}").items()}


def oracle(pattern: Mapping[str, Any], leaves: Mapping[str, Any], path: str = "") -> bool:
    def member(key: str, value: Any) -> bool:
        if isinstance(value, dict):
            return oracle(value, leaves, f"{path}.{key}")
        return any(rule_holds(rule, f"{path}.{key}", leaves) for rule in value)

    return all(member(key, value) for key, value in pattern.items())


def rule_holds(rule: Any, name: str, leaves: Mapping[str, Any]) -> bool:
    if rule == {"exists": False}:
        return name not in leaves
    if name not in leaves:
        return False
    value = leaves[name]
    if not isinstance(rule, dict):
        return type(rule) is type(value) and rule == value
    ((operator, operand),) = rule.items()
    if operator == "anything-but":
        banned = operand if isinstance(operand, list) else [operand]
        return all(type(value) is not type(each) or value != each for each in banned)
    return operator == "exists" or (isinstance(value, str) and value.startswith("x"))


@pytest.mark.slow
@given(pattern=OBJECTS, event=st.dictionaries(NAMES, EVENTS, max_size=3))
def test_matching_agrees_with_looking_every_leaf_up(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert compiled(pattern)(event) is oracle(pattern, flatten(event))
