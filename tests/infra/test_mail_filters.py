import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handlers.notifier.decisions import Policy, decide
from handlers.notifier.rules import parse
from handlers.shared.recipients import OnlyTo
from infra.mail_filters import patterns
from infra.mail_rules import rules_file
from infra.stream_consumer import checked_pattern
from sluice.cloud.triggers.streams.filters import compile_filters


def rule(*events, **where):
    return {"template": "t", "events": list(events), "where": where, "to_addresses": ["team@example.com"]}


def documents(*rules):
    return [json.loads(text) for text in patterns(rules)]


def record(event, image=None):
    images = {"INSERT": ["NewImage"], "MODIFY": ["NewImage", "OldImage"], "REMOVE": ["OldImage"]}[event]
    change = {"Keys": {"id": {"S": "1"}}, "SequenceNumber": "1", **{name: image or {} for name in images}}
    return {"eventID": "e1", "eventName": event, "dynamodb": change}


def matches(rules, change):
    """Whether a rule matches, by the decision of the function."""
    policy = Policy(parse(rules_file(rules, "email", "name")), OnlyTo([]), enabled=True)
    return any(not isinstance(decision, str) for decision in decide(change, policy))


# ---- examples


def test_rules_of_events_alone_are_one_pattern():
    assert documents(rule("INSERT"), rule("MODIFY"), rule("INSERT", a=["x"])) == [{"eventName": ["INSERT", "MODIFY"]}]


def test_a_condition_is_on_the_image_that_its_rule_is_judged_by():
    assert documents(rule("INSERT", "REMOVE", status=["SHIPPED"])) == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": ["SHIPPED"]}}}},
        {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"status": {"S": ["SHIPPED"]}}}},
    ]


def test_values_of_one_attribute_are_one_pattern():
    assert documents(rule("INSERT", a=["x"]), rule("INSERT", a=["y", "x"])) == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"S": ["x", "y"]}}}}
    ]


def test_a_pattern_for_each_kind_of_value_while_there_is_room():
    assert documents(rule("INSERT", a=["x", 5, True])) == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"BOOL": [True]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"N": ["5"]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"S": ["x"]}}}},
    ]


def test_missing_is_without_a_text_a_number_or_a_boolean():
    absent = [{"exists": False}]
    assert documents(rule("INSERT", a=[None])) == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"S": absent, "N": absent, "BOOL": absent}}}}
    ]


def test_what_a_pattern_cannot_speak_of_is_left_to_the_function():
    for where in ({"$or": ["x"]}, {"a.b": [None]}, {"a.b": ["x", 5]}):
        assert documents(rule("INSERT", **where)) == [{"eventName": ["INSERT"]}]


def test_a_dot_and_any_letter_are_parts_of_a_name():
    passes = compile_filters(patterns([rule("INSERT", **{"a.b": ["x"], "größe": ["ß"]})]))
    assert passes(record("INSERT", {"a.b": {"S": "x"}, "größe": {"S": "ß"}}))
    assert not passes(record("INSERT", {"a": {"M": {"b": {"S": "x"}}}, "größe": {"S": "ß"}}))


def test_a_number_that_aws_may_write_with_an_exponent_is_any_number():
    passes = compile_filters(patterns([rule("INSERT", a=[1e60])]))
    assert passes(record("INSERT", {"a": {"N": "1E+60"}}))
    assert not passes(record("INSERT", {"a": {"S": "x"}}))


def test_of_six_rules_two_are_joined_and_what_they_have_in_common_stays():
    found = documents(*(rule("INSERT", a=[str(number)], **{f"c{number}": ["y"]}) for number in range(6)))
    assert len(found) == 5
    values = [document["dynamodb"]["NewImage"] for document in found]
    assert sorted(len(each["a"]["S"]) for each in values) == [1, 1, 1, 1, 2]
    assert sorted(len(each) for each in values) == [1, 2, 2, 2, 2]


