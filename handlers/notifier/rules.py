"""The rules of mail, which the program wrote into a file of the function's archive: which changes send what to whom.

The file is JSON. Each rule has a template, events, and either the attribute with the address or fixed addresses; the
rest is optional:

    {"address_attribute": "email", "name_attribute": "name", "rules": [
        {"template": "shipped", "events": ["MODIFY"], "changed": ["status"],
         "where": {"status": [{"S": "SHIPPED"}, {"N": "5"}, {"BOOL": true}, {"NULL": true}]},
         "values": {"order": "orderId"}, "to_attribute": "customerEmail", "mark": "/shipped"},
        {"template": "sold", "events": ["INSERT"], "to_addresses": {"sales@example.com": "/sold/5f2b6c1d"}}]}

`mark` follows the record's event id in the marks of the rule's mails; each fixed address has its own.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_KINDS = ("S", "N", "BOOL")

Image = Mapping[str, Any]
"""The attributes of an item, typed: `{"name": {"S": "Ada"}}`."""


class Condition(NamedTuple):
    """The values that an attribute may have."""

    attribute: str
    texts: frozenset[str]
    numbers: frozenset[Any]
    """Decimals: numbers are compared as numbers, exactly."""
    booleans: frozenset[bool]
    missing: bool
    """Whether it may be absent or DynamoDB's null."""

    def holds(self, image: Image) -> bool:
        """Tells whether an item satisfies the condition.

        Raises:
            ArithmeticError, AttributeError, TypeError, ValueError: The attribute is not a DynamoDB value.
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
    """A mail to send, and for which changes."""

    template: str
    changed: tuple[str, ...]
    """For a MODIFY: one of these attributes has to change; the mail names them in this order. Empty: any."""
    where: tuple[Condition, ...]
    """All have to hold for the item after the change, or for a removed one before it."""
    to_attribute: str
    """The attribute with the address; empty if addresses are fixed."""
    mark: str
    to_addresses: tuple[tuple[str, str], ...]
    """Fixed addresses, as SES takes them, with their marks."""
    values: tuple[tuple[str, str], ...]
    """Variables of the template, with the attributes that they show."""


class Rules(NamedTuple):
    """The rules of a stream."""

    by_event: Mapping[str, tuple[MailRule, ...]]
    """`INSERT`, `MODIFY` or `REMOVE` -> its rules."""
    address_attribute: str
    """The attribute that mails call "e-mail address" among the changes."""
    name_attribute: str


def parse(text: str) -> Rules:
    """Returns the rules of a file."""
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
    from decimal import Decimal  # takes longer to load than this module, and few rules have numbers

    return Decimal(text)
