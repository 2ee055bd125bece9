import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.filters import EVENT_NAMES, Filter, pattern
from sluice.cloud.triggers.streams import filters as lambdas

IMAGES = {"INSERT": {"NewImage"}, "MODIFY": {"NewImage", "OldImage"}, "REMOVE": {"OldImage"}}


def record(event, new=None, old=None):
    """A stream record with the images that its kind has."""
    images = {name: image or {} for name, image in (("NewImage", new), ("OldImage", old)) if name in IMAGES[event]}
    return {"eventName": event, "dynamodb": {"Keys": {"userId": {"S": "u1"}}, **images}}


def test_a_rule_of_events_alone_is_a_pattern_of_names():
    assert json.loads(pattern({"events": ["INSERT", "REMOVE"]})) == {"eventName": ["INSERT", "REMOVE"]}


def test_conditions_are_patterns_on_the_typed_attributes_of_the_images():
    rule: Filter = {
        "events": ["MODIFY"],
        "new": {"email": {"type": "S", "prefix": "a"}, "age": {"type": "N", "anything_but": ["0"]}},
        "old": {"active": {"type": "BOOL", "equals": [True]}, "name": {"type": "S", "exists": False}},
    }
    assert json.loads(pattern(rule)) == {
        "eventName": ["MODIFY"],
        "dynamodb": {
            "NewImage": {"email": {"S": [{"prefix": "a"}]}, "age": {"N": [{"anything-but": ["0"]}]}},
            "OldImage": {"active": {"BOOL": [True]}, "name": {"S": [{"exists": False}]}},
        },
    }


NEVER = {
    "no event": ({"events": []}, "no events can never match: name one or more of INSERT, MODIFY, REMOVE"),
    "an unknown event": ({"events": ["UPDATE"]}, "unknown events 'UPDATE' can never match: name one or more of"),
    "the new image of a removal": (
        {"events": ["MODIFY", "REMOVE"], "new": {"a": {"type": "S", "exists": True}}},
        "a filter on new attributes never matches REMOVE, which has no new image: leave REMOVE out",
    ),
    "the old image of an insert": (
        {"events": ["INSERT"], "old": {"a": {"type": "S", "exists": True}}},
        "a filter on old attributes never matches INSERT, which has no old image: leave INSERT out",
    ),
    "an attribute that Lambda takes for an operator": (
        {"events": ["INSERT"], "new": {"$or": {"type": "S", "exists": True}}},
        "a filter on new attribute '$or': Lambda reads it as an operator; filter on another attribute",
    ),
    "more than Lambda takes": (
        {"events": ["INSERT"], "new": {"a": {"type": "S", "equals": ["x" * 4096]}}},
        "Lambda allows 4096; give it fewer conditions",
    ),
}


@pytest.mark.parametrize(("rule", "message"), NEVER.values(), ids=NEVER)
def test_a_rule_that_can_never_match_is_refused_with_the_way_out(rule, message):
    with pytest.raises(ValueError) as caught:
        pattern(rule)
    assert message in str(caught.value)


NEVER_OF_AN_ATTRIBUTE = {
    "a type without filters": ({"type": "M", "exists": True}, "type 'M' cannot be filtered on; S, N and BOOL can"),
    "no test": ({"type": "S"}, "give exactly one of equals, prefix, anything_but, exists, not 0"),
    "two tests": ({"type": "S", "exists": True, "prefix": "a"}, "give exactly one of"),
    "no value": ({"type": "S", "equals": []}, "give a list of one or more values of Python type str"),
    "text for a list": ({"type": "S", "equals": "ab"}, "give a list of one or more values of Python type str"),
    "text for a boolean": ({"type": "BOOL", "equals": ["true"]}, "can never match type BOOL"),
    "a number for its text": ({"type": "N", "equals": [1]}, "can never match type N"),
    "a number that DynamoDB writes otherwise": ({"type": "N", "equals": ["1.0"]}, "write numbers as DynamoDB does"),
    "a number that is none": ({"type": "N", "anything_but": ["ten"]}, "write numbers as DynamoDB does"),
    "all but a boolean": ({"type": "BOOL", "anything_but": [True]}, "give equals the other value"),
    "a prefix of a number": ({"type": "N", "prefix": "1"}, "a prefix is a non-empty text, on an attribute of type S"),
    "an empty prefix": ({"type": "S", "prefix": ""}, "a prefix is a non-empty text"),
    "existence by word": ({"type": "S", "exists": "no"}, "exists is True or False, not 'no'"),
}