def test_rules_are_joined_that_lose_least():
    near = [rule("INSERT", a=["x"], b=[letter], c=[letter]) for letter in "xy"]
    far = [rule("MODIFY", **{f"d{number}": ["z"]}) for number in range(4)]
    found = documents(*near, *far)
    assert {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"a": {"S": ["x"]}, "b": {"S": ["x", "y"]}, "c": {"S": ["x", "y"]}}},
    } in found
    assert len(found) == 5


def test_a_pattern_of_more_than_lambda_takes_loses_its_longest_condition():
    (text,) = patterns([rule("INSERT", a=["x" * 5000], b=["y"])])
    assert json.loads(text) == {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"b": {"S": ["y"]}}}}


def test_no_rule_is_no_pattern():
    with pytest.raises(ValueError, match="no mail rule"):
        patterns([])


# ---- whatever the rules: nothing that one matches is filtered out

NAMES = st.sampled_from(["a", "b", "a.b", "$or", "größe", "NewImage", "exists"])
TEXTS = st.sampled_from(["", "x", "y", "5", "true", "a.b", "ß", "*", "x" * 3000])
NUMBERS = st.sampled_from([0, 5, -5, 0.1, 100, 10**20, 1e60, 1e-60, 12345678901234567890])
VALUES = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
WHERE = st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=4), max_size=3)
EVENTS = st.lists(st.sampled_from(["INSERT", "MODIFY", "REMOVE"]), min_size=1, max_size=3, unique=True)


@st.composite
def rule_lists(draw):
    count = draw(st.integers(1, 10))
    made = [rule(*draw(EVENTS), **draw(WHERE)) for _ in range(count)]
    return [{**one, "template": f"t{number}"} for number, one in enumerate(made)]


def typed(value):
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": value} if isinstance(value, str) else {"N": as_written(Decimal(str(value)))}


def as_written(number):
    """A number as DynamoDB writes it, or of the largest and smallest as it may."""
    return format(number, "f") if -20 < number.adjusted() < 30 else str(number)


OTHERS = st.sampled_from([{"SS": ["x"]}, {"L": [{"S": "x"}]}, {"M": {"b": {"S": "x"}, "S": {"S": "x"}}}, {"B": "eA=="}])
IMAGES = st.dictionaries(NAMES, VALUES.map(typed) | OTHERS, max_size=4)


@st.composite
def fitting_images(draw, rules):
    """An image that one of the rules matches."""
    chosen = draw(st.sampled_from(rules))
    image = draw(IMAGES)
    for name, values in chosen["where"].items():
        value = draw(st.sampled_from(values))
        if value is None and draw(st.booleans()):
            image.pop(name, None)
        else:
            image[name] = typed(value)
    return draw(st.sampled_from(chosen["events"])), image


@settings(deadline=None, max_examples=300)
@given(rules=rule_lists(), data=st.data())
def test_no_record_that_a_rule_matches_is_filtered_out(rules, data):
    made = patterns(rules)
    assert 1 <= len(made) <= 5
    passes = compile_filters([checked_pattern(text) for text in made])
    event, image = data.draw(fitting_images(rules))
    image = image or {"id": {"S": "1"}}
    change = record(event, image)
    assert matches(rules, change)
    assert passes(change)


SAYABLE = st.sampled_from(["x", "y", "5", 5, 0.1, True, False])


@settings(deadline=None)
@given(
    where=st.dictionaries(st.sampled_from(["a", "b", "größe"]), st.lists(SAYABLE, min_size=1, max_size=3), max_size=1),
    event=st.sampled_from(["INSERT", "MODIFY", "REMOVE"]),
    image=IMAGES.filter(bool),
)
@example(where={"a": ["x", 5, True]}, event="INSERT", image={"b": {"S": "x"}})
def test_while_there_is_room_nothing_passes_that_no_rule_matches(where, event, image):
    """Of a condition on values that are there; where an attribute may be missing, its other kinds pass too."""
    rules = [rule("INSERT", **where)]
    change = record(event, image)
    assert compile_filters(patterns(rules))(change) == matches(rules, change)
