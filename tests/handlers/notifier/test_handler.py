"""The entry point: an event in, mails out, the partial response and one line that says what happened."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from handlers.notifier import environment, handler
from handlers.notifier.handler import SendingError, handle
from handlers.notifier.marks import Marks, MarksUnavailableError
from handlers.shared.aws import dynamodb
from handlers.shared.aws import ses as aws_ses
from tests.handlers.notifier.fakes import DEFAULT_RULES, TABLE, Ses, Table, error

ENVIRONMENT = {
    environment.SENDER: "no-reply@example.com",
    environment.REPLY_TO: "",
    environment.CONFIGURATION_SET: "dev",
    environment.TEMPLATES: '{"welcome": "dev-welcome", "profile-changed": "dev-profile-changed"}',
    environment.MAIL_ENABLED: "true",
    environment.ONLY_TO: "[]",
    environment.MARKS_TABLE: TABLE,
    environment.MARKS_DAYS: "45",
}


class Context:
    function_name = "sluice-notifier"
    aws_request_id = "r-1"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Ses:
    fake = Ses()
    monkeypatch.setattr(aws_ses, "connect", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Table:
    fake = Table()
    (tmp_path / "rules.json").write_text(DEFAULT_RULES)
    monkeypatch.setenv(environment.RULES, str(tmp_path / "rules.json"))
    monkeypatch.setattr(dynamodb, "connect", lambda: fake)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    handler._setup.cache_clear()
    return fake


def insert(n: int, **attributes: Any) -> dict[str, Any]:
    image = {"userId": {"S": str(n)}, "email": {"S": f"ada{n}@example.com"}, "name": {"S": "Ada Lovelace"}}
    change = {"SequenceNumber": str(100 + n), "NewImage": {**image, **attributes}}
    return {"eventID": f"e{n}", "eventName": "INSERT", "dynamodb": change}


def event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def summary(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_a_batch_becomes_mails_and_an_empty_response(ses: Ses):
    assert handle(event(insert(1), insert(2)), Context()) == {"batchItemFailures": []}
    assert ses.outbox == ["ada1@example.com", "ada2@example.com"]


def test_bad_records_do_not_stop_the_good_ones_beside_them(ses: Ses):
    records = [
        {},
        insert(1, email={"S": "ada"}),
        insert(2),
        {"eventID": "x", "eventName": "INSERT", "dynamodb": {}},
    ]
    assert handle(event(*records), Context()) == {"batchItemFailures": []}
    assert ses.outbox == ["ada2@example.com"]


def test_lambda_is_asked_to_repeat_from_the_first_unsent_record(ses: Ses):
    ses.script.append(lambda _: {"ada2@example.com": "FAILED", "ada3@example.com": "FAILED"})
    response = handle(event(*[insert(n) for n in range(5)]), Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "102"}]}


def test_a_repeated_batch_mails_nobody_twice(ses: Ses):
    ses.script.append(lambda _: {"ada0@example.com": "FAILED"})
    batch = event(*[insert(n) for n in range(3)])
    handle(batch, Context())
    handle(batch, Context())
    assert sorted(ses.outbox) == ["ada0@example.com", "ada1@example.com", "ada2@example.com"]


def test_a_record_that_comes_twice_in_a_batch_is_mailed_once(ses: Ses, capsys: pytest.CaptureFixture[str]):
    handle(event(insert(1), insert(1)), Context())
    assert ses.outbox == ["ada1@example.com"]
    assert summary(capsys)["skipped"] == {"repeated_in_batch": 1}


def test_what_needs_somebody_to_act_fails_the_invocation(ses: Ses):
    ses.script.append(error("AccessDeniedException", "may not mail ada1@example.com"))
    with pytest.raises(SendingError, match="welcome: AccessDeniedException") as failure:
        handle(event(insert(1)), Context())
    assert "@" not in str(failure.value)
    assert failure.value.__context__ is None


def test_a_failed_invocation_ends_with_its_line_too(ses: Ses, capsys: pytest.CaptureFixture[str]):
    ses.script.append(error("SendingPausedException"))
    with pytest.raises(SendingError):
        handle(event(insert(1)), Context())
    assert summary(capsys)["failed"] == {"welcome": "SendingPausedException"}


def test_only_redriven_records_are_claimed_for_as_long_as_the_invocation_may_last(
    ses: Ses, table: Table, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(handler, "Marks", partial(Marks, now=lambda: 1_760_011_200.5))
    claims = []
    ses.script.extend([lambda _: claims.append({**table.items}) or {}] * 2)
    handle(event(insert(1)), Context())
    handle({**event(insert(2)), "redriven": True}, Context())
    ordinary, redriven = claims
    assert ordinary == {}
    assert redriven["claim/e2"] == {
        "event_id": {"S": "claim/e2"},
        "expires_at": {"N": "1760011330"},  # 120 seconds and ten
        "claimed_by": {"S": "r-1"},
    }
    assert ses.outbox == ["ada1@example.com", "ada2@example.com"]


def test_what_another_invocation_has_claimed_is_handed_back(ses: Ses, table: Table, capsys: Any):
    class Short(Context):
        aws_request_id = "r-2"

        def get_remaining_time_in_millis(self) -> int:
            return 0

    def meanwhile(_: list[str]) -> dict[str, str]:
        answers.append(handle({**event(insert(1)), "redriven": True}, Short()))
        return {}

    answers: list[Any] = []
    ses.script.append(meanwhile)
    assert handle({**event(insert(1)), "redriven": True}, Context()) == {"batchItemFailures": []}
    assert answers == [{"batchItemFailures": [{"itemIdentifier": "101"}]}]
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["handed_back"], first["MailsSent"]) == ({"claimed": 1}, 0)
    assert (second["handed_back"], second["MailsSent"]) == ({}, 1)


def test_unreadable_marks_fail_the_invocation(ses: Ses, table: Table):
    table.script.append(error("ResourceNotFoundException"))
    with pytest.raises(MarksUnavailableError):
        handle(event(insert(1)), Context())
    assert ses.outbox == []


def test_the_line_counts_everything_by_reason(ses: Ses, capsys: pytest.CaptureFixture[str]):
    ses.script.append(lambda _: {"ada1@example.com": "MESSAGE_REJECTED", "ada2@example.com": "FAILED"})
    handle(event(*[insert(n) for n in range(4)], insert(4, email={"S": "ada"}), {}), Context())
    line = summary(capsys)
    counted = {name: line[name] for name in line if name.startswith(("Mails", "Records"))}
    assert counted == {
        "MailsSent": 2,
        "MailsSkipped": 2,
        "MailsRefused": 1,
        "MailsHandedBack": 1,
        "MailsUnmarked": 0,
        "RecordsUnreadable": 1,
    }
    assert line["skipped"] == {"malformed_address": 1, "unreadable": 1}
    assert line["refused"] == {"e1": "MESSAGE_REJECTED"}
    assert line["handed_back"] == {"FAILED": 1}
    assert (line["records"], line["request_id"], line["FunctionName"]) == (6, "r-1", "sluice-notifier")


def test_nobody_is_named_in_what_is_printed(ses: Ses, capsys: pytest.CaptureFixture[str]):
    ses.script.append(lambda _: {"ada1@example.com": "MESSAGE_REJECTED"})
    handle(event(*[insert(n) for n in range(3)], insert(3, email={"S": "ada"})), Context())
    printed = "".join(capsys.readouterr())
    assert "@" not in printed
    assert "Lovelace" not in printed


def test_mail_disabled_counts_and_sends_nothing(ses: Ses, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.setenv(environment.MAIL_ENABLED, "false")
    assert handle(event(insert(1)), Context()) == {"batchItemFailures": []}
    assert (ses.calls, summary(capsys)["skipped"]) == ([], {"mail_disabled": 1})


def test_only_those_on_the_list_are_mailed(ses: Ses, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(environment.ONLY_TO, '["ada2@example.com", "example.org"]')
    handle(event(insert(1), insert(2), insert(3, email={"S": "x@example.org"})), Context())
    assert ses.outbox == ["ada2@example.com", "x@example.org"]


def test_the_clients_are_made_once(ses: Ses, monkeypatch: pytest.MonkeyPatch):
    handle(event(insert(1)), Context())
    monkeypatch.setattr(aws_ses, "connect", lambda: pytest.fail("made again"))
    handle(event(insert(2)), Context())
    assert len(ses.calls) == 2
