"""A function's error, from its log: Lambda's document on a failed batch names the batch, but not the error."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from sluice.failures.failure import Failure
from sluice.log_entries import Streams
from sluice.target import Target

_BEFORE = 600_000
_AFTER = 5_000
"""Milliseconds before and after the time at which a batch was given up."""
_ERROR = re.compile(r"[\w.]*(?:Error|Exception)\b.*")
_PATTERN = '{ $.errorMessage = "*" }'
"""Matches an error as Lambda logs it. In the embedded cloud every line matches; `_error` filters them."""
_PAGE = 10_000
"""The embedded cloud returns at most this many lines, and no token for the next ones."""


def last_errors(target: Target, failures: Sequence[Failure]) -> list[str]:
    """The last error in each function's log before it gave up, one for each failure.

    Empty if the log has none, or is gone; if it may not be read, the text says so. A log is read once for all failures
    that are close in time.
    """
    errors: dict[Failure, str] = {}
    for function in {failure.function for failure in failures}:
        own = sorted((failure for failure in failures if failure.function == function), key=_at)
        try:
            group = _log_group(target, function)
            for near in _near(own) if group else ():
                logged = _errors(target, group, _at(near[0]) - _BEFORE, _at(near[-1]) + _AFTER)
                errors.update({failure: _last(logged, _at(failure)) for failure in near})
        except ClientError as error:
            errors.update({failure: f"its log cannot be read: {error}" for failure in own if failure not in errors})
    return [errors.get(failure, "") for failure in failures]


def said_of(target: Target, function: str, word: str, since: datetime) -> str:
    """The last line of a function's log since then with a word in it, such as a sequence number; empty without one."""
    try:
        group = _log_group(target, function)
        start, end = int(since.timestamp() * 1000), int(datetime.now(UTC).timestamp() * 1000) + _AFTER
        events = _events(target, group, start, end, f'"{word}"') if group else []
    except ClientError:
        return ""
    lines = [event["message"].strip() for event in events if word in event["message"]]
    return _message(lines[-1]) if lines else ""


def _message(line: str) -> str:
    """The message of a log line, without Lambda's JSON around it."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return line


def traceback(target: Target, failure: Failure) -> list[str]:
    """The last error in a function's log before it gave up, with its traceback; empty if there is none."""
    group = _log_group(target, failure.function) if failure.function else ""
    if not group:
        return []
    try:
        events = _events(target, group, _at(failure) - _BEFORE, _at(failure) + _AFTER)
    except ClientError:  # the failure's error already says so
        return []
    streams = Streams(failure.function)
    entries = [entry for event in events for entry in streams.feed(event)] + list(streams.end())
    # A traceback with only its first line was cut off: the error is not known.
    errors = [entry for entry in entries if entry.kind == "error" and entry.text not in entry.traceback[:1]]
    errors.sort(key=lambda entry: entry.at)
    return (errors[-1].traceback or [errors[-1].text]) if errors else []


def _near(failures: Iterable[Failure]) -> Iterator[list[Failure]]:
    """Failures in order of time, split where the log between two of them is not needed."""
    near: list[Failure] = []
    for failure in failures:
        if near and _at(failure) - _BEFORE > _at(near[-1]) + _AFTER:
            yield near
            near = []
        near.append(failure)
    yield near


def _log_group(target: Target, function: str) -> str:
    lambda_ = target.client("lambda")
    try:
        return lambda_.get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
    except lambda_.exceptions.ResourceNotFoundException:
        return ""


def _errors(target: Target, group: str, start: int, end: int) -> list[tuple[int, str]]:
    """The errors in a log within a time range, with their times, in order."""
    return [(event["timestamp"], error) for event in _events(target, group, start, end) if (error := _error(event))]


def _events(target: Target, group: str, start: int, end: int, pattern: str = _PATTERN) -> list[dict[str, Any]]:
    """The lines of a log within a time range that match, in order; in the embedded cloud every line matches."""
    logs, read = target.client("logs"), []
    while True:
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=start, endTime=end, filterPattern=pattern
            )
            events = sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
        except logs.exceptions.ResourceNotFoundException:
            return []
        read += events
        if len(events) < _PAGE or events[-1]["timestamp"] == start:
            return read
        start = events[-1]["timestamp"]


def _last(errors: list[tuple[int, str]], at: int) -> str:
    place = bisect_right(errors, at + _AFTER, key=lambda one: one[0]) - 1
    return errors[place][1] if place >= 0 and errors[place][0] >= at - _BEFORE else ""


def _error(event: dict[str, Any]) -> str:
    """The error in a log line: Lambda writes JSON, the embedded cloud the last line of a traceback."""
    if line := _json_error(event):
        return f"{line.get('errorType', 'Error')}: {line['errorMessage']}"
    match = _ERROR.match(event["message"])
    return match[0] if match else ""


def _json_error(event: dict[str, Any]) -> dict[str, Any] | None:
    """A line in which Lambda reports an error; None for all others."""
    try:
        line = json.loads(event["message"])
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and "errorMessage" in line else None


def _at(failure: Failure) -> int:
    return int(datetime.fromisoformat(failure.at).timestamp() * 1000)
