"""What a function said when it failed: Lambda's document of a failed batch names the batch, and not the error."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

from sluice.failures import Failure
from sluice.target import Target

_BEFORE = timedelta(minutes=10)
_AFTER = timedelta(seconds=5)
_ERROR = re.compile(r"[\w.]*(?:Error|Exception)\b.*")
_PATTERN = "?Error ?Exception"


def last_error(target: Target, failure: Failure) -> str:
    """The last error in a function's log before it was given up; empty where the log has none, or is gone."""
    logs, lambda_ = target.client("logs"), target.client("lambda")
    given_up = datetime.fromisoformat(failure.at)
    try:
        group = lambda_.get_function_configuration(FunctionName=failure.function)["LoggingConfig"]["LogGroup"]
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            startTime=_milliseconds(given_up - _BEFORE),
            endTime=_milliseconds(given_up + _AFTER),
            filterPattern=_PATTERN,
        )
        events = [event for page in pages for event in page["events"]]
    except (lambda_.exceptions.ResourceNotFoundException, logs.exceptions.ResourceNotFoundException):
        return ""
    told = [error for event in sorted(events, key=lambda event: event["timestamp"]) if (error := _error(event))]
    return told[-1] if told else ""


def _error(event: dict[str, Any]) -> str:
    """The error in a line of a log: Lambda writes JSON, the embedded cloud the last line of a traceback."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        found = _ERROR.match(event["message"])
        return found[0] if found else ""
    return f"{line['errorType']}: {line['errorMessage']}" if "errorMessage" in line else ""


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
