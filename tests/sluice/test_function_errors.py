import json
from types import SimpleNamespace

import pytest

from sluice.failures import Failure
from sluice.function_errors import last_error

FAILURE = Failure("stream", "notifier", "RetryAttemptsExhausted", "2026-11-21T11:00:00.000Z", 1, "s3://b/k")
GONE = type("ResourceNotFoundException", (Exception,), {})


class Target:
    """A stack whose function wrote these lines, or is gone."""

    def __init__(self, *lines: str, gone: bool = False):
        self.lines, self.gone, self.asked = lines, gone, {}
        self.exceptions = SimpleNamespace(ResourceNotFoundException=GONE)

    def client(self, service):
        return self

    def get_function_configuration(self, **asked):
        if self.gone:
            raise GONE
        return {"LoggingConfig": {"LogGroup": "logs-of-notifier"}}

    def get_paginator(self, operation):
        return self

    def paginate(self, **asked):
        self.asked = asked
        return [{"events": [{"timestamp": number, "message": line} for number, line in enumerate(self.lines)]}]


def test_the_last_error_of_a_traceback_is_told():
    lines = (
        "Traceback (most recent call last):",
        "pkg.FirstError: one",
        "    raise SendingError(x)",
        "pkg.SendingError: AccessDenied",
    )
    assert last_error(Target(*lines), FAILURE) == "pkg.SendingError: AccessDenied"


def test_an_error_in_lambdas_json_is_told():
    line = json.dumps({"errorType": "SendingError", "errorMessage": "AccessDenied", "requestId": "r"})
    assert last_error(Target(line, json.dumps({"summary": "no Error"})), FAILURE) == "SendingError: AccessDenied"


@pytest.mark.parametrize("target", [Target(), Target("START RequestId: r"), Target(gone=True)])
def test_nothing_is_told_where_the_log_says_nothing(target):
    assert last_error(target, FAILURE) == ""


def test_only_the_minutes_before_the_failure_are_read():
    target = Target()
    last_error(target, FAILURE)
    assert target.asked["logGroupName"] == "logs-of-notifier"
    assert target.asked["endTime"] - target.asked["startTime"] == (10 * 60 + 5) * 1000
