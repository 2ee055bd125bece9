"""The filter language of event source mappings."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.cloud.triggers.streams.filters import Filter, compile_filters

JOHN = {"person": {"name": "John Doe", "age": 30, "nick": None, "address": {"street": "123 Main St"}}}


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
        ({"suffix": ".png"}, "a.png", True),
        ({"suffix": ".png"}, "a.PNG", False),
        ({"equals-ignore-case": "Alice"}, "aLICE", True),
        ({"equals-ignore-case": "Straße"}, "STRASSE", False),
        ({"equals-ignore-case": "alice"}, 5, False),
        ({"anything-but": "Rain"}, "Sun", True),
        ({"anything-but": "Rain"}, "Rain", False),
        ({"anything-but": ["Rain", "Snow"]}, "Snow", False),
        ({"anything-but": [1, 2]}, 2, False),
        ({"anything-but": [1, 2]}, "2", True),
        ({"anything-but": ["Rain"]}, None, True),
        ({"numeric": ["=", 100]}, 100.0, True),
        ({"numeric": [">", 10, "<=", 20]}, 20, True),
        ({"numeric": [">", 10, "<=", 20]}, 10, False),
        ({"numeric": ["<", 0.1]}, 0.05, True),
        ({"numeric": [">=", 1]}, "5", False),
        ({"numeric": [">=", 0]}, True, False),
    ],
)
def test_a_rule_matches_what_lambda_documents(rule: object, value: object, matches: bool) -> None:
    assert Filter({"field": [rule]})({"field": value}) is matches


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
    assert Filter(pattern)(JOHN) is matches


def test_all_fields_of_a_pattern_must_match() -> None:
    pattern = {"person": {"name": ["John Doe"], "age": [31]}}
    assert not Filter(pattern)(JOHN)


def test_or_matches_if_one_branch_does_and_the_other_fields_still_count() -> None:
    pattern = {"person": {"$or": [{"age": [31]}, {"address": {"street": [{"prefix": "123"}]}}], "name": ["John Doe"]}}
    assert Filter(pattern)(JOHN)
    assert not Filter({**pattern, "company": ["x"]})(JOHN)


def test_an_array_stands_for_each_of_its_elements() -> None:
    item = {"dynamodb": {"NewImage": {"orgs": {"L": [{"S": "Sales"}, {"S": "Support"}]}}}}
    pattern = {"dynamodb": {"NewImage": {"orgs": {"L": {"S": ["Support"]}}}}}
    assert Filter(pattern)(item)
    assert Filter({"tags": ["b"]})({"tags": ["a", "b"]})
    assert not Filter({"tags": [{"exists": True}]})({"tags": []})


def test_fields_in_an_array_must_match_within_one_element() -> None:
    pattern = {"orders": {"state": ["open"], "price": [5]}}
    assert Filter(pattern)({"orders": [{"state": "open", "price": 5}]})
    assert not Filter(pattern)({"orders": [{"state": "open", "price": 4}, {"state": "shut", "price": 5}]})


def test_binary_values_are_matched_as_base64() -> None:
    assert Filter({"field": {"B": ["AQI="]}})({"field": {"B": b"\x01\x02"}})


def test_an_event_passes_if_any_filter_matches_or_there_is_none() -> None:
    passes = compile_filters(['{"eventName": ["INSERT"]}', {"eventName": ["REMOVE"]}])
    assert [passes({"eventName": name}) for name in ("INSERT", "MODIFY", "REMOVE")] == [True, False, True]
    assert compile_filters([])({"eventName": "MODIFY"})


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ("{}", "at least one key"),
        ('{"a": NaN}', "NaN"),
        ('{"a": "x"}', "a: expected an object, or an array"),
        ('{"a": []}', "a: expected an object, or an array"),
        ('{"a": {}}', "a: expected an object"),
        ('{"a": [["x"]]}', "array within an array"),
        ('{"a": ["x"], "a": ["y"]}', "the key 'a' twice"),
        ('{"a": {"b": [{"wildcard": "x*"}]}}', r"a\.b: unknown operator 'wildcard'"),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "exactly one operator"),
        ('{"a": [{"prefix": 5}]}', "prefix takes a string"),
        ('{"a": [{"suffix": null}]}', "suffix takes a string"),
        ('{"a": [{"equals-ignore-case": []}]}', "equals-ignore-case takes a string"),
        ('{"a": [{"exists": "yes"}]}', "exists takes true or false"),
        ('{"a": [{"anything-but": []}]}', "anything-but takes"),
        ('{"a": [{"anything-but": [null]}]}', "anything-but takes"),
        ('{"a": [{"anything-but": ["x", 1]}]}', "not both"),
        ('{"a": [{"numeric": []}]}', "numeric takes"),
        ('{"a": [{"numeric": ["!=", 1]}]}', "numeric has '!='"),
        ('{"a": [{"numeric": ["<", 5, ">", 1]}]}', "numeric has '<'"),
        ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "nothing lies in"),
        ('{"a": [{"numeric": [">", "5"]}]}', "compares with a number"),
        ('{"a": [{"numeric": [">", 5000000001]}]}', "5000000000"),
        ('{"$or": []}', r"\$or: expected an array of at least two"),
        ('{"$or": [{"a": ["x"]}, "b"]}', "expected an object"),
        (json.dumps({"a": ["x" * 4096]}), "at most 4096"),
        (json.dumps({k: {"$or": [{"a": ["1"]}] * 10} for k in "abcd"}), "10000 combinations"),
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
            {"suffix": "y"},
            {"equals-ignore-case": "x"},
            {"anything-but": ["x", ""]},
            {"anything-but": 1},
            {"numeric": [">=", 1, "<", 2]},
            {"numeric": ["=", -3]},
        ]
    ),
)
LEAVES = st.lists(RULES, min_size=1, max_size=3)
OBJECTS = st.deferred(lambda: st.dictionaries(NAMES, LEAVES | OBJECTS, min_size=1, max_size=3) | OR)
OR = st.deferred(lambda: st.fixed_dictionaries({"$or": st.lists(OBJECTS, min_size=2, max_size=3)}))


def flatten(event: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(event, dict):
        return {path: event}
    return {name: leaf for key, value in event.items() for name, leaf in flatten(value, f"{path}.{key}").items()}


def oracle(pattern: Mapping[str, Any], leaves: Mapping[str, Any], path: str = "") -> bool:
    def member(key: str, value: Any) -> bool:
        if key == "$or":
            return any(oracle(branch, leaves, path) for branch in value)
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
    if operator == "numeric":
        number = Decimal(value) if type(value) is int else None
        return number is not None and (number == -3 if operand[0] == "=" else 1 <= number < 2)
    if operator == "exists":
        return True
    text = value if isinstance(value, str) else None
    return (
        text is not None
        and {
            "prefix": text.startswith("x"),
            "suffix": text.endswith("y"),
            "equals-ignore-case": text.lower() == "x",
        }[operator]
    )


@pytest.mark.slow
@given(pattern=OBJECTS, event=st.dictionaries(NAMES, EVENTS, max_size=3))
def test_matching_agrees_with_looking_every_leaf_up(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert Filter(pattern)(event) is oracle(pattern, flatten(event))
