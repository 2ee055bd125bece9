"""The notifier's entry point: turns a batch of stream records into mails and a partial batch response."""

import gc

gc.disable()  # what loads now stays, so it is not searched for garbage, as in the other functions

import os
from collections import Counter
from functools import cache
from itertools import islice
from time import monotonic
from typing import Any

from handlers.notifier import decisions, environment, settings
from handlers.notifier.deadlines import BatchDeadlines
from handlers.notifier.decisions import Policy
from handlers.notifier.delivery import Delivery
from handlers.notifier.marks import Claim, Marks
from handlers.notifier.sending import Sender
from handlers.shared import observability
from handlers.shared.aws import dynamodb, ses

gc.freeze()  # nor later: 0.96 of the CPU time of mails
gc.enable()


class SendingError(Exception):
    """SES refuses to send until somebody acts; mails accepted before are marked."""


def handle(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Sends the mails for a batch of stream records.

    Returns:
        The sequence number of the first record with an unsent mail; Lambda retries the batch from there.

    Raises:
        SendingError: Sender, template, quota, permission and the like. A partial response would leave Lambda's own
            error count at zero.
        MarksUnavailableError: It is unknown who has been mailed, so nobody is mailed.
    """
    started = monotonic()
    policy, sender, marks = _setup()
    mails, skipped = decisions.plan(event["Records"], policy)
    seconds = context.get_remaining_time_in_millis() / 1000
    delivery = Delivery(sender, marks, BatchDeadlines(seconds))
    try:
        if event.get(environment.REDRIVEN):
            delivery.deliver_claimed(mails, Claim(context.aws_request_id, seconds))
        else:
            delivery.deliver(mails)
    finally:
        _emit(context, len(event["Records"]), skipped, delivery, monotonic() - started)
    if delivery.failed:
        codes = ", ".join(f"{template}: {code}" for template, code in delivery.failed.items())
        raise SendingError(f"SES refuses to send ({codes}): correct that, then redrive what has failed since")
    unsent = (mail.sequence_number for mail in mails if mail.mark in delivery.unsent)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in islice(unsent, 1)]}


@cache
def _setup() -> tuple[Policy, Sender, Marks]:
    config = settings.read(os.environ)
    sender = Sender(ses.connect(), config.sender, config.configuration_set, config.templates, config.reply_to)
    marks = Marks(dynamodb.connect(), config.marks_table, config.marks_days)
    return config.policy, sender, marks


def _emit(context: Any, records: int, skipped: dict[str, int], delivery: Delivery, seconds: float) -> None:
    unreadable = skipped.get(decisions.UNREADABLE, 0) + skipped.get(decisions.NO_IMAGE, 0)
    observability.emit(
        context,
        {
            "MailsSent": (delivery.sent, "Count"),
            "MailsSkipped": (sum(skipped.values()), "Count"),
            environment.MAILS_REFUSED: (len(delivery.refused), "Count"),
            "MailsHandedBack": (len(delivery.unsent), "Count"),
            environment.MAILS_UNMARKED: (delivery.unmarked, "Count"),
            environment.RECORDS_UNREADABLE: (unreadable, "Count"),
            "Duration": (round(seconds * 1000), "Milliseconds"),
        },
        records=records,
        skipped=skipped,
        already_sent=delivery.already_sent,
        refused=delivery.refused,
        handed_back=Counter(delivery.unsent.values()),
        failed=delivery.failed,
    )
