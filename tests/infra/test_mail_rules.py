import itertools
import json

import pytest

from infra.mail_rules import check, default_rules, mistakes, rules_file, sentence, variables

SALES = {"template": "sold", "events": ["INSERT"], "to_addresses": ["sales@Example.com", "hq@example.com"]}
SHIPPED = {"template": "shipped", "events": ["MODIFY"], "where": {"status": ["SHIPPED"]}, "to_attribute": "customer"}


def written(*rules):
    return json.loads(rules_file(rules, "email", "name"))["rules"]


def marks(*rules):
    """Template and address attribute, or address -> mark."""
    return {
        key: mark
        for rule in written(*rules)
        for key, mark in (
            {(rule["template"], address): mark for address, mark in rule["to_addresses"].items()}
            if "to_addresses" in rule
            else {(rule["template"], rule["to_attribute"]): rule["mark"]}
        ).items()
    }


# ---- the file


def test_the_file_has_the_values_as_dynamodb_has_them():
    (rule,) = written({**SHIPPED, "where": {"a": ["x", 1.50, 10**20, True, None]}})
    assert rule["where"] == {
        "a": [{"S": "x"}, {"N": "1.5"}, {"N": "100000000000000000000"}, {"BOOL": True}, {"NULL": True}]
    }


def test_a_rule_without_recipients_mails_the_address_attribute():
    document = json.loads(rules_file([{"template": "welcome", "events": ["INSERT"]}], "mail", "nick"))
    assert (document["address_attribute"], document["name_attribute"]) == ("mail", "nick")
    assert document["rules"][0]["to_attribute"] == "mail"


def test_addresses_are_written_as_ses_takes_them():
    (rule,) = written({**SALES, "to_addresses": ["sales@BÜCHER.example"]})
    assert list(rule["to_addresses"]) == ["sales@xn--bcher-kva.example"]


def test_the_same_rules_are_the_same_file():
    assert rules_file([SALES, SHIPPED], "email", "name") == rules_file([dict(SALES), dict(SHIPPED)], "email", "name")


# ---- what tells rules apart in the marks


def test_the_two_rules_that_0_1_had_are_marked_as_it_marked_them():
    assert marks(*default_rules(["email"])) == {("welcome", "email"): "", ("profile-changed", "email"): ""}


@pytest.mark.parametrize(
    "fields",
    [
        {"events": ["INSERT", "REMOVE"]},
        {"where": {"a": ["x"]}},
        {"to_attribute": "other"},
        {"template": "hello"},
    ],
)
def test_any_other_rule_is_marked_by_its_template(fields):
    rule = {"template": "welcome", "events": ["INSERT"], **fields}
    assert list(marks(rule).values()) == [f"/{rule['template']}"]


def test_a_rule_that_is_edited_keeps_its_mark():
    edited = {**SHIPPED, "events": ["INSERT", "MODIFY"], "where": {"status": ["SENT"]}, "values": {"a": "b"}}
    assert marks(SHIPPED) == marks(edited) == {("shipped", "customer"): "/shipped"}


def test_each_fixed_address_has_a_mark_that_does_not_name_it():
    found = marks(SALES)
    assert found.keys() == {("sold", "sales@example.com"), ("sold", "hq@example.com")}
    assert len(set(found.values())) == 2
    assert all(mark.startswith("/sold/") and "@" not in mark for mark in found.values())


def test_an_address_that_joins_changes_no_mark_of_the_others():
    more = {**SALES, "to_addresses": ["new@example.com", *SALES["to_addresses"]]}
    assert marks(SALES).items() < marks(more).items()


def test_the_order_of_rules_is_no_matter():
    rules = [
        *default_rules(["email"]),
        SALES,
        SHIPPED,
        {**SHIPPED, "where": {"status": ["SENT"]}, "to_attribute": "other"},
    ]
    assert all(marks(*order) == marks(*rules) for order in itertools.permutations(rules))


def test_rules_with_one_template_have_marks_of_their_own():
    one, other = {**SHIPPED, "to_attribute": "a"}, {**SHIPPED, "to_attribute": "a", "events": ["INSERT"]}
    first, second = (rule["mark"] for rule in written(one, other))
    assert first != second
    assert {first.partition("-")[0], second.partition("-")[0]} == {"/shipped"}


def test_a_further_rule_changes_no_mark_of_a_default_one():
    welcome, further = {"template": "welcome", "events": ["INSERT"]}, {**SALES, "template": "welcome"}
    assert marks(welcome, further)["welcome", "email"] == ""


# ---- what is wrong with rules together


def test_a_mistake_names_the_rule():
    assert mistakes([SALES, {**SHIPPED, "events": []}], "email") == [
        "mail rule 2 (shipped): events: found []; allowed: one or more of INSERT, MODIFY, REMOVE, each once"
    ]


def test_ten_rules_are_the_most():
    rules = [{"template": f"t{number}", "events": ["INSERT"]} for number in range(11)]
    assert mistakes(rules[:10], "email") == []
    assert mistakes(rules, "email") == ["mail rules: found 11; allowed: 10 a stream"]


@pytest.mark.parametrize(
    "twin",
    [
        {**SHIPPED, "values": {"order": "id"}},
        {**SHIPPED, "where": {"status": ["SHIPPED"]}},
    ],
)
def test_two_rules_that_send_the_same_mail_are_a_mistake(twin):
    (found,) = mistakes([SHIPPED, twin], "email")
    assert found.startswith("mail rule 2 (shipped): the same mail as rule 1")


def test_the_same_mail_to_one_more_address_is_a_mistake_where_both_have_an_address():
    assert mistakes([SALES, {**SALES, "to_addresses": ["new@example.com"]}], "email") == []
    assert mistakes([SALES, {**SALES, "to_addresses": ["new@example.com", "hq@example.com"]}], "email")


def test_numbers_that_are_equal_are_the_same_condition():
    one, other = {**SHIPPED, "where": {"a": [1, 2]}}, {**SHIPPED, "where": {"a": [2.0, 1.0]}}
    assert len(mistakes([one, other], "email")) == 1


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ValueError) as caught:
        check([{**SALES, "events": []}, {**SHIPPED, "changed": []}])
    assert len(str(caught.value).splitlines()) == 2


# ---- sentences and variables


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"template": "welcome", "events": ["INSERT"]}, "welcome to email on INSERT"),
        (
            {**SHIPPED, "changed": ["status", "city"], "events": ["INSERT", "MODIFY"]},
            "shipped to customer on INSERT or MODIFY of status or city where status is SHIPPED",
        ),
        (SALES, "sold to sales@Example.com and hq@example.com on INSERT"),
        (
            {"template": "x", "events": ["REMOVE"], "where": {"a": [True, 1.5, None], "b": ["", "y"]}},
            'x to email on REMOVE where a is true, 1.5 or missing and b is "" or y',
        ),
    ],
)
def test_a_rule_is_a_sentence(rule, words):
    assert sentence(rule, "email") == words


def test_a_template_is_given_name_and_changes_always():
    assert variables(SALES) == {"name", "changes"}
    assert variables({**SALES, "values": {"order": "id"}}) == {"name", "changes", "order"}
