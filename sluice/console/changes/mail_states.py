"""Whether the mails that changes ask for were sent, and in plain words why a change asks for none."""

from typing import Any, NamedTuple

from sluice.cloud.emulator.outbox import Sent
from sluice.console.attributes import shown
from sluice.console.changes.changes import Change
from sluice.console.changes.notifiers import Notifier
from sluice.console.changes.previews import Outcome, Ruling
from sluice.console.console import Console
from sluice.console.outbox import Line, content_of
from sluice.target import Target

_MARKS_TABLE = "MARKS_TABLE"
_MARK_KEY = "event_id"
_KEYS_AT_ONCE = 100
_LONGEST = 120


class MailState(NamedTuple):
    """The state of a mail that a rule asks for or rules out."""

    template: str
    outcome: Outcome
    sent: Line | None
    """The mail in the outbox."""

    @property
    def short(self) -> str:
        """The state in a few words."""
        if self.outcome.reason:
            return self.outcome.reason.replace("_", " ")
        return "sent" if self.sent else "not sent"


def states(console: Console, change: Change, rulings: list[Ruling]) -> list[MailState]:
    """Returns the state of each mail, by the rules for changes of this kind."""
    return [
        MailState(ruling.template, outcome, _sent(console, change, outcome))
        for ruling in rulings
        if ruling.is_about
        for outcome in ruling.outcomes
    ]


def _sent(console: Console, change: Change, outcome: Outcome) -> Line | None:
    """The mail in the outbox: if several changes ask for the same mail, each gets the first free one sent after it."""
    if outcome.reason or console.is_read_only:
        return None
    alike = iter(console.outbox.alike(outcome.content))
    for twin in sorted(console.change_log.asking_for(outcome.content), key=lambda each: each.order):
        mail = next((line for line in alike if line.seconds >= twin.at), None)
        if twin.id == change.id or mail is None:
            return mail
    return None


def change_of(console: Console, sent: Sent) -> Change | None:
    """Returns the change that a mail is about; None if that is not known, or not yet."""
    content = content_of(sent.mail["to"], sent.template, sent.data)
    for change in console.change_log.asking_for(content):
        for state in states(console, change, console.change_log.rulings(change) or []):
            if state.sent and state.sent.number == sent.number:
                return change
    return None


def marked(target: Target, notifier: Notifier, rulings: list[Ruling]) -> set[str] | None:
    """Returns the marks of those mails of a change that the notifier has marked as sent; None without a table of marks.

    Raises:
        ClientError: The table of marks may not be read.
    """
    table = notifier.variables.get(_MARKS_TABLE)
    marks = [outcome.mark for ruling in rulings for outcome in ruling.outcomes if outcome.mark]
    if not table or not marks:
        return set() if table else None
    keys = [{_MARK_KEY: {"S": mark}} for mark in dict.fromkeys(marks)][:_KEYS_AT_ONCE]
    answer = target.client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys}})
    return {item[_MARK_KEY]["S"] for item in answer["Responses"].get(table, [])}


def reason(change: Change, ruling: Ruling, outcome: Outcome) -> str:
    """Returns in plain words why a rule sends no mail about a change."""
    held = change.content["dynamodb"]
    image = held.get("OldImage" if change.event == "REMOVE" else "NewImage") or {}
    about = [f"{name} is {_value(image, name)}" for name in outcome.attributes]
    match outcome.reason:
        case "event_not_handled":
            return f"The rule is about {_listed(ruling.events)}, and this is {change.event}."
        case "no_rule_matches":
            return f"The rule's `where` does not hold: {', '.join(about) or 'it asks for another item'}."
        case "nothing_watched_changed":
            return f"Nothing that the rule watches has changed: {_listed(ruling.changed)}."
        case "no_address":
            return f"There is no address to mail to: {', '.join(about)}."
        case "malformed_address":
            return f"The address is not a valid mail address: {', '.join(about)}."
        case "local_part_outside_ascii":
            return f"SES accepts only ASCII characters before the @ of an address: {', '.join(about)}."
        case "not_allowed":
            return f"The setting mail.onlyTo does not allow it: {', '.join(about) or outcome.to}."
        case "mail_disabled":
            return "The setting mail.enabled is false: mails are counted and not sent."
        case "no_image":
            return "The record holds no image of the item, so there is nothing to mail."
        case "unreadable":
            return "The record could not be read as a change of a table."
        case other:
            return other.replace("_", " ")


def _value(image: dict[str, Any], name: str) -> str:
    if name not in image:
        return "missing"
    text = shown(image[name])
    return f"“{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}”" if text else "empty"


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join(words)
