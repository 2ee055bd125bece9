"""Decides which stream record sends which mails to whom, and why the others send none.

Records are parsed by hand, because boto3's deserializer would take four times as long. Their shape:
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from handlers.notifier import content
from handlers.notifier.rules import Image, MailRule, Rules
from handlers.shared.attributes import text
from handlers.shared.recipients import OnlyTo, UnusableAddressError, deliverable

EVENT_NOT_HANDLED = "event_not_handled"
UNREADABLE = "unreadable"
NO_IMAGE = "no_image"
NO_RULE_MATCHES = "no_rule_matches"
NOTHING_WATCHED_CHANGED = "nothing_watched_changed"
NO_ADDRESS = "no_address"
NOT_ALLOWED = "not_allowed"
MAIL_DISABLED = "mail_disabled"
REPEATED = "repeated_in_batch"

_SETS = ("SS", "NS", "BS")
_NO_RECORD = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, RecursionError)

Record = Mapping[str, Any]


class Policy(NamedTuple):
    """The settings about mail."""

    rules: Rules
    only_to: OnlyTo
    enabled: bool
    """If False, mails are counted but not sent."""


class Mail(NamedTuple):
    """A mail that a stream record asks for."""

    mark: str
    """The mail's identity: the record's event id, followed by the rule's or the fixed address's mark."""
    sequence_number: str
    """The record's place in its shard."""
    template: str
    to: str
    """An address as SES takes it."""
    data: str
    """The template's values, as JSON."""
    in_order: bool = True
    """False if the order of the mails to its address does not matter, as for a fixed one, which every record mails."""


def plan(records: Sequence[Record], policy: Policy) -> tuple[list[Mail], dict[str, int]]:
    """Returns the mails for records, in their order, and the number of mails not to be sent, by reason."""
    mails: dict[str, Mail] = {}
    skipped: dict[str, int] = {}
    for record in records:
        for decision in decide(record, policy):
            if isinstance(decision, Mail) and decision.mark not in mails:
                mails[decision.mark] = decision
                continue
            reason = REPEATED if isinstance(decision, Mail) else decision
            skipped[reason] = skipped.get(reason, 0) + 1
    return list(mails.values()), skipped


def decide(record: Record, policy: Policy) -> list[Mail | str]:
    """Returns the mails for a stream record, with a reason in place of each that is not to be sent.

    A record without mails has one reason. A changed address is mailed only to the new one: the old one may be dead, or
    belong to another person by now. Nothing is raised: anything but a stream record is `UNREADABLE`.
    """
    try:
        return _decide(record, policy)
    except _NO_RECORD:
        return [UNREADABLE]


def _decide(record: Record, policy: Policy) -> list[Mail | str]:
    event = record["eventName"]
    rules = policy.rules.by_event.get(event)
    if not rules:
        return [EVENT_NOT_HANDLED]
    change = record["dynamodb"]
    after, before = change.get("NewImage"), change.get("OldImage")
    image = before if event == "REMOVE" else after
    if not image or (event == "MODIFY" and not before):
        return [NO_IMAGE]
    event_id, sequence_number = _text(record["eventID"]), _text(change["SequenceNumber"])
    decisions: list[Mail | str] = []
    reason = NOTHING_WATCHED_CHANGED
    for rule in rules:
        try:
            if rule.where and not all(condition.holds(image) for condition in rule.where):
                reason = NO_RULE_MATCHES
                continue
            changes = _changes(rule, before, after) if event == "MODIFY" else ()
            if event == "MODIFY" and rule.changed and not changes:
                continue
            if rule.to_attribute:
                decisions.append(_to_person(rule, event_id, sequence_number, image, changes, policy))
            else:
                decisions += _to_fixed(rule, event_id, sequence_number, image, changes, policy)
        except UnusableAddressError as error:
            decisions.append(error.reason)
        except _NO_RECORD:  # one rule's failure does not affect the others
            decisions += [] if UNREADABLE in decisions else [UNREADABLE]
    return decisions or [reason]


def _changes(rule: MailRule, before: Image, after: Image) -> tuple[str, ...]:
    """Returns the changed attributes, of those that a rule watches or of all."""
    watched = rule.changed or sorted({**before, **after})
    return tuple([name for name in watched if not _same(before.get(name), after.get(name))])


def _to_person(
    rule: MailRule, event_id: str, sequence_number: str, image: Image, changes: tuple[str, ...], policy: Policy
) -> Mail | str:
    address = _string(image, rule.to_attribute)
    to = deliverable(address) if address else ""
    objection = _objection(to, policy)
    if objection:
        return objection
    data = _data(rule, image, changes, policy.rules)
    return Mail(event_id + rule.mark, sequence_number, rule.template, to, data)


def _to_fixed(
    rule: MailRule, event_id: str, sequence_number: str, image: Image, changes: tuple[str, ...], policy: Policy
) -> list[Mail | str]:
    data = _data(rule, image, changes, policy.rules)
    return [
        _objection(to, policy) or Mail(event_id + mark, sequence_number, rule.template, to, data, in_order=False)
        for to, mark in rule.to_addresses
    ]


def _objection(to: str, policy: Policy) -> str | None:
    if not to:
        return NO_ADDRESS
    if not policy.only_to.allows(to):
        return NOT_ALLOWED
    return None if policy.enabled else MAIL_DISABLED


def _data(rule: MailRule, image: Image, changes: tuple[str, ...], rules: Rules) -> str:
    name = content.cleaned(_string(image, rules.name_attribute))
    spoken = _spoken(changes, rules.address_attribute)
    if not rule.values:
        return content.data(name, spoken)
    values = [(variable, content.cleaned(text(image.get(attribute)))) for variable, attribute in rule.values]
    return content.data(name, spoken, values)


_spoken = lru_cache(maxsize=1000)(content.spoken)  # a batch changes few different sets of attributes


def _string(image: Image, attribute: str) -> str:
    value = image.get(attribute)
    return value.get("S", "") if value else ""


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(type(value).__name__)
    return value


def _same(before: Any, after: Any) -> bool:
    """Compares two attribute values, each perhaps absent; DynamoDB's sets have no order."""
    if before == after:
        return True
    return before is not None and after is not None and _ordered(before) == _ordered(after)


def _ordered(value: Any) -> Any:
    ((kind, members),) = value.items()
    if kind in _SETS:
        return {kind: sorted(members)}
    if kind == "M":
        return {kind: {name: _ordered(member) for name, member in members.items()}}
    if kind == "L":
        return {kind: [_ordered(member) for member in members]}
    return value
