"""The mistakes in a mail rule: each wrong field, its value and what is allowed."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from handlers.shared.recipients import UnusableAddressError, deliverable
from infra.filters import EVENT_NAMES
from infra.numbers import decimal_of

_TEMPLATE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_LONGEST_ATTRIBUTE = 255
_MOST_ADDRESSES = 50
_ATTRIBUTE = f"an attribute's name of 1 to {_LONGEST_ATTRIBUTE} characters"
GIVEN = ("name", "changes")
"""Variables of every template."""


class Mistake(NamedTuple):
    """One mistake."""

    path: tuple[str, ...]
    """The field, and the keys within it."""
    found: Any
    allowed: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: found {self.found!r}; allowed: {self.allowed}"


def of(rule: Mapping[str, Any], address_attribute: str | None, keys: Collection[str] = ()) -> list[Mistake]:
    """Returns the mistakes in a rule, including conditions that can never match.

    Args:
        rule: A `MailRule`, not checked yet.
        address_attribute: The attribute with the address unless the rule names another; None where it is not known.
        keys: The key attributes of its table, where they are known.
    """
    return [
        *_of_template_and_events(rule),
        *_of_changed(rule, keys),
        *_of_where(rule, keys),
        *_of_recipients(rule, address_attribute),
        *_of_values(rule),
    ]


def usable(address: str) -> str:
    """Returns an address as SES accepts it, normalized to compare with others: a domain has no case.

    Raises:
        UnusableAddressError: SES does not accept it.
    """
    local, _, host = deliverable(address).rpartition("@")
    return f"{local}@{host.lower()}"


def _of_template_and_events(rule: Mapping[str, Any]) -> Iterator[Mistake]:
    template, events = rule.get("template"), rule.get("events", [])
    if not isinstance(template, str) or not _TEMPLATE.fullmatch(template):
        yield Mistake(("template",), template, "the name of a template's folder: 1 to 32 of a-z 0-9 -")
    if not _are_texts(events) or not set(events) <= set(EVENT_NAMES) or len(set(events)) < len(events):
        yield Mistake(("events",), events, f"one or more of {', '.join(EVENT_NAMES)}, each once")


def _of_changed(rule: Mapping[str, Any], keys: Collection[str]) -> Iterator[Mistake]:
    if "changed" not in rule:
        return
    changed = rule["changed"]
    if not _are_texts(changed) or not all(map(_is_attribute, changed)) or len(set(changed)) < len(changed):
        yield Mistake(
            ("changed",), changed, "one or more names of attributes, each once; without it any change matches"
        )
    elif "MODIFY" not in rule.get("events", []):
        yield Mistake(
            ("changed",), changed, "MODIFY among the events, because only it changes attributes; or no `changed`"
        )
    elif set(changed) <= set(keys):
        yield Mistake(("changed",), changed, f"an attribute other than {' and '.join(keys)}: a key never changes")


def _of_where(rule: Mapping[str, Any], keys: Collection[str]) -> Iterator[Mistake]:
    where = rule.get("where", {})
    if not isinstance(where, Mapping):
        yield Mistake(("where",), where, "for each attribute a list of its allowed values")
        return
    for attribute, values in where.items():
        if not _is_attribute(attribute):
            yield Mistake(("where",), attribute, _ATTRIBUTE)
        elif isinstance(values, str | bytes | Mapping) or not isinstance(values, Collection) or not values:
            yield Mistake(
                ("where", attribute), values, "a list of one or more texts, numbers, booleans, or null for missing"
            )
        elif wrong := [value for value in values if not _is_comparable(value)]:
            yield Mistake(("where", attribute), wrong[0], "texts, booleans, null, and numbers of up to 38 digits")
        elif attribute in keys and all(value is None or isinstance(value, bool) for value in values):
            yield Mistake(
                ("where", attribute),
                list(values),
                "texts or numbers: it is a key, which is never missing or boolean",
            )


def _of_recipients(rule: Mapping[str, Any], address_attribute: str | None) -> Iterator[Mistake]:
    to = rule.get("to_attribute", address_attribute)
    if "to_addresses" in rule:
        yield from _of_addresses(rule["to_addresses"])
        if "to_attribute" in rule:
            yield Mistake(("to_attribute",), to, "an attribute or addresses, not both")
    elif to is None:
        return
    elif not _is_attribute(to):
        yield Mistake(("to_attribute",), to, _ATTRIBUTE)
    else:
        where = rule.get("where", {})
        values = where.get(to) if isinstance(where, Mapping) else None
        if isinstance(values, Collection) and values and not any(map(_is_address, values)):
            yield Mistake(("where", to), list(values), "an address among them: the attribute holds the address to mail")


def _of_addresses(addresses: Any) -> Iterator[Mistake]:
    if not _are_texts(addresses) or len(addresses) > _MOST_ADDRESSES:
        yield Mistake(("to_addresses",), addresses, f"a list of 1 to {_MOST_ADDRESSES} e-mail addresses")
    elif wrong := [address for address in addresses if not _is_address(address)]:
        yield Mistake(("to_addresses",), wrong[0], "an e-mail address such as team@example.com")
    elif len({usable(address) for address in addresses}) < len(addresses):
        yield Mistake(("to_addresses",), list(addresses), "each address once")


def _of_values(rule: Mapping[str, Any]) -> Iterator[Mistake]:
    values = rule.get("values", {})
    if not isinstance(values, Mapping):
        yield Mistake(("values",), values, "for each variable an attribute")
        return
    for variable, attribute in values.items():
        if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
            yield Mistake(
                ("values",),
                variable,
                "letters and digits, a letter first; for other attributes write variable: attribute",
            )
        elif variable in GIVEN:
            yield Mistake(("values",), variable, f"other variables than {' and '.join(GIVEN)}, which every mail has")
        elif variable.endswith("Html"):
            yield Mistake(("values",), variable, "variables that do not end with Html, which marks escaped ones")
        elif not _is_attribute(attribute):
            yield Mistake(("values", variable), attribute, _ATTRIBUTE)


def _are_texts(values: Any) -> bool:
    return isinstance(values, list | tuple) and bool(values) and all(isinstance(value, str) for value in values)


def _is_attribute(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_ATTRIBUTE


def _is_comparable(value: Any) -> bool:
    if value is None or isinstance(value, bool | str):
        return True
    try:
        decimal_of(value)
    except ValueError:
        return False
    return True


def _is_address(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(usable(value))
    except UnusableAddressError:
        return False
