"""The reporter's entry point: reads the event, runs, and ends with one line of metrics."""

import os
import time
from functools import cache
from typing import Any

from handlers.reporter.patience import patience
from handlers.reporter.run import Run, Services, Summary, few
from handlers.reporter.schedule import object_key, scheduled_time
from handlers.reporter.settings import Settings, from_environment
from handlers.shared.aws import dynamodb, s3, ses
from handlers.shared.observability import DIMENSION, NAMESPACE, emit


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Makes the report of the event's scheduled time.

    Returns:
        `generated_at`, the totals by group, and the keys of the report and its page.

    Raises:
        NoScheduledTimeError: the event carries no real timestamp.
        FutureTimeError: the event's time has not come.
        ReportFailedError: some outcome failed; a repeated run does what is left.
    """
    started = time.monotonic()
    at = scheduled_time(event)
    patient = patience(context.get_remaining_time_in_millis() / 1000)
    run = Run(_settings(), _services(), at, context.aws_request_id, patient)
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


@cache
def _settings() -> Settings:
    return from_environment(os.environ)


@cache
def _services() -> Services:
    return Services(dynamodb.connect(), ses.connect(), s3.Bucket(_settings().bucket))


def _emit(summary: Summary, context: Any, started: float) -> None:
    emit(
        NAMESPACE,
        {DIMENSION: context.function_name},
        {
            "Tables": (summary.tables, "Count"),
            "Items": (summary.items, "Count"),
            "ApproximateTables": (summary.approximate, "Count"),
            "UnreadableTables": (summary.unreadable, "Count"),
            "ReadUnits": (summary.units, "Count"),
            "MailsSent": (summary.mails, "Count"),
            "RecipientsSkipped": (summary.skipped, "Count"),
            "OutcomesFailed": (len(summary.reasons), "Count"),
            "Duration": ((time.monotonic() - started) * 1000, "Milliseconds"),
        },
        request_id=context.aws_request_id,
        notes=few(summary.notes),
    )
