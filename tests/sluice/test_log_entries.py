import json
from typing import Any

import pytest

from sluice.log_entries import Entry, Reader

NOON = 1_795_262_400_000  # 2026-11-21T12:00:00Z
AT = "2026-11-21T12:00:00.000Z"
SUMMARY = {
    "_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "Duration", "Unit": "Milliseconds"}]}]},
    "request_id": "r-1",
    "records": 1,
    "FunctionName": "notifier-1",
    "Duration": 25,
}
TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in f',
    "    g()",
    "KeyError: 'x'",
    "",
    "The above exception was the direct cause of the following exception:",
    "",
    "Traceback (most recent call last):",
    '  File "b.py", line 2, in h',
    "    raise SendingError(text)",
    "pkg.SendingError: one line",
    "and another",
]


def read(*messages: str) -> list[Entry]:
    reader = Reader("users/notifier")
    return [entry for message in messages for entry in reader.feed(NOON, message)] + list(reader.end())


def test_an_invocation_of_the_embedded_cloud_is_its_summary():
    told = read(
        "START RequestId: r-1 Version: 1", json.dumps(SUMMARY), "END RequestId: r-1", "REPORT RequestId: r-1\tD"
    )
    assert told == [
        Entry(
            AT,
            "users/notifier",
            "summary",
            "r-1",
            summary={"records": 1, "Duration": 25},
            units={"Duration": "Milliseconds"},
        )
    ]


@pytest.mark.parametrize(
    "start",
    ["START RequestId: r-1 Version: 1", json.dumps({"type": "platform.start", "record": {"requestId": "r-1"}})],
    ids=["text", "JSON"],
)
def test_an_invocation_counts_whatever_its_function_says(start):
    reader = Reader("users/notifier")
    assert [*reader.feed(NOON, start), *reader.feed(NOON, "END RequestId: r-2"), *reader.end()] == []
    assert reader.started == {"r-1"}


def test_a_traceback_in_plain_text_is_one_error():
    told = read("START RequestId: r-1 Version: 1", *TRACEBACK, "END RequestId: r-1", "START RequestId: r-2 Version: 1")
    assert told == [Entry(AT, "users/notifier", "error", "r-1", "pkg.SendingError: one line", traceback=TRACEBACK)]


def test_an_error_in_lambdas_json_is_told_with_its_stack():
    error = {"errorType": "KeyError", "errorMessage": "'x'", "requestId": "r-1", "stackTrace": ["  File a\n    g()\n"]}
    assert read(json.dumps(error)) == [
        Entry(
            AT,
            "users/notifier",
            "error",
            "r-1",
            "KeyError: 'x'",
            traceback=["  File a", "    g()", "KeyError: 'x'"],
        )
    ]


def platform(status: str, **more: Any) -> str:
    record = {"requestId": "r-1", "status": status, "metrics": {"durationMs": 3000.5}, **more}
    return json.dumps({"time": AT, "type": "platform.report", "record": record})


def test_an_invocation_that_could_not_say_why_it_ended_is_an_error_of_the_platform():
    (told,) = read(platform("timeout"))
    assert (told.kind, told.request_id, told.text) == ("error", "r-1", "timeout after 3000.5 ms: it did not answer")
    (told,) = read(platform("error", errorType="Runtime.OutOfMemory"))
    assert told.text == "error after 3000.5 ms: Runtime.OutOfMemory"


def test_the_platform_says_nothing_of_what_ended_well_or_was_told():
    error = json.dumps({"errorType": "KeyError", "errorMessage": "'x'", "requestId": "r-1"})
    assert read(platform("success"), json.dumps({"type": "platform.start", "record": {}})) == []
    assert [entry.text for entry in read(error, platform("error", errorType="Runtime.Unknown"))] == ["KeyError: 'x'"]


def test_what_a_function_prints_is_told():
    logged = json.dumps({"level": "WARNING", "message": "slow", "requestId": "r-1"})
    told = read("STARTED well", logged, "{no json", '{"mine": 1}', "")
    assert [(entry.kind, entry.text) for entry in told] == [
        ("line", "STARTED well"),
        ("line", "WARNING: slow"),
        ("line", "{no json"),
        ("line", '{"mine": 1}'),
    ]


def test_a_summary_that_is_odd_ends_nothing():
    (told,) = read(json.dumps({"_aws": {"CloudWatchMetrics": [{"Metrics": [1]}]}, "records": 1}))
    assert (told.summary, told.units) == ({"records": 1}, {})


# ---- reading on
