import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from sluice import target
from sluice.failures import errors
from sluice.failures.errors import last_errors, said_of, traceback
from sluice.failures.failure import Failure

GONE = type("ResourceNotFoundException", (ClientError,), {})
MINUTE = 60_000
NOON = 1_795_262_400_000  # 2026-11-21T12:00:00Z


def refused(kind=ClientError, code="AccessDeniedException"):
    return kind({"Error": {"Code": code, "Message": "not you"}}, "FilterLogEvents")


def failure(function="notifier", seconds=0.0):
    at = f"2026-11-21T12:{int(seconds) // 60:02}:{seconds % 60:06.3f}Z"
    return Failure("stream", function, "RetryAttemptsExhausted", at, 1, f"s3://b/{function}/{seconds}")


class Target:
    """A stack whose functions wrote these lines, (milliseconds after noon, text) each, or are gone."""

    def __init__(self, *lines, **functions):
        self.functions = functions or {"notifier": lines}
        self.reads, self.configured = [], []
        self.refusing = None
        self.page = 10_000
        self.exceptions = SimpleNamespace(ResourceNotFoundException=GONE)

    def client(self, service):
        return self

    def get_function_configuration(self, FunctionName):
        self.configured.append(FunctionName)
        if FunctionName not in self.functions:
            raise refused(GONE)
        return {"LoggingConfig": {"LogGroup": f"logs-of-{FunctionName}"}}

    def get_paginator(self, operation):
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, logGroupName, startTime, endTime, filterPattern):
        """As the embedded cloud: the oldest lines, whatever the pattern in braces is, up to a page, and no token."""
        assert filterPattern in ('{ $.errorMessage = "*" }', '"49"')
        self.reads.append((logGroupName, startTime - NOON, endTime - NOON))
        if self.refusing:
            raise self.refusing
        lines = self.functions[logGroupName.removeprefix("logs-of-")]
        found = [(NOON + at, line) for at, line in sorted(lines) if startTime <= NOON + at <= endTime]
        events = [{"timestamp": at, "message": line} for at, line in found[: self.page]]
        return [{"events": events[:2]}, {"events": events[2:]}]


def test_the_last_error_of_a_traceback_is_told():
    lines = (
        "Traceback (most recent call last):",
        "pkg.FirstError: one",
        "    raise SendingError(x)",
        "pkg.SendingError: AccessDenied",
    )
    target = Target(*((number - 1000, line) for number, line in enumerate(lines)))
    assert last_errors(target, [failure()]) == ["pkg.SendingError: AccessDenied"]


def test_an_error_in_lambdas_json_is_told():
    line = json.dumps({"errorType": "SendingError", "errorMessage": "AccessDenied", "requestId": "r"})
    target = Target((-3, line), (-2, json.dumps({"summary": "no Error"})), (-1, "5"), (-1, '["errorMessage"]'))
    assert last_errors(target, [failure()]) == ["SendingError: AccessDenied"]


@pytest.mark.parametrize("target", [Target(), Target((0, "START RequestId: r")), Target(other=())])
def test_nothing_is_told_where_the_log_says_nothing_or_is_gone(target):
    assert last_errors(target, [failure()]) == [""]


def test_a_log_that_is_gone_says_nothing():
    target = Target()
    target.refusing = refused(GONE, "ResourceNotFoundException")
    assert last_errors(target, [failure()]) == [""]


def test_a_log_that_may_not_be_read_is_told():
    target = Target()
    target.refusing = refused()
    (told,) = last_errors(target, [failure()])
    assert told.startswith("its log cannot be read: ")
    assert "not you" in told


def test_only_the_ten_minutes_before_the_failure_count():
    lines = [(-10 * MINUTE - 1, "OldError: a"), (5_001, "NewError: b")]
    target = Target(*lines)
    assert last_errors(target, [failure()]) == [""]
    assert target.reads == [("logs-of-notifier", -10 * MINUTE, 5_000)]
    assert last_errors(Target((-10 * MINUTE, "A.Error: c"), *lines), [failure()]) == ["A.Error: c"]
    assert last_errors(Target((5_000, "A.Error: c"), *lines), [failure()]) == ["A.Error: c"]


def test_each_failure_has_the_error_of_its_own_time_and_function():
    target = Target(
        notifier=[(-1, "MailError: 0"), (99_999, "MailError: 100"), (200_000, "MailError: 200")],
        archiver=[(50_000, "KeptError: 50")],
    )
    found = [failure(seconds=205), failure("archiver", 60), failure(seconds=0), failure(seconds=100), failure("gone")]
    assert last_errors(target, found) == ["MailError: 200", "KeptError: 50", "MailError: 0", "MailError: 100", ""]


