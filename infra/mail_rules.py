"""Mail rules: which changes send which mail to whom; their mistakes; the file of rules that the notifier reads.

A mail is marked once it is sent, by its record and its rule. A mark identifies a rule by its template's name, so the
order of the list does not matter, and an edited rule stays the same one. Where several rules have the same template,
a mark also has a digest of the rule's events, `changed`, `where` and address attribute: if such a rule is edited, or a
rule gets a second one with its template, its marks are different, and a record that is delivered again is mailed again.
A fixed address has a mark of its own. The two default rules are marked as in 0.1, by the record alone, until they get
a `where`, other events or another recipient.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from infra import mail_rule_mistakes, stream_defaults
from infra.numbers import attribute_value

MAXIMUM_RULES = 10


class MailRule(TypedDict):
    """One rule: each record that matches sends one mail to each address."""

    template: str
    """The name of a template: a folder of `subject.txt`, `body.txt` and `body.html`."""
    events: Sequence[str]
    """`INSERT`, `MODIFY`, `REMOVE`: one or more."""
    changed: NotRequired[Sequence[str]]
    """Attributes; at least one has to change for a `MODIFY` to match; any change by default."""
    where: NotRequired[Mapping[str, Sequence[Any]]]
    """Attribute -> allowed values: texts, numbers, booleans, None for missing or null. All attributes have to match, in
    the item after the change, or in a removed item as it was."""
    to_attribute: NotRequired[str]
    """The attribute of the same item that holds the address; the stream's address attribute by default."""
    to_addresses: NotRequired[Sequence[str]]
    """Fixed addresses instead: one mail to each."""
    values: NotRequired[Mapping[str, str]]
    """Variables of the template besides `name` and `changes` -> the attribute that each shows."""


def default_rules(watch: Sequence[str]) -> list[MailRule]:
    """Returns the rules for a table of people: a welcome, and a note when a watched attribute has changed."""
    return [
        {"template": "welcome", "events": ["INSERT"]},
        {"template": "profile-changed", "events": ["MODIFY"], "changed": watch},
    ]


def mistakes(rules: Sequence[MailRule], address_attribute: str, keys: Collection[str] = ()) -> list[str]:
    """Returns the mistakes in rules, a line for each, with the rule and its field.

    A rule that can never match is a mistake. `keys` are the table's key attributes, where they are known.
    """
    found = [
        f"{_title(number, rule)}: {mistake}"
        for number, rule in enumerate(rules, 1)
        for mistake in mail_rule_mistakes.of(rule, address_attribute, keys)
    ]
    if len(rules) > MAXIMUM_RULES:
        found.append(f"mail rules: found {len(rules)}; allowed: {MAXIMUM_RULES} a stream")
    return found or _same_mails(rules, address_attribute)


def check(
    rules: Sequence[MailRule],
    address_attribute: str = stream_defaults.ADDRESS_ATTRIBUTE,
    keys: Collection[str] = (),
) -> None:
    """Checks rules; `keys` are the table's key attributes, where they are known.

    Raises:
        ValueError: There are mistakes; the message has a line for each.
    """
    if found := mistakes(rules, address_attribute, keys):
        raise ValueError("\n".join(found))


def rules_file(rules: Sequence[MailRule], address_attribute: str, name_attribute: str) -> str:
    """Returns the file of rules that the notifier reads; `handlers.notifier.rules` describes it."""
    marks = _marks(rules, address_attribute)
    written = [_written(rule, mark, address_attribute) for rule, mark in zip(rules, marks, strict=True)]
    document = {"address_attribute": address_attribute, "name_attribute": name_attribute, "rules": written}
    return json.dumps(document, indent=1) + "\n"


def sentence(rule: MailRule, address_attribute: str) -> str:
    """Returns a rule as a sentence: "welcome to email on INSERT where status is SHIPPED"."""
    to = _listed(rule["to_addresses"], "and") if "to_addresses" in rule else _to(rule, address_attribute)
    events = [
        f"{event} of {_listed(rule['changed'], 'or')}" if event == "MODIFY" and "changed" in rule else event
        for event in rule["events"]
    ]
    where = [
        f"{attribute} is {_listed([_said(value) for value in values], 'or')}"
        for attribute, values in rule.get("where", {}).items()
    ]
    return f"{rule['template']} to {to} on {_listed(events, 'or')}" + (
        f" where {_listed(where, 'and')}" if where else ""
    )


