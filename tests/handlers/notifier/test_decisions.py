"""Which stream record sends which mail, and why the others send none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notifier import content, decisions
from handlers.notifier.decisions import Mail, Policy, decide
from handlers.notifier.rules import parse
from handlers.shared.recipients import LOCAL_PART_OUTSIDE_ASCII, MALFORMED, OnlyTo
from tests.handlers.notifier.fakes import PROFILE_CHANGED, WELCOME


def policy(*rules: dict[str, Any], **other: Any) -> Policy:
    """A policy of rules, each of which mails the attribute `email` unless it says otherwise."""
    document = {"address_attribute": "email", "name_attribute": "name", **other}
    written = [rule if "to_addresses" in rule else {"to_attribute": "email", **rule} for rule in rules]
    return Policy(parse(json.dumps({**document, "rules": written})), OnlyTo([]), enabled=True)


def watching(*attributes: str) -> Policy:
    """The rules that 0.1 had built in."""
    return policy(
        {"template": WELCOME, "events": ["INSERT"]},
        {"template": PROFILE_CHANGED, "events": ["MODIFY"], "changed": list(attributes)},
    )


RULES = watching("email", "name")
ADA = {"userId": {"S": "1"}, "email": {"S": "ada@example.com"}, "name": {"S": "Ada"}}


def record(event: str, *, new: dict[str, Any] | None = None, old: dict[str, Any] | None = None) -> dict[str, Any]:
    change: dict[str, Any] = {
        "Keys": {"userId": {"S": "1"}},
        "SequenceNumber": "111",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    change |= {"NewImage": new} if new else {}
    change |= {"OldImage": old} if old else {}
    return {"eventID": "e1", "eventName": event, "dynamodb": change}


def insert(**attributes: Any) -> dict[str, Any]:
    return record("INSERT", new={**ADA, **attributes})


def modify(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return record("MODIFY", old={**ADA, **before}, new={**ADA, **after})


def mail(stream_record: dict[str, Any], rules: Policy = RULES) -> Mail:
    (decision,) = decide(stream_record, rules)
    assert isinstance(decision, Mail), decision
    return decision


def test_a_new_user_is_welcomed():
    assert mail(insert()) == Mail("e1", "111", "welcome", "ada@example.com", content.data("Ada", ""))


def test_a_changed_watched_attribute_is_told_by_its_name_and_never_by_its_value():
    note = mail(modify({"name": {"S": "Augusta"}}, {}))
    assert note.template == "profile-changed"
    assert json.loads(note.data)["changes"] == "name"
    assert "Augusta" not in note.data


def test_several_changes_are_one_mail_that_names_them_in_the_order_of_the_setting():
    note = mail(modify({}, {"name": {"S": "Augusta"}, "email": {"S": "augusta@example.com"}}))
    assert json.loads(note.data)["changes"] == "e-mail address and name"


def test_a_changed_address_is_told_to_the_new_one():
    assert mail(modify({"email": {"S": "old@example.com"}}, {})).to == "ada@example.com"


def test_a_change_of_nothing_watched_sends_none():
    assert decide(modify({"logins": {"N": "1"}}, {"logins": {"N": "2"}}), RULES) == [decisions.NOTHING_WATCHED_CHANGED]


def test_an_attribute_that_comes_or_goes_has_changed():
    nameless = {name: value for name, value in ADA.items() if name != "name"}
    assert mail(record("MODIFY", old=nameless, new=ADA), RULES)
    assert mail(record("MODIFY", old=ADA, new=nameless), RULES)


TAGS = watching("tags")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"NS": ["1", "2"]}, {"NS": ["2", "1"]}),
        ({"BS": ["YQ==", "Yg=="]}, {"BS": ["Yg==", "YQ=="]}),
        ({"M": {"x": {"L": [{"SS": ["a", "b"]}]}}}, {"M": {"x": {"L": [{"SS": ["b", "a"]}]}}}),
    ],
)
def test_a_set_in_another_order_is_the_same_set(before: dict[str, Any], after: dict[str, Any]):
    assert decide(modify({"tags": before}, {"tags": after}), TAGS) == [decisions.NOTHING_WATCHED_CHANGED]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"SS": ["a", "b"]}, {"SS": ["a", "c"]}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"S": "1"}, {"N": "1"}),
        ({"S": ""}, {"NULL": True}),
        ({"M": {"x": {"S": "a"}}}, {"M": {"y": {"S": "a"}}}),
        ({"SS": ["1"]}, {"NS": ["1"]}),
    ],
)
def test_another_value_type_or_list_order_is_a_change(before: dict[str, Any], after: dict[str, Any]):
    assert mail(modify({"tags": before}, {"tags": after}), TAGS)


@pytest.mark.parametrize("event", ["REMOVE", "REPLACE", ""])
def test_other_events_are_passed_over(event: str):
    assert decide(record(event, old=ADA), RULES) == [decisions.EVENT_NOT_HANDLED]


@pytest.mark.parametrize("stream_record", [record("INSERT"), record("MODIFY", new=ADA), record("MODIFY", old=ADA)])
def test_without_its_images_a_record_sends_none(stream_record: dict[str, Any]):
    assert decide(stream_record, RULES) == [decisions.NO_IMAGE]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (None, decisions.NO_ADDRESS),
        ({"S": ""}, decisions.NO_ADDRESS),
        ({"NULL": True}, decisions.NO_ADDRESS),
        ({"N": "5"}, decisions.NO_ADDRESS),
        ({"UUID": "of a type that DynamoDB has not yet"}, decisions.NO_ADDRESS),
        ({"S": "ada"}, MALFORMED),
        ({"S": "ada@example.com\r\nBcc: eve@example.com"}, MALFORMED),
        ({"S": "a" * 400_000}, MALFORMED),
        ({"S": "jürgen@example.com"}, LOCAL_PART_OUTSIDE_ASCII),
        ({"S": 5}, decisions.UNREADABLE),
    ],
)
def test_a_person_without_a_usable_address_is_skipped_with_the_reason(address: Any, reason: str):
    assert decide(insert(email=address), RULES) == [reason]


@pytest.mark.parametrize(
    "name", [None, {"S": ""}, {"S": " \r\n"}, {"S": "\u200d"}, {"S": "\u3164\u00ad"}, {"N": "5"}, {"UUID": "?"}]
)
def test_a_person_without_a_name_is_mailed_all_the_same(name: Any):
    assert json.loads(mail(insert(name=name)).data) == {
        "name": "there",
        "nameHtml": "there",
        "changes": "",
        "changesHtml": "",
    }


def test_a_name_reaches_the_mail_cleaned():
    data = mail(insert(name={"S": "Ada\r\nBcc: eve@example.com"})).data
    assert data == content.data("Ada Bcc: eve@ example. com", "")
    assert "eve@example" not in data


def test_neither_a_name_nor_a_change_holds_a_link_or_an_encoded_word():
    rules = watching("http://evil.example", "name")
    note = mail(
        modify({"name": {"S": "Ada"}, "http://evil.example": {"N": "1"}}, {"name": {"S": "=?utf-8?q?x?="}}), rules
    )
    assert json.loads(note.data) == {
        "name": "= ?utf-8?q?x?=",
        "nameHtml": "= ?utf-8?q?x?=",
        "changes": "http: // evil example and name",
        "changesHtml": "http: // evil example and name",
    }


def test_an_item_of_400_kb_makes_a_short_mail():
    assert len(mail(insert(name={"S": "<" * 200_000}, blob={"B": "AAAA" * 50_000})).data) < 2_000


def test_somebody_outside_the_list_is_skipped():
    rules = RULES._replace(only_to=OnlyTo(["example.org"]))
    assert decide(insert(), rules) == [decisions.NOT_ALLOWED]


def test_with_mail_disabled_what_would_be_sent_is_told_from_what_would_not():
    rules = RULES._replace(enabled=False)
    assert decide(insert(), rules) == [decisions.MAIL_DISABLED]
    assert decide(insert(email={"S": ""}), rules) == [decisions.NO_ADDRESS]


@pytest.mark.parametrize("missing", ["eventID", "eventName", "dynamodb"])
def test_a_record_that_lacks_its_own_fields_is_unreadable(missing: str):
    assert decide({name: value for name, value in insert().items() if name != missing}, RULES) == [decisions.UNREADABLE]


EVERY = policy(
    {"template": WELCOME, "events": ["INSERT"], "values": {"id": "userId"}},
    {"template": PROFILE_CHANGED, "events": ["MODIFY"], "changed": ["email", "name"]},
    {"template": "any", "events": ["MODIFY"]},
    {
        "template": "some",
        "events": ["INSERT", "MODIFY"],
        "where": {"name": [{"S": "a"}, {"N": "1"}, {"BOOL": True}, {"NULL": True}]},
        "to_addresses": {"team@example.com": "/some/a"},
    },
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
VALUE = JSON | st.dictionaries(st.sampled_from(["S", "N", "SS", "M", "L", "X"]), JSON, max_size=2)
IMAGE = JSON | st.dictionaries(st.sampled_from(["email", "name", "userId"]), VALUE, max_size=3)


@given(
    JSON
    | st.fixed_dictionaries(
        {"eventID": JSON, "eventName": st.sampled_from(["INSERT", "MODIFY"])},
        optional={
            "dynamodb": JSON
            | st.fixed_dictionaries({}, optional={"NewImage": IMAGE, "OldImage": IMAGE, "SequenceNumber": JSON})
        },
    )
)
def test_whatever_a_record_holds_it_is_a_mail_or_a_reason(stream_record: Any):
    decided = decide(stream_record, EVERY)
    assert decided
    assert all(isinstance(decision, Mail | str) for decision in decided)