def test_the_log_of_a_function_is_read_once_for_a_hundred_failures():
    target = Target((-1, "MailError: x"))
    assert last_errors(target, [failure(seconds=number / 10) for number in range(100)]) == ["MailError: x"] * 100
    assert target.reads == [("logs-of-notifier", -10 * MINUTE, 9_900 + 5_000)]
    assert target.configured == ["notifier"]


def test_what_lies_far_between_failures_is_not_read():
    target = Target((-1, "MailError: 0"), (20 * MINUTE, "MailError: between"), (40 * MINUTE - 1, "MailError: 40"))
    assert last_errors(target, [failure(seconds=2400), failure()]) == ["MailError: 40", "MailError: 0"]
    assert [(start, end) for _, start, end in target.reads] == [
        (-10 * MINUTE, 5_000),
        (30 * MINUTE, 40 * MINUTE + 5_000),
    ]


def test_a_page_that_is_full_is_not_taken_for_all_of_the_log():
    lines = [(number - 30_000, f"NoiseError: {number}") for number in range(25_000)]
    target = Target(*lines, (-1, "MailError: last"))
    assert last_errors(target, [failure()]) == ["MailError: last"]
    assert len(target.reads) == 3
    same = Target(*[(-5, "MailError: x")] * 10_001)
    assert last_errors(same, [failure()]) == ["MailError: x"]  # it comes to an end


def test_no_failures_ask_nothing():
    target = Target()
    assert last_errors(target, []) == []
    assert target.configured == []


# ---- one of them


def test_the_traceback_of_the_last_error_is_told_a_line_each():
    lines = (
        "Traceback (most recent call last):", "  File a", "pkg.OldError: old", "END RequestId: 1", "START RequestId: 2",
        "Traceback (most recent call last):", "  File b", "    raise Error", "pkg.SendingError: AccessDenied",
        "END RequestId: 2",
    )  # fmt: skip
    target = Target(*((number - 1000, line) for number, line in enumerate(lines)))
    assert traceback(target, failure()) == list(lines[5:9])


def test_the_traceback_in_lambdas_json_is_told_a_line_each():
    line = {"errorType": "SendingError", "errorMessage": "no", "stackTrace": ["  File a\n    go()\n", "  File b\n"]}
    target = Target((-3, json.dumps(line)), (-2, "END"))
    assert traceback(target, failure()) == ["  File a", "    go()", "  File b", "SendingError: no"]


@pytest.mark.parametrize("target", [Target(), Target((0, "Traceback (most recent call last):")), Target(other=())])
def test_without_an_error_there_is_no_traceback(target):
    assert traceback(target, failure()) == []


def test_a_log_that_may_not_be_read_has_no_traceback():
    target = Target()
    target.refusing = refused()
    assert traceback(target, failure()) == []
    assert said_of(target, "notifier", "49", datetime.fromtimestamp(NOON / 1000, UTC)) == ""


@pytest.mark.parametrize("line", ["record 49 is odd", json.dumps({"level": "ERROR", "message": "record 49 is odd"})])
def test_what_a_log_says_of_a_record_is_its_last_line_since_then(line):
    target = Target((-1, "record 49 is older"), (1, "record 49 first"), (2, line), (3, "record 50"))
    assert said_of(target, "notifier", "49", datetime.fromtimestamp(NOON / 1000, UTC)) == "record 49 is odd"
    assert said_of(target, "gone", "49", datetime.fromtimestamp(NOON / 1000, UTC)) == ""


@pytest.mark.e2e
def test_in_the_embedded_cloud_the_error_is_found_among_what_a_function_prints(embedded_cloud, monkeypatch):
    cloud = target.Target({"region": "eu-north-1"}, embedded_cloud.endpoint)
    monkeypatch.setattr(errors, "_log_group", lambda _target, function: function)
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="logs-of-a-test")
    logs.create_log_stream(logGroupName="logs-of-a-test", logStreamName="one")
    lines = ["START", "Traceback (most recent call last):", "pkg.SendingError: [no] quota", "END", '{"records": 1}']
    now = int(time.time() * 1000)
    events = [{"timestamp": now + place, "message": line} for place, line in enumerate(lines)]
    logs.put_log_events(logGroupName="logs-of-a-test", logStreamName="one", logEvents=events)
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now / 1000))
    failures = [Failure("stream", "logs-of-a-test", "RetryAttemptsExhausted", at, 1, str(one)) for one in range(100)]
    began = time.process_time()
    assert last_errors(cloud, failures) == ["pkg.SendingError: [no] quota"] * 100
    assert time.process_time() - began < 2