@pytest.mark.parametrize(("condition", "message"), NEVER_OF_AN_ATTRIBUTE.values(), ids=NEVER_OF_AN_ATTRIBUTE)
def test_a_condition_that_can_never_match_is_refused_with_the_attribute_and_the_way_out(condition, message):
    with pytest.raises(ValueError) as caught:
        pattern({"events": ["MODIFY"], "new": {"email": condition}})
    assert "new attribute 'email': " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("number", ["0", "-1", "10", "2.5", "0.1", "-0.001", "100000000000000000000000000000000000001"])
def test_a_number_as_dynamodb_writes_it_is_taken(number):
    made = lambdas.Filter(pattern({"events": ["INSERT"], "new": {"n": {"type": "N", "equals": [number]}}}))
    assert made(record("INSERT", new={"n": {"N": number}}))


# The matcher of the embedded cloud reads the patterns as Lambda does: what is built must be taken by it, and must let
# through what the rule says.

NAMES = st.sampled_from(["email", "name", "age"]) | st.text(min_size=1, max_size=5).filter(lambda name: name != "$or")
TEXTS = st.text(max_size=3)
NUMBERS = st.integers(-50, 50).map(str)
VALUES = {"S": TEXTS, "N": NUMBERS, "BOOL": st.booleans()}


@st.composite
def conditions(draw):
    kind = draw(st.sampled_from(["S", "N", "BOOL"]))
    tests = {
        "equals": st.lists(VALUES[kind], min_size=1, max_size=3),
        "exists": st.booleans(),
        **({"prefix": st.text(min_size=1, max_size=2)} if kind == "S" else {}),
        **({"anything_but": st.lists(VALUES[kind], min_size=1, max_size=3)} if kind != "BOOL" else {}),
    }
    test = draw(st.sampled_from(sorted(tests)))
    return {"type": kind, test: draw(tests[test])}


@st.composite
def rules(draw):
    events = draw(st.lists(st.sampled_from(EVENT_NAMES), min_size=1, max_size=3, unique=True))
    sides = [
        side for side, image in (("new", "NewImage"), ("old", "OldImage")) if all(image in IMAGES[e] for e in events)
    ]
    chosen = draw(st.lists(st.sampled_from(sides), unique=True)) if sides else []
    return {"events": events, **{side: draw(st.dictionaries(NAMES, conditions(), max_size=2)) for side in chosen}}


IMAGE = st.dictionaries(NAMES, st.one_of([st.fixed_dictionaries({kind: values}) for kind, values in VALUES.items()]))


def meant(rule, change):
    """Whether the rule, as its docstrings say, lets a record through."""

    def holds(image, name, condition):
        value = image.get(name, {}).get(condition["type"])
        if "exists" in condition:
            return (value is not None) == condition["exists"]
        if value is None:
            return False
        if "prefix" in condition:
            return value.startswith(condition["prefix"])
        return value in condition["equals"] if "equals" in condition else value not in condition["anything_but"]

    sides = {"new": "NewImage", "old": "OldImage"}
    return change["eventName"] in rule["events"] and all(
        holds(change["dynamodb"][sides[side]], name, condition)
        for side in sides.keys() & rule.keys()
        for name, condition in rule[side].items()
    )


@settings(deadline=None)
@given(rule=rules(), event=st.sampled_from(EVENT_NAMES), new=IMAGE, old=IMAGE)
def test_a_pattern_matches_the_records_that_its_rule_means_and_no_others(rule, event, new, old):
    change = record(event, new, old)
    assert lambdas.Filter(pattern(rule))(change) == meant(rule, change)


@settings(deadline=None)
@given(rule=rules(), data=st.data())
def test_a_pattern_matches_a_record_made_to_its_rule(rule, data):
    """Records drawn blindly seldom satisfy a rule; these always do."""

    def image(side):
        made = {}
        for name, condition in rule.get(side, {}).items():
            value = data.draw(fitting(condition))
            if value is not None:
                made[name] = {condition["type"]: value}
        return made

    change = record(data.draw(st.sampled_from(rule["events"])), image("new"), image("old"))
    assert lambdas.Filter(pattern(rule))(change)


def fitting(condition):
    if "equals" in condition:
        return st.sampled_from(condition["equals"])
    if "prefix" in condition:
        return TEXTS.map(lambda rest: condition["prefix"] + rest)
    if "anything_but" in condition:
        return VALUES[condition["type"]].filter(lambda value: value not in condition["anything_but"])
    return VALUES[condition["type"]] if condition["exists"] else st.none()


def test_a_record_that_satisfies_any_rule_passes():
    passes = lambdas.compile_filters([pattern({"events": ["INSERT"]}), pattern({"events": ["REMOVE"]})])
    assert [event for event in EVENT_NAMES if passes(record(event))] == ["INSERT", "REMOVE"]
