import pytest

from infra.mail_rule_mistakes import of

RULE = {"template": "welcome", "events": ["INSERT"]}
LONG = "x" * 256

MISTAKES = {
    "no template": ({"events": ["INSERT"]}, "template: found None; allowed: the name of a template's folder"),
    "a template elsewhere": ({"template": "../x"}, "template: found '../x'; allowed: the name of a template's folder"),
    "no events": ({"events": []}, "events: found []; allowed: one or more of INSERT, MODIFY, REMOVE, each once"),
    "an unknown event": ({"events": ["UPDATE"]}, "events: found ['UPDATE']; allowed: one or more of INSERT"),
    "an event twice": ({"events": ["INSERT", "INSERT"]}, "each once"),
    "events that are a text": ({"events": "INSERT"}, "events: found 'INSERT'"),
    "nothing that changes": ({"events": ["MODIFY"], "changed": []}, "changed: found []; allowed: one or more names"),
    "a change of an insert": ({"changed": ["a"]}, "changed: found ['a']; allowed: MODIFY among the events"),
    "a change twice": ({"events": ["MODIFY"], "changed": ["a", "a"]}, "each once"),
    "a change of a nameless attribute": ({"events": ["MODIFY"], "changed": [""]}, "changed: found ['']"),
    "a change of the key": (
        {"events": ["MODIFY"], "changed": ["id"]},
        "changed: found ['id']; allowed: an attribute other than id: a key never changes",
    ),
    "where is a list": ({"where": ["a"]}, "where: found ['a']; allowed: for each attribute a list"),
    "where of a nameless attribute": ({"where": {"": ["x"]}}, "where: found ''; allowed: an attribute's name"),
    "where of a long name": ({"where": {LONG: ["x"]}}, "1 to 255 characters"),
    "where of nothing": ({"where": {"a": []}}, "where.a: found []; allowed: a list of one or more texts, numbers"),
    "where of a text": ({"where": {"a": "x"}}, "where.a: found 'x'; allowed: a list"),
    "where of a map": (
        {"where": {"a": [{"b": 1}]}},
        "where.a: found {'b': 1}; allowed: texts, booleans",
    ),
    "where of no number": ({"where": {"a": [float("nan")]}}, "where.a: found nan"),
    "where of a number of 39 digits": ({"where": {"a": [10**38 + 1]}}, "numbers of up to 38 digits"),
    "where of a missing key": (
        {"where": {"id": [None, True]}},
        "where.id: found [None, True]; allowed: texts",
    ),
    "where of an address that is missing": (
        {"where": {"email": [None, 5]}},
        "where.email: found [None, 5]; allowed: an address among them: the attribute holds the address to mail",
    ),
    "where of an address that is none": (
        {"to_attribute": "mail", "where": {"mail": ["ada"]}},
        "where.mail: found ['ada']",
    ),
    "two kinds of recipients": (
        {"to_attribute": "a", "to_addresses": ["a@example.com"]},
        "to_attribute: found 'a'; allowed: an attribute or addresses, not both",
    ),
    "a nameless address attribute": ({"to_attribute": ""}, "to_attribute: found ''; allowed: an attribute's name"),
    "no address": ({"to_addresses": []}, "to_addresses: found []; allowed: a list of 1 to 50 e-mail addresses"),
    "an address that is none": ({"to_addresses": ["sales"]}, "to_addresses: found 'sales'; allowed: an e-mail address"),
    "an address twice": ({"to_addresses": ["a@x.example", "a@X.example"]}, "allowed: each address once"),
    "51 addresses": ({"to_addresses": [f"a{n}@example.com" for n in range(51)]}, "a list of 1 to 50"),
    "values as a list": ({"values": ["a"]}, "values: found ['a']; allowed: for each variable an attribute"),
    "a variable with a dot": (
        {"values": {"a.b": "a"}},
        "values: found 'a.b'; allowed: letters and digits",
    ),
    "a variable outside ASCII": ({"values": {"größe": "a"}}, "values: found 'größe'"),
    "a variable that every mail has": ({"values": {"name": "a"}}, "other variables than name and changes"),
    "a variable that is an escaped one": ({"values": {"aHtml": "a"}}, "variables that do not end with Html"),
    "a value of a nameless attribute": ({"values": {"a": ""}}, "values.a: found ''; allowed: an attribute's name"),
}


@pytest.mark.parametrize(("fields", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_field_what_was_found_and_what_is_allowed(fields, message):
    rule = (
        {**RULE, **fields}
        if "template" in fields or "events" not in fields or fields["events"] != ["INSERT"]
        else fields
    )
    (found,) = map(str, of(rule, "email", keys=["id"]))
    assert message in found


@pytest.mark.parametrize(
    "rule",
    [
        RULE,
        {"template": "x", "events": ["MODIFY", "INSERT"], "changed": ["a", "id"]},
        {**RULE, "where": {"a": ["", 0, False, None, 1e100, -1.5], "$or": ["x"], "a.b": [None], "größe": ["ß"]}},
        {**RULE, "where": {"email": [None, "ada@example.com"]}},
        {**RULE, "where": {"id": [5, "u-1"]}, "to_attribute": "customerEmail"},
        {**RULE, "where": {"email": [None]}, "to_addresses": ["team@example.com"]},
        {**RULE, "values": {"order": "Order No", "Total2": "total"}},
    ],
)
def test_a_rule_that_can_match_has_no_mistake(rule):
    assert of(rule, "email", keys=["id"]) == []


def test_all_mistakes_are_told():
    assert [
        mistake.path[0] for mistake in of({"changed": [], "where": 5, "to_addresses": 5, "values": 5}, "email")
    ] == [
        "template",
        "events",
        "changed",
        "where",
        "to_addresses",
        "values",
    ]