def variables(rule: MailRule) -> set[str]:
    """Returns the variables that a rule gives to its template, without those for HTML."""
    return {"name", "changes", *rule.get("values", {})}


def _title(number: int, rule: Mapping[str, Any]) -> str:
    return f"mail rule {number} ({rule.get('template', 'no template')})"


def _to(rule: MailRule, address_attribute: str) -> str:
    return rule.get("to_attribute") or address_attribute


def _same_mails(rules: Sequence[MailRule], address_attribute: str) -> list[str]:
    first: dict[str, int] = {}
    found = []
    for number, (rule, mark) in enumerate(zip(rules, _marks(rules, address_attribute), strict=True), 1):
        for each in _fixed(rule, mark).values() if "to_addresses" in rule else [mark or f"/{rule['template']}/"]:
            if first.setdefault(each, number) != number:
                found.append(
                    f"{_title(number, rule)}: the same mail as rule {first[each]}: give it another template, events, "
                    "changed, where or recipient, or leave it out"
                )
                break
    return found


def _marks(rules: Sequence[MailRule], address_attribute: str) -> list[str]:
    """Returns what follows the record in the marks of each rule; see the module's docstring."""
    old = [_is_default(rule, address_attribute) for rule in rules]
    templates = [rule["template"] for rule in rules]
    defaults = [template for template, is_old in zip(templates, old, strict=True) if is_old]
    bare = [is_old and defaults.count(template) == 1 for template, is_old in zip(templates, old, strict=True)]
    named = [template for template, is_bare in zip(templates, bare, strict=True) if not is_bare]
    return [
        ""
        if is_bare
        else f"/{rule['template']}"
        if named.count(rule["template"]) == 1
        else f"/{rule['template']}-{_digest(_distinction(rule, address_attribute))}"
        for rule, is_bare in zip(rules, bare, strict=True)
    ]


def _is_default(rule: MailRule, address_attribute: str) -> bool:
    """Returns whether a rule is one of the default rules of 0.1, whatever its `changed` and `values`."""
    if rule.get("where") or "to_addresses" in rule or _to(rule, address_attribute) != address_attribute:
        return False
    if rule["template"] == "welcome":
        return list(rule["events"]) == ["INSERT"]
    return rule["template"] == "profile-changed" and list(rule["events"]) == ["MODIFY"] and "changed" in rule


def _distinction(rule: MailRule, address_attribute: str) -> str:
    where = {
        attribute: sorted(json.dumps(attribute_value(value)) for value in values)
        for attribute, values in rule.get("where", {}).items()
    }
    to = "" if "to_addresses" in rule else _to(rule, address_attribute)
    return json.dumps([sorted(rule["events"]), sorted(rule.get("changed", ())), where, to], sort_keys=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _fixed(rule: MailRule, mark: str) -> dict[str, str]:
    """Returns fixed addresses as SES accepts them -> their marks, which contain no address."""
    addresses = [mail_rule_mistakes.usable(address) for address in rule.get("to_addresses", ())]
    return {address: f"{mark}/{_digest(address)}" for address in addresses}


def _written(rule: MailRule, mark: str, address_attribute: str) -> dict[str, Any]:
    where = {
        attribute: [attribute_value(value) for value in values] for attribute, values in rule.get("where", {}).items()
    }
    fixed = {"to_addresses": _fixed(rule, mark)}
    return {
        "template": rule["template"],
        "events": list(rule["events"]),
        "changed": list(rule.get("changed", ())),
        "where": where,
        "values": dict(rule.get("values", {})),
        **(fixed if "to_addresses" in rule else {"to_attribute": _to(rule, address_attribute), "mark": mark}),
    }


def _said(value: Any) -> str:
    typed = attribute_value(value)
    if "NULL" in typed:
        return "missing"
    return json.dumps(value) if "BOOL" in typed else str(typed.get("S") or typed.get("N") or '""')


def _listed(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
