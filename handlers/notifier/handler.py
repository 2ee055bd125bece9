"""The notifier's entry point: a batch of stream records becomes mails, and the batch's partial response."""

import json
import os
from collections import Counter
from functools import cache
from time import monotonic
from typing import Any

from handlers.notifier import content, decisions, environment
from handlers.notifier.decisions import Mail, Rules
from handlers.notifier.delivery import Delivery
from handlers.notifier.marks import Claim, Marks
from handlers.notifier.patience import Patience
from handlers.notifier.sending import Sender
from handlers.shared import observability
from handlers.shared.aws import dynamodb, ses
from handlers.shared.recipients import OnlyTo


class SendingError(Exception):
    """SES refuses to send until somebody acts; what it took before is marked."""


def handle(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Mail the people whom a batch of stream records concerns.

    Returns:
        The sequence number of the first record whose mail was not sent; Lambda repeats the batch from there.

    Raises:
        SendingError: sender, template, quota, permission and the like. Raised, because a partial response
            leaves Lambda's own error count at zero.
        MarksUnavailableError: it is unknown who has been mailed, so nobody is.
    """
    started = monotonic()
    rules, sender, marks = _setup()
    mails, skipped = decisions.plan(event["Records"], rules)
    seconds = context.get_remaining_time_in_millis() / 1000
    delivery = Delivery(sender, marks, Patience(seconds))
    try:
        if event.get(environment.REDRIVEN):
            delivery.deliver_claimed(mails, Claim(context.aws_request_id, seconds))
        else:
            delivery.deliver(mails)
    finally:
        _emit(context, len(event["Records"]), skipped, delivery, monotonic() - started)
    if delivery.failed:
        codes = ", ".join(f"{template}: {code}" for template, code in delivery.failed.items())
        raise SendingError(f"SES refuses to send ({codes}): put that right, then redrive what has failed meanwhile")
    return {"batchItemFailures": _first_unsent(mails, delivery)}


@cache
def _setup() -> tuple[Rules, Sender, Marks]:
    env = os.environ
    rules = Rules(
        watched=tuple(json.loads(env[environment.WATCHED])),
        only_to=OnlyTo(json.loads(env[environment.ONLY_TO])),
        enabled=env[environment.MAIL_ENABLED] == "true",
    )
    templates = {
        content.WELCOME: env[environment.WELCOME_TEMPLATE],
        content.PROFILE_CHANGED: env[environment.PROFILE_CHANGED_TEMPLATE],
    }
    sender = Sender(ses.connect(), env[environment.SENDER], env[environment.CONFIGURATION_SET], templates)
    marks = Marks(dynamodb.connect(), env[environment.MARKS_TABLE], int(env[environment.MARKS_DAYS]))
    return rules, sender, marks


def _first_unsent(mails: list[Mail], delivery: Delivery) -> list[dict[str, str]]:
    unsent = (mail.sequence_number for mail in mails if mail.event_id in delivery.unsent)
    first = next(unsent, None)
    return [{"itemIdentifier": first}] if first else []


def _emit(context: Any, records: int, skipped: dict[str, int], delivery: Delivery, seconds: float) -> None:
    unreadable = skipped.get(decisions.UNREADABLE, 0) + skipped.get(decisions.NO_IMAGE, 0)
    observability.emit(
        observability.NAMESPACE,
        {observability.DIMENSION: context.function_name},
        {
            "MailsSent": (delivery.sent, "Count"),
            "MailsSkipped": (sum(skipped.values()), "Count"),
            "MailsRefused": (len(delivery.refused), "Count"),
            "MailsHandedBack": (len(delivery.unsent), "Count"),
            "MailsUnmarked": (delivery.unmarked, "Count"),
            "RecordsUnreadable": (unreadable, "Count"),
            "Duration": (round(seconds * 1000), "Milliseconds"),
        },
        request_id=context.aws_request_id,
        records=records,
        skipped=skipped,
        already_sent=delivery.already_sent,
        refused=delivery.refused,
        handed_back=Counter(delivery.unsent.values()),
        failed=delivery.failed,
    )
