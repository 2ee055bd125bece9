"""The file of rules, and what a condition on an attribute means."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notifier.rules import Condition, parse
from tests.handlers.notifier.fakes import DEFAULT_RULES


def condition(*values: dict[str, Any], attribute: str = "a") -> Condition:
    document = {
        "address_attribute": "email",
        "name_attribute": "name",
        "rules": [{"template": "t", "events": ["INSERT"], "to_attribute": "email", "where": {attribute: list(values)}}],
    }
    (rule,) = parse(json.dumps(document)).by_event["INSERT"]
    return rule.where[0]


def test_each_event_has_its_rules_in_their_order():
    rules = parse(DEFAULT_RULES)
    assert {event: [rule.template for rule in of] for event, of in rules.by_event.items()} == {
        "INSERT": ["welcome"],
        "MODIFY": ["profile-changed"],
    }
    assert rules.by_event["MODIFY"][0].changed == ("email", "name")


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ({"S": "SHIPPED"}, True),
        ({"S": "shipped"}, False),
        ({"S": ""}, False),
        ({"N": "5"}, True),
        ({"N": "5.00"}, True),
        ({"N": "0.5E1"}, True),
        ({"N": "5.0000000000000000000000000000000000001"}, False),
        ({"S": "5"}, False),
        ({"BOOL": True}, True),
        ({"BOOL": False}, False),
        ({"S": "true"}, False),
        ({"N": "1"}, False),
        ({"L": [{"S": "SHIPPED"}]}, False),
        ({"M": {"a": {"S": "SHIPPED"}}}, False),
        ({"SS": ["SHIPPED"]}, False),
        ({"B": "U0hJUFBFRA=="}, False),
        ({"NULL": True}, False),
        (None, False),
    ],
)
def test_an_attribute_is_one_of_the_values_of_its_own_type(value: Any, holds: bool):
    wanted = condition({"S": "SHIPPED"}, {"N": "5"}, {"BOOL": True})
    assert wanted.holds({"a": value} if value else {}) is holds


@pytest.mark.parametrize(
    ("image", "holds"),
    [
        ({}, True),
        ({"a": {"NULL": True}}, True),
        ({"a": {"S": ""}}, False),
        ({"a": {"BOOL": False}}, False),
        ({"a": {"M": {}}}, False),
        ({"a": {"SS": ["x"]}}, False),
        ({"a": {"NS": ["1"]}}, False),
    ],
)
def test_missing_is_an_attribute_that_is_not_there_or_null(image: Any, holds: bool):
    assert condition({"NULL": True}).holds(image) is holds


@pytest.mark.parametrize("name", ["status", "a.b", "$or", "", "größe", "NewImage", "名前", "#s", ":v", "exists"])
def test_any_name_of_an_attribute_is_a_plain_name(name: str):
    wanted = condition({"S": "x"}, attribute=name)
    assert wanted.holds({name: {"S": "x"}})
    assert not wanted.holds({f"{name}2": {"S": "x"}, "a": {"M": {"b": {"S": "x"}}}})


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000)


@given(NUMBERS, NUMBERS)
def test_numbers_are_compared_as_numbers(wanted: Decimal, value: Decimal):
    assert condition({"N": str(wanted)}).holds({"a": {"N": str(value)}}) is (wanted == value)


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_numbers_of_38_digits_are_compared_exactly(number: int):
    wanted = condition({"N": str(number)})
    assert wanted.holds({"a": {"N": str(number)}})
    assert not wanted.holds({"a": {"N": str(number + 1)}})
