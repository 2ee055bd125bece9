from typing import Any

import pytest

from sluice.readiness.mail import identity, quota, sandbox
from tests.sluice.scripted import GONE_ERROR, Scripted


def stack(
    *verified: str,
    production: bool = False,
    sending: bool = True,
    most: float = 200.0,
    only_to: str = "[]",
    enabled: str = "true",
    every: str = "rate(5 minutes)",
    recipients: str = '["a@b.c"]',
    mail: str = "always",
    state: str = "ENABLED",
    endpoint: str | None = None,
) -> Scripted:
    """A stack that mails, and what SES knows of it."""

    def get(EmailIdentity: str) -> dict[str, Any]:
        if EmailIdentity == "pending@example.com":
            return {"VerifiedForSendingStatus": False}
        if EmailIdentity not in verified:
            raise GONE_ERROR
        return {"VerifiedForSendingStatus": True}

    variables = {
        "MAIL_ENABLED": enabled,
        "MAIL_ONLY_TO": only_to,
        "REPORT_RECIPIENTS": recipients,
        "REPORT_MAIL": mail,
    }
    account = {
        "ProductionAccessEnabled": production,
        "SendingEnabled": sending,
        "SendQuota": {"Max24HourSend": most},
    }
    answers = {
        "sesv2.get_email_identity": get,
        "sesv2.get_account": account,
        "lambda.get_function_configuration": {"Environment": {"Variables": variables}},
        "scheduler.get_schedule": {"ScheduleExpression": every, "State": state},
    }
    return Scripted(answers, endpoint=endpoint)


@pytest.mark.parametrize("verified", ["no-reply@example.com", "example.com"])
def test_a_sender_is_verified_by_its_address_or_its_domain(verified):
    (told,) = identity(stack(verified))
    assert told == ("identity", "ready", "no-reply@example.com is verified", "")


def test_a_sender_that_is_not_verified_is_not_ready():
    (told,) = identity(stack())
    assert (told.status, told.detail) == ("not ready", "no-reply@example.com is not verified: SES refuses its mails")
    assert told.remedy.startswith("open the link that SES mailed")


def test_a_stack_that_mails_nothing_needs_no_sender():
    target = stack(enabled="false")
    target.outputs = {**target.outputs, "mail_sender": None}
    details = [finding.detail for check in (identity, sandbox, quota) for finding in check(target)]
    assert details == ["nothing is mailed", "nothing is mailed", "no schedule mails"]


@pytest.mark.parametrize("check", [identity, sandbox, quota])
def test_the_embedded_cloud_says_that_it_cannot_know(check):
    (told,) = check(stack(endpoint="http://127.0.0.1:1"))
    assert told.status == "unknown"
    assert told.detail.startswith("the embedded cloud cannot know: ")


def test_out_of_the_sandbox_a_stack_is_ready():
    assert [each.status for each in sandbox(stack(production=True))] == ["ready"]


def test_in_the_sandbox_people_who_are_not_verified_are_not_mailed():
    (told,) = sandbox(stack())
    assert told.status == "not ready"
    assert told.detail.endswith("mails only verified addresses: not anybody whose address is not")


def test_in_the_sandbox_a_stack_is_ready_that_mails_verified_addresses_alone():
    assert [each.status for each in sandbox(stack("example.com", only_to='["a@example.com"]'))] == ["ready"]
    (told,) = sandbox(stack("team.example", only_to='["pending@example.com", "team.example"]'))
    assert told.detail.endswith("only verified addresses: not pending@example.com")


def test_an_account_that_was_paused_is_not_ready():
    assert [each.detail for each in sandbox(stack(sending=False, production=True))] == [
        "SES has paused this account's mails"
    ]


@pytest.mark.parametrize(
    ("settings", "status", "detail"),
    [
        (
            {},
            "not ready",
            "the reports mail 288 a day, of 200 that SES takes: the rest is not mailed, and those runs fail",
        ),
        ({"every": "rate(1 hour)"}, "ready", "the reports mail 24 a day, of 200 that SES takes"),
        ({"every": "cron(0 8,16 * * ? *)"}, "ready", "the reports mail 2 a day, of 200 that SES takes"),
        ({"every": "rate(7 days)"}, "ready", "the reports mail 1 a day, of 200 that SES takes"),
        (
            {"every": "rate(1 hour)", "recipients": '["a@b.c", "d@b.c"]', "mail": "changes"},
            "ready",
            "the reports mail at most 48 a day, of 200 that SES takes",
        ),
        ({"most": 50_000.0}, "ready", "the reports mail 288 a day, of 50,000 that SES takes"),
        ({"most": -1}, "ready", "the reports mail 288 a day, and SES accepts any number"),
        ({"state": "DISABLED"}, "ready", "no schedule mails"),
    ],
    ids=["too many", "hourly", "cron", "weekly", "on changes", "raised", "unlimited", "stopped"],
)
def test_the_mails_of_a_day_are_held_against_the_quota(settings, status, detail):
    (told,) = quota(stack(**settings))
    assert (told.status, told.detail) == (status, detail)
