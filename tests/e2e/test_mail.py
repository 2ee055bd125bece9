"""Mail, from a write to the table to the outbox: each person one mail, whatever fails meanwhile."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import Mail, mails
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.requests import Request
from sluice.cloud.faults.rules import Rule
from sluice.cloud.triggers.streams.events import Invoked
from sluice.failures.errors import last_errors
from sluice.failures.stream import redrive_stream, stream_failures
from tests.e2e.altering import AlteringProxy, Answer, Asked, refused_by_ses, unaltered
from tests.stacks import configured, summaries, table, target, without

MANY = 5000


@pytest.fixture(scope="module")
def events() -> list[Any]:
    """What happened on the streams."""
    return []


@pytest.fixture(scope="module")
def cloud(events: list[Any]) -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud(on_event=events.append) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def faults(cloud: EmbeddedCloud) -> Iterator[FaultProxy]:
    with FaultProxy(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def stack(cloud: EmbeddedCloud, faults: FaultProxy) -> Stack:
    """The stack `local`, behind the fault proxy."""
    return cloud.deploy("local", functions_endpoint=faults.endpoint)


@pytest.fixture(scope="module")
def ses(cloud: EmbeddedCloud) -> Iterator[AlteringProxy]:
    with AlteringProxy(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def impatient(cloud: EmbeddedCloud, ses: AlteringProxy) -> Stack:
    """A stack that gives a failing batch up after one retry, behind a proxy that can answer for SES."""
    config = configured(streams={"maximumRetryAttempts": 1})
    return cloud.deploy("impatient", config=config, functions_endpoint=ses.endpoint)


def write(stack: Stack, *users: dict[str, str]) -> None:
    with table(stack, stack.output("streams.users.tables.0.name")).batch_writer() as writer:
        for user in users:
            writer.put_item(Item=user)


def person(number: int | str, domain: str) -> dict[str, str]:
    return {"userId": f"{domain}-{number}", "email": f"p{number}@{domain}", "name": f"Person {number}"}


def outbox(stack: Stack, domain: str) -> list[Mail]:
    return [mail for mail in mails(stack.cloud.endpoint, stack.cloud.token) if mail["to"][0].endswith(f"@{domain}")]


def failures(stack: Stack) -> list[Any]:
    return list(stream_failures(target(stack)))


def test_only_new_people_and_watched_changes_are_mailed(stack):
    users = [person(number, "few.example.com") for number in range(3)]
    users[0]["name"] = "O'Neil <b>"
    write(stack, *users)
    written = table(stack, stack.output("streams.users.tables.0.name"))
    for user, attribute in ((users[0], "name"), (users[1], "city")):
        written.update_item(
            Key={"userId": user["userId"]},
            UpdateExpression="SET #attribute = :value",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":value": "Conan O'Neil <b>"},
        )
    written.delete_item(Key={"userId": users[2]["userId"]})
    stack.wait_idle()
    welcomes = [mail for mail in outbox(stack, "few.example.com") if "welcome" in mail["subject"]]
    (change,) = (mail for mail in outbox(stack, "few.example.com") if mail not in welcomes)
    assert sorted(mail["to"] for mail in welcomes) == [[user["email"]] for user in users]
    (first,) = (mail for mail in welcomes if mail["to"] == [users[0]["email"]])
    assert first["subject"] == "Hello O'Neil <b>, and welcome"
    assert "Hello O'Neil <b>," in first["text"]
    assert "O&#x27;Neil &lt;b&gt;" in first["html"]
    assert "<b>" not in first["html"]
    assert change["to"] == [users[0]["email"]]
    assert "changed:\n\n    name\n" in change["text"]


def test_without_permission_mails_wait_among_the_failures_and_go_once_when_redriven(impatient, events):
    people = [person(number, "denied.example.com") for number in range(3)]
    with without(impatient, "streams.users.notifier_function_name", "ses:"):
        write(impatient, *people)
        impatient.wait_idle()
        assert outbox(impatient, "denied.example.com") == []
        found = failures(impatient)
        assert {failure.function for failure in found} == {impatient.output("streams.users.notifier_function_name")}
        assert sum(failure.records for failure in found) == len(people)
        assert any("AccessDenied" in (event.error or "") for event in events if isinstance(event, Invoked))
        assert all("AccessDenied" in error for error in last_errors(target(impatient), found))
        assert sum(redriven.left for redriven in redrive_stream(target(impatient))) == len(people)
    assert all(redriven.is_complete for redriven in redrive_stream(target(impatient)))
    assert failures(impatient) == []
    assert sorted(mail["to"][0] for mail in outbox(impatient, "denied.example.com")) == [one["email"] for one in people]


def test_a_record_that_spoils_the_bulk_call_is_counted_and_stops_no_other(impatient, ses):
    def refuse(asked: Asked, forward: Callable[[], Answer]) -> Answer:
        spoiled = "outbound-bulk-emails" in asked.operation and b"p17@spoiled" in asked.body
        return refused_by_ses("BadRequestException", "Invalid template data") if spoiled else forward()

    ses.alter = refuse
    people = [person(number, "spoiled.example.com") for number in range(60)]
    write(impatient, *people)
    impatient.wait_idle()
    ses.alter = unaltered
    sent = {mail["to"][0] for mail in outbox(impatient, "spoiled.example.com")}
    assert sent == {one["email"] for one in people} - {"p17@spoiled.example.com"}
    assert len(outbox(impatient, "spoiled.example.com")) == 59
    assert failures(impatient) == []
    told = summaries(impatient, "streams.users.notifier_function_name")
    assert sum(line["MailsRefused"] for line in told) == 1
    assert [code for line in told for code in line["refused"].values()] == ["BadRequestException"]


def test_a_flood_under_faults_mails_each_person_once(stack, faults):
    def every(twentieth: int) -> Callable[[Request], bool]:
        calls = itertools.count()

        def due(request: Request) -> bool:
            return (
                stack.output("streams.users.notifier_function_name") in request.target and next(calls) % 20 == twentieth
            )

        return due

    after = Rule("function_error", operation="Invoke", when=every(5), after_work=True)
    before = Rule("function_error", operation="Invoke", when=every(15))
    throttled = Rule("throttle", service="sesv2", operation="SendBulkEmail", rate=0.1)
    faults.rules = [after, before, throttled]
    write(stack, *(person(number, "flood.example.com") for number in range(MANY)))
    stack.wait_idle(100)
    faults.rules = []
    got = Counter(mail["to"][0] for mail in outbox(stack, "flood.example.com"))
    assert got == Counter(f"p{number}@flood.example.com" for number in range(MANY))
    assert failures(stack) == []
    assert all(rule.fired for rule in (after, before, throttled))
