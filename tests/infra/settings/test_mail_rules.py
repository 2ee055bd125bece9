import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from infra.settings.mail_rules import MailRuleSettings
from infra.settings.mistakes import mistakes
from infra.settings.places import Places

RULE = {"template": "shipped", "events": ["MODIFY"]}


class Stream(BaseModel):
    mails: list[MailRuleSettings]


class Settings(BaseModel):
    streams: Stream


def told(rule: Any) -> list[str]:
    """The lines that whoever wrote the settings reads."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"streams": {"mails": [RULE, rule]}})
    return [
        line.removeprefix("Pulumi.dev.yaml: sluice:streams.mails[1]")
        for line in mistakes(caught.value, Settings, Places({}, {}, "dev"))
    ]


def args(**fields: Any) -> Any:
    return MailRuleSettings.model_validate({**RULE, **fields}).args()


def test_a_rule_is_what_components_take():
    assert args() == RULE
    assert args(
        events=["INSERT", "MODIFY"],
        changed=["status"],
        to="customerEmail",
        where={"status": ["SHIPPED", 5, 1.5, True, None]},
        values={"order": "orderId"},
    ) == {
        "template": "shipped",
        "events": ["INSERT", "MODIFY"],
        "changed": ["status"],
        "to_attribute": "customerEmail",
        "where": {"status": ["SHIPPED", 5, 1.5, True, None]},
        "values": {"order": "orderId"},
    }


def test_a_list_of_recipients_is_fixed_addresses():
    assert args(to=["sales@example.com", "hq@example.com"])["to_addresses"] == ["sales@example.com", "hq@example.com"]


def test_a_list_of_values_names_variables_after_their_attributes():
    assert args(values=["orderId", "total"])["values"] == {"orderId": "orderId", "total": "total"}


def test_a_boolean_stays_one_beside_numbers():
    assert [type(value) for value in args(where={"a": [True, 1, 1.0]})["where"]["a"]] == [bool, int, float]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ({"events": ["INSERT"]}, ".template: missing; it has no default"),
        ({"template": "x"}, ".events: missing; it has no default"),
        ({**RULE, "event": "INSERT"}, ".event: unknown; allowed: template, events, changed, to, where, values"),
        ("welcome", ": found 'welcome'; allowed: an object of template, events, changed, to, where, values"),
        ({**RULE, "template": "Wel come"}, ".template: found 'Wel come'; allowed: the name of a template's folder"),
        ({**RULE, "events": ["UPDATE"]}, ".events[0]: found 'UPDATE'; allowed: 'INSERT', 'MODIFY' or 'REMOVE'"),
        ({**RULE, "events": []}, ".events: found []; allowed: one or more of INSERT, MODIFY, REMOVE, each once"),
        ({**RULE, "events": "INSERT"}, ".events: found 'INSERT'; allowed: a valid list"),
        ({**RULE, "events": ["INSERT"], "changed": ["a"]}, ".changed: found ['a']; allowed: MODIFY among the events"),
        ({**RULE, "changed": "a"}, ".changed: found 'a'; allowed: a valid list"),
        ({**RULE, "to": ["sales"]}, ".to: found 'sales'; allowed: an e-mail address such as team@example.com"),
        ({**RULE, "to": []}, ".to: found []; allowed: a list of 1 to 50 e-mail addresses"),
        ({**RULE, "to": ""}, ".to: found ''; allowed: an attribute's name of 1 to 255 characters"),
        ({**RULE, "to": 5}, ".to: found 5; allowed: the name of an attribute that holds the address, or a list of"),
        ({**RULE, "where": {"a": "x"}}, ".where: found {'a': 'x'}; allowed: for each attribute a list of texts"),
        ({**RULE, "where": {"a": []}}, ".where.a: found []; allowed: a list of one or more texts, numbers"),
        ({**RULE, "where": {"a": [{"b": 1}]}}, ".where.a: found {'b': 1}; allowed: texts, booleans, null, and numbers"),
        ({**RULE, "where": ["a"]}, ".where: found ['a']; allowed: for each attribute a list"),
        ({**RULE, "to": "a", "where": {"a": [None]}}, ".where.a: found [None]; allowed: an address among them"),
        (
            {**RULE, "values": ["Order No"]},
            ".values: found 'Order No'; allowed: letters and digits, a letter first",
        ),
        ({**RULE, "values": {"name": "a"}}, ".values: found 'name'; allowed: other variables than name and changes"),
        (
            {**RULE, "values": "a"},
            ".values: found 'a'; allowed: a list of attributes, or for each variable",
        ),
        ({**RULE, "values": {"a": 5}}, ".values: found {'a': 5}; allowed: a list of attributes, or for each variable"),
    ],
)
def test_a_mistake_is_one_line_with_its_key(rule, line):
    (found,) = told(rule)
    assert found.startswith(line)


def test_all_mistakes_of_a_rule_are_told_at_once():
    found = told({"template": "", "events": [], "to": ["x"], "where": {"a": []}})
    assert [line.partition(":")[0] for line in found] == [".template", ".events", ".where.a", ".to"]


def test_editors_get_a_schema():
    schema = MailRuleSettings.model_json_schema()
    assert schema["required"] == ["template", "events"]
    assert schema["properties"]["events"]["items"] == {"enum": ["INSERT", "MODIFY", "REMOVE"], "type": "string"}
    assert "any change" in json.dumps(schema["properties"]["changed"])
