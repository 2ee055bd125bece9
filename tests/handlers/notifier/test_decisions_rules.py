"""Several rules: each that matches a record sends its mail, to a person or to fixed addresses."""

import json
from typing import Any

import pytest

from handlers.notifier import decisions
from handlers.notifier.decisions import Mail, decide, plan
from handlers.shared.recipients import MALFORMED, OnlyTo
from tests.handlers.notifier.test_decisions import ADA, insert, modify, policy, record

SHIPPED = {"S": "SHIPPED"}
TO_SALES = {"to_addresses": {"sales@example.com": "/sold/1", "hq@example.com": "/sold/2"}}


def rule(**fields: Any) -> dict[str, Any]:
    return {"template": "shipped", "events": ["INSERT"], "mark": "/shipped", **fields}


def sent(stream_record: dict[str, Any], *rules: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Template, address and mark of each mail; nothing else may come of the record."""
    made = [decision for decision in decide(stream_record, policy(*rules)) if isinstance(decision, Mail)]
    assert len(made) == len(decide(stream_record, policy(*rules)))
    return [(mail.template, mail.to, mail.mark) for mail in made]


def values(stream_record: dict[str, Any], **fields: Any) -> dict[str, str]:
    (mail,) = decide(stream_record, policy(rule(events=["INSERT", "MODIFY", "REMOVE"], **fields)))
    assert isinstance(mail, Mail), mail
    return json.loads(mail.data)


def test_each_rule_that_matches_sends_its_mail_to_each_of_its_addresses():
    assert sent(insert(), rule(), rule(template="sold", **TO_SALES)) == [
        ("shipped", "ada@example.com", "e1/shipped"),
        ("sold", "sales@example.com", "e1/sold/1"),
        ("sold", "hq@example.com", "e1/sold/2"),
    ]


def test_a_rule_without_a_mark_of_its_own_is_marked_by_the_record():
    assert sent(insert(), rule(mark="")) == [("shipped", "ada@example.com", "e1")]


def test_all_attributes_have_to_be_one_of_what_is_asked():
    asked = rule(where={"status": [SHIPPED, {"S": "SENT"}], "paid": [{"BOOL": True}]})
    assert sent(insert(status=SHIPPED, paid={"BOOL": True}), asked)
    assert decide(insert(status=SHIPPED, paid={"BOOL": False}), policy(asked)) == [decisions.NO_RULE_MATCHES]
    assert decide(insert(paid={"BOOL": True}), policy(asked)) == [decisions.NO_RULE_MATCHES]


def test_a_rule_that_does_not_match_stops_none_behind_it():
    elsewhere = rule(events=["MODIFY"], where={"status": [SHIPPED]})
    unwatched = rule(events=["MODIFY"], changed=["phone"])
    change = modify({"status": {"S": "NEW"}}, {"status": {"S": "PAID"}})
    for first in (elsewhere, unwatched):
        assert sent(change, first, rule(events=["MODIFY"], template="paid")) == [
            ("paid", "ada@example.com", "e1/shipped")
        ]


def test_a_modification_is_judged_by_the_item_as_it_is_afterwards():
    asked = rule(events=["MODIFY"], where={"status": [SHIPPED]}, changed=["status"])
    assert sent(modify({"status": {"S": "NEW"}}, {"status": SHIPPED}), asked)
    assert decide(modify({"status": SHIPPED}, {"status": {"S": "NEW"}}), policy(asked)) == [decisions.NO_RULE_MATCHES]
    assert decide(modify({"status": SHIPPED, "n": {"N": "1"}}, {"status": SHIPPED}), policy(asked)) == [
        decisions.NOTHING_WATCHED_CHANGED
    ]


def test_a_removal_is_judged_and_mailed_by_the_item_as_it_was():
    asked = rule(events=["REMOVE"], where={"status": [SHIPPED]}, values={"status": "status"})
    (mail,) = decide(record("REMOVE", old={**ADA, "status": SHIPPED}), policy(asked))
    assert isinstance(mail, Mail)
    assert (mail.to, json.loads(mail.data)["name"], json.loads(mail.data)["status"]) == (
        "ada@example.com",
        "Ada",
        "SHIPPED",
    )


def test_a_rule_that_watches_nothing_is_told_of_any_change_by_name():
    found = values(modify({"b": {"N": "1"}, "a": {"N": "1"}}, {"b": {"N": "2"}, "c": {"N": "1"}}))
    assert found["changes"] == "a, b and c"


def test_what_a_rule_watches_is_no_matter_to_an_insert():
    assert values(insert(), changed=["status"])["changes"] == ""


def test_an_address_may_lie_in_an_attribute_of_the_rule():
    assert sent(insert(customerEmail={"S": "bob@example.com"}), rule(to_attribute="customerEmail")) == [
        ("shipped", "bob@example.com", "e1/shipped")
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"S": "A-17"}, "A-17"),
        ({"N": "49.90"}, "49.90"),
        ({"N": "-1234567.5"}, "-1234567.5"),
        ({"BOOL": True}, "true"),
        ({"NULL": True}, ""),
        (None, ""),
        ({"SS": ["a", "b"]}, '["a","b"]'),
        ({"S": "x\r\nBcc: eve@example.com"}, "x Bcc: eve@ example. com"),
        ({"S": "http://evil.example/login"}, "http: // evil. example/login"),
        ({"S": "=?utf-8?q?x?="}, "= ?utf-8?q?x?="),
        ({"L": [{"S": "www.evil.example"}]}, '["www. evil. example"]'),
        ({"S": "y" * 400_000}, "y" * 99 + "…"),
    ],
)
def test_a_value_is_shown_in_one_inert_line(value: Any, shown: str):
    assert values(insert(order=value), values={"order": "order"})["order"] == shown


def test_a_value_is_escaped_beside_the_plain_one():
    found = values(insert(order={"S": "<b>&\"'"}), values={"order": "order"})
    assert (found["order"], found["orderHtml"]) == ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;")


def test_a_value_that_cannot_be_read_spoils_its_own_rule_alone():
    rules = (rule(values={"order": "order"}), rule(template="other", mark="/other"))
    decided = decide(insert(order={"UUID": "?"}), policy(*rules))
    assert decided[0] == decisions.UNREADABLE
    assert isinstance(decided[1], Mail)


def test_a_number_that_is_none_spoils_its_own_rule_alone():
    rules = (rule(where={"n": [{"N": "1"}]}), rule(template="other", mark="/other"))
    decided = decide(insert(n={"N": "one"}), policy(*rules))
    assert [isinstance(decision, Mail) for decision in decided] == [False, True]


def test_each_address_has_its_own_reason():
    rules = policy(rule(), rule(template="sold", **TO_SALES))._replace(only_to=OnlyTo(["sales@example.com"]))
    decided = decide(insert(email={"S": "ada"}), rules)
    assert [getattr(decision, "to", decision) for decision in decided] == [
        MALFORMED,
        "sales@example.com",
        decisions.NOT_ALLOWED,
    ]


def test_a_record_that_comes_twice_in_a_batch_sends_each_mail_once():
    mails, skipped = plan([insert(), insert()], policy(rule(), rule(template="sold", **TO_SALES)))
    assert [mail.mark for mail in mails] == ["e1/shipped", "e1/sold/1", "e1/sold/2"]
    assert skipped == {decisions.REPEATED: 3}


def test_a_record_of_no_rule_is_counted_once():
    _, skipped = plan([insert()], policy(rule(where={"a": [SHIPPED]}), rule(where={"b": [SHIPPED]})))
    assert skipped == {decisions.NO_RULE_MATCHES: 1}


def test_mails_to_fixed_addresses_keep_no_order():
    mails, _ = plan([insert()], policy(rule(), rule(template="sold", **TO_SALES)))
    assert [mail.in_order for mail in mails] == [True, False, False]
