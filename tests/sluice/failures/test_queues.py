import io
import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.failures.failure import UNREADABLE, Failure
from sluice.failures.queues import (
    Held,
    discard_imports,
    discard_reports,
    held,
    import_details,
    import_failures,
    in_other_hands,
    redrive_imports,
    redrive_reports,
    report_details,
    report_failures,
)
from sluice.target import Target

IMPORTS, REPORTS, WORK = "https://sqs/1/import-dead", "https://sqs/1/report-dead", "https://sqs/1/import"
TIME = "2026-11-21T09:05:00Z"


class FakeSqs:
    """Queues whose messages hide while they are looked at; a receipt holds until the message is received again."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, dict[str, Any]]] = {IMPORTS: {}, REPORTS: {}, WORK: {}}
        self.hidden: set[str] = set()
        self.longest = 0
        self._numbers = itertools.count()

    def add(self, url: str, body: str, sent: int = 0, **attributes: str) -> None:
        name = f"m{next(self._numbers)}"
        self.queues[url][name] = {
            "MessageId": name,
            "ReceiptHandle": name,
            "Body": body,
            "Attributes": {"SentTimestamp": str(sent)},
            "MessageAttributes": {key: {"StringValue": value} for key, value in attributes.items()},
        }

    def bodies(self, url: str) -> list[str]:
        """What anybody could receive now."""
        return [one["Body"] for name, one in self.queues[url].items() if name not in self.hidden]

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs/1/{QueueName}"}

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: int, **_: Any) -> Any:
        self.longest = max(self.longest, VisibilityTimeout)
        seen = [one for name, one in self.queues[QueueUrl].items() if name not in self.hidden][:MaxNumberOfMessages]
        self.hidden |= {one["MessageId"] for one in seen}
        return {"Messages": seen} if seen else {}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:
        there, hidden = self.queues[QueueUrl].keys(), self.hidden & self.queues[QueueUrl].keys()
        counts = {"ApproximateNumberOfMessagesNotVisible": hidden, "ApproximateNumberOfMessages": there - hidden}
        return {"Attributes": {name: str(len(counts[name])) for name in AttributeNames}}

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        self.add(QueueUrl, MessageBody)

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        del self.queues[QueueUrl][ReceiptHandle]

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:
        assert 1 <= len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.hidden -= {entry["ReceiptHandle"] for entry in Entries if entry["VisibilityTimeout"] == 0}


class FakeLambda:
    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.runs: list[str] = []

    def get_function_event_invoke_config(self, FunctionName: str) -> Any:
        arn = "arn:aws:sqs:eu-north-1:1:report-dead"
        return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:
        assert FunctionName == "reporter"
        time = json.loads(Payload)["scheduled_time"]
        self.runs.append(time)
        error = {"FunctionError": "Unhandled"} if time in self.failing else {}
        told = b'{"errorType": "ReportError", "errorMessage": "no bucket"}' if error else b"null"
        return {**error, "Payload": io.BytesIO(told)}


class FakeScheduler:
    def get_schedule(self, Name: str) -> Any:
        assert Name == "reports"
        return {"Target": {"Input": '{"scheduled_time": "<aws.scheduler.scheduled-time>"}'}}


class FakeTarget(Target):
    def __init__(self) -> None:
        items = {"dead_letter_queue_url": IMPORTS, "queue_url": WORK, "function_name": "importer"}
        tables = {"function_name": "reporter", "schedule_name": "reports"}
        super().__init__({"imports": {"items": items}, "reports": {"tables": tables}})
        self.sqs, self.lambda_ = FakeSqs(), FakeLambda()

    def client(self, service: str) -> Any:
        return {"sqs": self.sqs, "lambda": self.lambda_, "scheduler": FakeScheduler()}[service]


@pytest.fixture
def target() -> Any:
    return FakeTarget()


def given_up(time: str = TIME, error: str = "JSON: S3 PutObject: AccessDenied") -> str:
    """What Lambda sends about an asynchronous invocation that failed for good."""
    return json.dumps(
        {
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": {"scheduled_time": time},
            "responsePayload": {"errorMessage": error} if error else None,
        }
    )


def test_failed_imports_are_shown_oldest_first_with_reason_and_place(target):
    target.sqs.add(IMPORTS, "newer", sent=2000)
    target.sqs.add(IMPORTS, "older", sent=1000, reason="the file is no UTF-8")
    older, newer = import_failures(target)
    assert older == Failure(
        "import/items", "importer", "the file is no UTF-8", "1970-01-01T00:00:01.000Z", 1, "import-dead, message m1"
    )
    assert newer.reason.startswith("it failed every time")


@pytest.mark.parametrize("number", [0, 1, 10, 37])
def test_what_is_listed_is_not_consumed(target, number):
    for one in range(number):
        target.sqs.add(IMPORTS, f"body {one}")
    assert len(list(import_failures(target))) == number
    assert len(target.sqs.bodies(IMPORTS)) == number


def test_a_listing_that_is_broken_off_hides_nothing(target):
    target.sqs.add(IMPORTS, "one")
    target.sqs.add(IMPORTS, "two")
    for _ in import_failures(target):
        break
    assert target.sqs.bodies(IMPORTS) == ["one", "two"]


def test_redriven_imports_go_back_to_the_import_queue(target):
    target.sqs.add(IMPORTS, "a task", sent=1, reason="hop limit")
    target.sqs.add(IMPORTS, "another", sent=2)
    assert [redriven.is_complete for redriven in redrive_imports(target)] == [True, True]
    assert target.sqs.bodies(WORK) == ["a task", "another"]
    assert target.sqs.bodies(IMPORTS) == []


def test_an_import_that_cannot_be_sent_stays(target, monkeypatch):
    target.sqs.add(IMPORTS, "a task")

    def refuse(**_: Any) -> None:
        raise ConnectionError("no queue")

    monkeypatch.setattr(target.sqs, "send_message", refuse)
    with pytest.raises(ConnectionError):
        list(redrive_imports(target))
    assert target.sqs.bodies(IMPORTS) == ["a task"]


def test_a_failed_run_is_shown_with_what_the_function_said(target):
    target.sqs.add(REPORTS, given_up())
    (failure,) = report_failures(target)
    assert (failure.pipeline, failure.function) == ("report/tables", "reporter")
    assert failure.reason == "JSON: S3 PutObject: AccessDenied"
    assert target.sqs.bodies(REPORTS) == [given_up()]


def test_a_run_that_said_nothing_is_shown_with_lambdas_condition(target):
    target.sqs.add(REPORTS, given_up(error=""))
    assert [failure.reason for failure in report_failures(target)] == ["RetriesExhausted"]


def test_an_event_that_was_never_delivered_is_shown_with_the_schedules_error(target):
    target.sqs.add(REPORTS, json.dumps({"scheduled_time": TIME}), sent=1, ERROR_MESSAGE="Rate exceeded")
    target.sqs.add(REPORTS, json.dumps({"scheduled_time": TIME}), sent=2)
    assert [failure.reason for failure in report_failures(target)] == [
        "the schedule could not deliver it: Rate exceeded",
        "the schedule could not deliver it",
    ]


def test_a_redriven_run_is_the_run_of_its_own_time(target):
    target.sqs.add(REPORTS, given_up("2026-11-21T09:05:00Z"), sent=1)
    target.sqs.add(REPORTS, json.dumps({"scheduled_time": "2026-11-21T09:10:00Z"}), sent=2)
    assert all(redriven.is_complete for redriven in redrive_reports(target))
    assert target.lambda_.runs == ["2026-11-21T09:05:00Z", "2026-11-21T09:10:00Z"]
    assert target.sqs.queues[REPORTS] == {}


def test_a_run_that_fails_again_stays_and_the_others_go(target):
    for minute in (5, 10, 15):
        target.sqs.add(REPORTS, given_up(f"2026-11-21T09:{minute:02}:00Z"), sent=minute)
    target.lambda_.failing = {"2026-11-21T09:10:00Z"}
    assert [(one.done, one.left) for one in redrive_reports(target)] == [(1, 0), (0, 1), (1, 0)]
    assert target.sqs.bodies(REPORTS) == [given_up("2026-11-21T09:10:00Z")]


def denied(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "Invoke")


def test_an_import_that_is_refused_is_left_with_the_reason_and_the_others_go(target, monkeypatch):
    target.sqs.add(IMPORTS, "one", sent=1)
    target.sqs.add(IMPORTS, "two", sent=2)
    send, results = target.sqs.send_message, redrive_imports(target)
    monkeypatch.setattr(target.sqs, "send_message", denied)
    first = next(results)
    monkeypatch.setattr(target.sqs, "send_message", send)
    assert (first.done, first.left) == (0, 1)
    assert "not you" in first.error
    assert [result.is_complete for result in results] == [True]
    assert (target.sqs.bodies(WORK), target.sqs.bodies(IMPORTS)) == (["two"], ["one"])


def test_an_import_that_was_put_back_and_is_still_among_the_dead_letters_says_both(target, monkeypatch):
    target.sqs.add(IMPORTS, "one", sent=1)
    monkeypatch.setattr(target.sqs, "delete_message", denied)
    (result,) = redrive_imports(target)
    assert (result.done, result.left) == (0, 1)
    assert result.error.startswith("put back, but it is still among the dead letters: ")
    assert target.sqs.bodies(WORK) == ["one"]


def test_a_dead_letter_that_is_nested_too_deeply_is_shown_and_hides_no_other(target):
    target.sqs.add(REPORTS, "[" * 100_000, sent=1)
    target.sqs.add(REPORTS, '{"scheduled_time": "2026-11-27T08:00:00Z"}', sent=2)
    unreadable, sound = report_failures(target)
    assert unreadable.reason == "Unreadable"
    assert sound.reason != "Unreadable"


def test_a_run_that_is_refused_is_left_with_the_reason_and_the_others_go(target, monkeypatch):
    for minute in (5, 10):
        target.sqs.add(REPORTS, given_up(f"2026-11-21T09:{minute:02}:00Z"), sent=minute)
    invoke, results = target.lambda_.invoke, redrive_reports(target)
    monkeypatch.setattr(target.lambda_, "invoke", denied)
    first = next(results)
    monkeypatch.setattr(target.lambda_, "invoke", invoke)
    assert (first.done, first.left) == (0, 1)
    assert "not you" in first.error
    assert [result.is_complete for result in results] == [True]
    assert target.sqs.bodies(REPORTS) == [given_up("2026-11-21T09:05:00Z")]


def test_a_run_that_fails_again_is_left_with_what_the_function_said(target):
    target.sqs.add(REPORTS, given_up())
    target.lambda_.failing = {TIME}
    (result,) = redrive_reports(target)
    assert result.error == "ReportError: no bucket"


def test_while_runs_are_redriven_nobody_else_sees_them(target):
    target.sqs.add(REPORTS, given_up())
    list(redrive_reports(target))
    assert target.sqs.longest >= 900  # a run may take minutes


@pytest.mark.parametrize("body", ["no JSON", "[1]", '{"requestPayload": {}}', '"text"', "null", "17"])
def test_a_message_that_is_no_failure_is_shown_and_left_alone_and_the_others_go(target, body):
    target.sqs.add(REPORTS, body, sent=1)
    target.sqs.add(REPORTS, given_up(), sent=2)
    assert [failure.reason == UNREADABLE for failure in report_failures(target)] == [True, False]
    assert [one.is_complete for one in redrive_reports(target)] == [False, True]
    assert target.sqs.bodies(REPORTS) == [body]
    assert target.lambda_.runs == [TIME]


# ---- some of them


def is_message(name):
    return lambda failure: failure.where.endswith(f"message {name}")


def test_of_a_piece_of_work_that_is_meant_there_is_its_message(target):
    target.sqs.add(IMPORTS, '{"key": "a"}')
    target.sqs.add(IMPORTS, "no JSON")
    details = [detail.records for _, detail in import_details(target, is_message("m0"))]
    assert details == [[{"key": "a"}]]
    assert [detail.records for _, detail in import_details(target, is_message("m1"))] == [["no JSON"]]
    assert len(target.sqs.bodies(IMPORTS)) == 2


def test_of_a_run_there_are_its_event_its_attempts_and_its_traceback(target):
    run = json.loads(given_up())
    run["requestContext"]["approximateInvokeCount"] = 3
    run["responsePayload"]["stackTrace"] = ['  File "x.py", line 1\n    go()\n', "  File y"]
    target.sqs.add(REPORTS, json.dumps(run))
    ((_, detail),) = report_details(target, is_message("m0"))
    assert detail == ([{"scheduled_time": TIME}], 3, ('  File "x.py", line 1', "    go()", "  File y"))


@pytest.mark.parametrize("body", ["no JSON", "[]", "17", '{"requestContext": 1, "responsePayload": []}'])
def test_of_a_message_that_is_no_run_there_is_what_it_says(target, body):
    target.sqs.add(REPORTS, body)
    ((_, detail),) = report_details(target, is_message("m0"))
    assert (len(detail.records), detail.attempts, detail.trace) == (1, None, ())


def add_two_of_each(target):
    for url, body in (
        (IMPORTS, "a"),
        (IMPORTS, "b"),
        (REPORTS, given_up()),
        (REPORTS, given_up("2026-11-21T09:10:00Z")),
    ):
        target.sqs.add(url, body)


def test_only_what_is_meant_is_sent_again_and_the_rest_stays(target):
    add_two_of_each(target)
    assert len(list(redrive_imports(target, is_message("m1")))) == 1
    assert len(list(redrive_reports(target, is_message("m2")))) == 1
    assert (target.sqs.bodies(IMPORTS), target.sqs.bodies(WORK)) == (["a"], ["b"])
    assert (target.lambda_.runs, len(target.sqs.bodies(REPORTS))) == ([TIME], 1)


def test_only_what_is_meant_is_discarded_and_the_rest_stays(target):
    add_two_of_each(target)
    assert [one.error for one in discard_imports(target, is_message("m1"))] == [""]
    assert [one.error for one in discard_reports(target, is_message("m2"))] == [""]
    assert (target.sqs.bodies(IMPORTS), len(target.sqs.bodies(REPORTS))) == (["a"], 1)
    assert (target.sqs.bodies(WORK), target.lambda_.runs) == ([], [])


def test_what_somebody_else_redrives_is_seen(target):
    assert list(in_other_hands(target)) == []
    for number in range(2):
        target.sqs.add(IMPORTS, f"{number}")
    redriving = redrive_imports(target)
    next(redriving)
    assert list(import_failures(target)) == []
    assert list(in_other_hands(target)) == [
        "More of import/items, which somebody else views or redrives (15 minutes at most): 1."
    ]
    redriving.close()
    assert list(in_other_hands(target)) == []


def test_a_list_of_a_few_receives_no_more_than_it_needs_and_hides_nothing_afterwards(target):
    for number in range(35):
        target.sqs.add(IMPORTS, f"{number}", sent=number)
        target.sqs.add(REPORTS, "{}", sent=number)
    listing = import_failures(target, at_most=20)
    next(listing)
    assert held(target)["import/items"] == Held(visible=15, in_flight=20)
    assert len([*listing]) == 19
    assert len(list(report_failures(target, at_most=5))) == 10
    assert held(target) == {"import/items": Held(35, 0), "report/tables": Held(35, 0)}
