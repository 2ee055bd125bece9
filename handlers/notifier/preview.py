"""Shows the mails for records without sending any: `python -m handlers.notifier.preview` prints them as JSON.

Reads records from standard input, runs in this repository's folder with the function's environment variables, and
decides as the function does, but for each rule separately, so that each has a mail or a reason.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from handlers.notifier import decisions
from handlers.notifier.decisions import Mail, Policy, Record, decide
from handlers.notifier.rules import MailRule
from handlers.notifier.settings import read


def preview(records: Iterable[Record], environ: Mapping[str, str]) -> list[list[dict[str, Any]]]:
    """Returns each rule's outcomes for each record.

    Args:
        records: Of the stream, as Lambda delivers them.
        environ: The function's environment variables.

    Returns:
        For each rule `template`, `events`, `changed`, `where` (attributes), `to` (the attribute, or null), and
        `outcomes`, one per mail: either `to`, `template` (its name in SES), `data` and `mark`; or a `reason`, with the
        `attributes` that it is about, and `to` if the address is fixed.
    """
    settings = read(environ)
    rules = _rules(settings.policy)
    return [
        [
            {
                "template": rule.template,
                "events": events,
                "changed": list(rule.changed),
                "where": [condition.attribute for condition in rule.where],
                "to": rule.to_attribute or None,
                "outcomes": list(_outcomes(record, rule, events, settings.policy, settings.templates)),
            }
            for rule, events in rules.items()
        ]
        for record in records
    ]


def _rules(policy: Policy) -> dict[MailRule, list[str]]:
    """Returns the rules, each with its events."""
    rules: dict[MailRule, list[str]] = {}
    for event, of_event in policy.rules.by_event.items():
        for rule in of_event:
            rules.setdefault(rule, []).append(event)
    return rules


def _outcomes(
    record: Record, rule: MailRule, events: list[str], policy: Policy, templates: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    alone = policy._replace(rules=policy.rules._replace(by_event=dict.fromkeys(events, (rule,))))
    decided = decide(record, alone)
    fixed = [to for to, _ in rule.to_addresses] if len(decided) == len(rule.to_addresses) else []
    for place, decision in enumerate(decided):
        if isinstance(decision, Mail):
            template = templates.get(decision.template, decision.template)
            yield {"to": decision.to, "template": template, "data": decision.data, "mark": decision.mark}
        else:
            about = {"to": fixed[place]} if fixed else {}
            yield {"reason": decision, "attributes": _attributes(decision, record, rule), **about}


def _attributes(reason: str, record: Record, rule: MailRule) -> list[str]:
    """Returns the attributes of a reason: failed conditions, watched attributes, or the address."""
    if reason == decisions.NO_RULE_MATCHES:
        change = record["dynamodb"]
        image = change["OldImage" if record["eventName"] == "REMOVE" else "NewImage"]
        return [condition.attribute for condition in rule.where if not condition.holds(image)]
    if reason == decisions.NOTHING_WATCHED_CHANGED:
        return list(rule.changed)
    is_of_mail = reason not in (decisions.EVENT_NOT_HANDLED, decisions.NO_IMAGE, decisions.UNREADABLE)
    return [rule.to_attribute] if rule.to_attribute and is_of_mail else []


if __name__ == "__main__":
    json.dump(preview(json.load(sys.stdin), os.environ), sys.stdout)
