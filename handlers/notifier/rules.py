"""The rules of mail, as the program wrote them into a file of the function's archive: which changes send what to whom.

The file is JSON. Each rule has a template, events, and either an attribute that holds the address or fixed addresses;
the rest may be absent:

    {"address_attribute": "email", "name_attribute": "name", "rules": [
        {"template": "shipped", "events": ["MODIFY"], "changed": ["status"],
         "where": {"status": [{"S": "SHIPPED"}, {"N": "5"}, {"BOOL": true}, {"NULL": true}]},
         "values": {"order": "orderId"}, "to_attribute": "customerEmail", "mark": "/shipped"},
        {"template": "sold", "events": ["INSERT"], "to_addresses": {"sales@example.com": "/sold/5f2b6c1d"}}]}

`mark` stands behind the record's event id in the marks of mails by the rule; a fixed address has one of its own.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_KINDS = ("S", "N", "BOOL")

Image = Mapping[str, Any]
"""The attributes of an item, typed: `{"name": {"S": "Ada"}}`."""


class Condition(NamedTuple):
    """What an attribute must be: any of these."""

    attribute: str
    texts: frozenset[str]
    numbers: frozenset[Any]
    """Decimals: numbers are compared as numbers, exactly."""
    booleans: frozenset[bool]
    missing: bool
    """Whether it may be missing, or DynamoDB's null."""

    def holds(self, image: Image) -> bool:
        """Tells whether an item satisfies it.

        Raises:
            ArithmeticError, AttributeError, TypeError, ValueError: The attribute is no value of DynamoDB.
        """
        value = image.get(self.attribute)
        if value is None:
            return self.missing
        ((kind, content),) = value.items()
        if kind == "S":
            return content in self.texts
        if kind == "N":
            return bool(self.numbers) and _decimal(content) in self.numbers
        if kind == "BOOL":
            return content in self.booleans
        return kind == "NULL" and self.missing


class MailRule(NamedTuple):
    """One rule: a mail to send, and of which changes."""

    template: str
    changed: tuple[str, ...]
    """Of a MODIFY, attributes of which one has to change, in the order in which the mail names them; none: any."""
    where: tuple[Condition, ...]
    """All have to hold, of the item as it is after the change, of a removed one as it was."""
    to_attribute: str
    """The attribute that holds the address; empty where addresses are fixed."""
    mark: str
    to_addresses: tuple[tuple[str, str], ...]
    """Fixed addresses, as SES takes them, each with its mark."""
    values: tuple[tuple[str, str], ...]
    """Variables of the template, each with the attribute that it shows."""


class Rules(NamedTuple):
    """The rules of a stream."""

    by_event: Mapping[str, tuple[MailRule, ...]]
    """`INSERT`, `MODIFY` or `REMOVE` -> its rules."""
    address_attribute: str
    """What mails call "e-mail address" when it has changed."""
    name_attribute: str


def parse(text: str) -> Rules:
    """Returns the rules that a file holds."""
    document = json.loads(text)
    by_event: dict[str, tuple[MailRule, ...]] = {}
    for rule in document["rules"]:
        for event in rule["events"]:
            by_event[event] = (*by_event.get(event, ()), _rule(rule))
    return Rules(by_event, document["address_attribute"], document["name_attribute"])


def _rule(rule: Mapping[str, Any]) -> MailRule:
    return MailRule(
        template=rule["template"],
        changed=tuple(rule.get("changed", ())),
        where=tuple(_condition(attribute, values) for attribute, values in rule.get("where", {}).items()),
        to_attribute=rule.get("to_attribute", ""),
        mark=rule.get("mark", ""),
        to_addresses=tuple(rule.get("to_addresses", {}).items()),
        values=tuple(rule.get("values", {}).items()),
    )


def _condition(attribute: str, values: Iterable[Mapping[str, Any]]) -> Condition:
    typed = [next(iter(value.items())) for value in values]
    texts, numbers, booleans = (frozenset(value for kind, value in typed if kind == wanted) for wanted in _KINDS)
    return Condition(attribute, texts, frozenset(map(_decimal, numbers)), booleans, ("NULL", True) in typed)


def _decimal(text: str) -> Any:
    from decimal import Decimal  # takes longer to load than all of this, and few rules have numbers

    return Decimal(text)
