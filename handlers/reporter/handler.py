"""The reporter's entry point: reads the event, runs, and ends with one line of metrics."""

import gc

gc.disable()  # what loads now stays, so it is not searched for garbage: 0.90 of a cold start

import os
import time
from functools import cache
from typing import Any

from handlers.reporter import environment
from handlers.reporter.run import Run, Services, Summary, few
from handlers.reporter.schedule import object_key, scheduled_time
from handlers.reporter.settings import Settings, read
from handlers.shared.aws import dynamodb, s3, ses
from handlers.shared.deadlines import Deadlines
from handlers.shared.observability import emit

gc.freeze()  # nor later
gc.enable()

_READING = 0.6  # of the usable time; the rest of a run needs seconds
_CALLS = 20  # more than a run makes in sequence, besides reading: one outage leaves time for the rest
_LONGEST_CALL = 10.0
_MARGIN = 1.0


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Makes the report of the event's scheduled time.

    Returns:
        `generated_at`, the totals by group, and the keys of the report and its page.

    Raises:
        NoScheduledTimeError: the event has no valid timestamp.
        FutureTimeError: the event's time is in the future.
        ReportFailedError: some outcome failed; a repeated run does the rest.
    """
    started = time.monotonic()
    at = scheduled_time(event)
    deadlines = _deadlines(context.get_remaining_time_in_millis() / 1000)
    run = Run(*_setup(), at, context.aws_request_id, deadlines)
    try:
        report = run.execute()
    finally:
        _emit(run.summary, context, started)
    return {
        "generated_at": report.generated_at,
        "totals": {group.name: group.total for group in report.groups},
        "report": object_key(at, "json"),
        "page": object_key(at, "html"),
    }


def _deadlines(seconds: float) -> Deadlines:
    """Divides an invocation's remaining seconds; the work is reading tables."""
    usable = max(seconds - _MARGIN, 0.0)
    return Deadlines(
        seconds,
        after_work=_MARGIN + usable * (1 - _READING),
        after_calls=_MARGIN,
        longest_call=min(usable / _CALLS, _LONGEST_CALL),
    )


@cache
def _setup() -> tuple[Settings, Services]:
    settings = read(os.environ)
    return settings, Services(dynamodb.connect(), ses.connect(), s3.Bucket(settings.bucket))


def _emit(summary: Summary, context: Any, started: float) -> None:
    emit(
        context,
        {
            "Tables": (summary.tables, "Count"),
            "Items": (summary.items, "Count"),
            "ApproximateTables": (summary.approximate, "Count"),
            "UnreadableTables": (summary.unreadable, "Count"),
            environment.BROKEN_EXPECTATIONS: (summary.broken, "Count"),
            "ReadUnits": (summary.units, "Count"),
            "MailsSent": (summary.mails, "Count"),
            "RecipientsSkipped": (summary.skipped, "Count"),
            "OutcomesFailed": (len(summary.reasons), "Count"),
            "Duration": ((time.monotonic() - started) * 1000, "Milliseconds"),
        },
        notes=few(summary.notes),
    )
