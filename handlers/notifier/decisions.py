"""Which stream record sends which mail to whom, and why the others send none.

Records are read by hand: boto3's deserializer would take four times as long. Their shape:
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from handlers.notifier import content
from handlers.notifier.environment import ADDRESS_ATTRIBUTE, NAME_ATTRIBUTE, PROFILE_CHANGED, WELCOME
from handlers.shared.recipients import OnlyTo, UnusableAddressError, deliverable

EVENT_NOT_HANDLED = "event_not_handled"
UNREADABLE = "unreadable"
NO_IMAGE = "no_image"
NOTHING_WATCHED_CHANGED = "nothing_watched_changed"
NO_ADDRESS = "no_address"
NOT_ALLOWED = "not_allowed"
MAIL_DISABLED = "mail_disabled"
REPEATED = "repeated_in_batch"

_SETS = ("SS", "NS", "BS")

Record = Mapping[str, Any]


class Rules(NamedTuple):
    """What the settings say about mail."""

    watched: tuple[str, ...]
    """The attributes whose change is worth a mail, in the order in which the mail names them."""
    only_to: OnlyTo
    enabled: bool
    """False where mails are counted and not sent."""


class Mail(NamedTuple):
    """A mail that a stream record asks for."""

    event_id: str
    """The record's; the mail's identity."""
    sequence_number: str
    """The record's place in its shard."""
    template: str
    """`WELCOME` or `PROFILE_CHANGED`."""
    to: str
    """An address as SES takes it."""
    data: str
    """The template's values, as JSON."""


def plan(records: Sequence[Record], rules: Rules) -> tuple[list[Mail], dict[str, int]]:
    """Returns the mails that records ask for, in their order, and how many ask for none, by reason."""
    mails: dict[str, Mail] = {}
    skipped: dict[str, int] = {}
    for record in records:
        decision = decide(record, rules)
        if isinstance(decision, Mail):
            if decision.event_id not in mails:
                mails[decision.event_id] = decision
                continue
            decision = REPEATED
        skipped[decision] = skipped.get(decision, 0) + 1
    return list(mails.values()), skipped


def decide(record: Record, rules: Rules) -> Mail | str:
    """Returns the mail that a stream record asks for, or the reason why it asks for none.

    A changed address is mailed to the new one alone: the old one may be dead by now, or somebody else's.
    Nothing is raised: what is no stream record is `UNREADABLE`.
    """
    try:
        return _decide(record, rules)
    except UnusableAddressError as error:
        return error.reason
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return UNREADABLE


def _decide(record: Record, rules: Rules) -> Mail | str:
    event = record["eventName"]
    if event not in ("INSERT", "MODIFY"):
        return EVENT_NOT_HANDLED
    change = record["dynamodb"]
    after, before = change.get("NewImage"), change.get("OldImage")
    if not after or (event == "MODIFY" and not before):
        return NO_IMAGE
    changes = [name for name in rules.watched if not _same(before.get(name), after.get(name))] if before else []
    if event == "MODIFY" and not changes:
        return NOTHING_WATCHED_CHANGED
    address = _string(after, ADDRESS_ATTRIBUTE)
    to = deliverable(address) if address else ""
    objection = _objection(to, rules)
    if objection:
        return objection
    name = content.cleaned(_string(after, NAME_ATTRIBUTE))
    if event == "INSERT":
        template, data = WELCOME, content.welcome(name)
    else:
        template, data = PROFILE_CHANGED, content.profile_changed(name, _spoken(tuple(changes)))
    return Mail(_text(record["eventID"]), _text(change["SequenceNumber"]), template, to, data)


def _objection(to: str, rules: Rules) -> str | None:
    if not to:
        return NO_ADDRESS
    if not rules.only_to.allows(to):
        return NOT_ALLOWED
    return None if rules.enabled else MAIL_DISABLED


_spoken = cache(content.spoken)  # a batch changes few different sets of attributes


def _string(image: Mapping[str, Any], attribute: str) -> str:
    value = image.get(attribute)
    return value.get("S", "") if value else ""


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(type(value).__name__)
    return value


def _same(before: Any, after: Any) -> bool:
    """Compares two attribute values, or their absence; DynamoDB's sets have no order."""
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
