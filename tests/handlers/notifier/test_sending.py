"""The bulk call: its request as SES wants it, and a rule for each status and each error."""

import json
from typing import Any

import botocore.loaders
import pytest
from botocore.model import ServiceModel
from botocore.validate import validate_parameters

from handlers.notifier.decisions import Mail
from handlers.notifier.sending import STATUS_RULES, Rule, Sender
from handlers.shared.aws.errors import AwsError, ConnectionLost
from handlers.shared.aws.ses import send_bulk_email
from tests.handlers.notifier.fakes import PROFILE_CHANGED, WELCOME, Ses, error, mails

TEMPLATES = {WELCOME: "dev-welcome", PROFILE_CHANGED: "dev-profile-changed"}
MODEL = ServiceModel(botocore.loaders.Loader().load_service_model("sesv2", "service-2"), "sesv2")
ADDRESS = "no-reply@example.com"


@pytest.fixture
def ses() -> Ses:
    return Ses()


@pytest.fixture
def sender(ses: Ses) -> Sender:
    return Sender(ses, ADDRESS, "dev", TEMPLATES)


def rules(sender: Sender, count: int = 2) -> list[Rule]:
    return [answer.rule for answer in sender.send(WELCOME, mails(count), 0)]


def test_a_call_is_what_the_model_of_the_api_asks_for(ses: Ses, sender: Sender):
    sender.send(PROFILE_CHANGED, mails(50), 0)
    shape = MODEL.operation_model("SendBulkEmail").input_shape
    assert shape
    validate_parameters(ses.calls[0], shape)


def test_a_call_names_sender_configuration_set_template_and_each_person(ses: Ses, sender: Sender):
    sender.send(
        WELCOME, [Mail("e", "1", WELCOME, "o'neil@example.com", '{"name":"\\"<é>","nameHtml":"&quot;&lt;é&gt;"}')], 0
    )
    (call,) = ses.calls
    assert call["FromEmailAddress"] == ADDRESS
    assert call["ConfigurationSetName"] == "dev"
    assert call["DefaultContent"]["Template"]["TemplateName"] == "dev-welcome"
    (entry,) = call["BulkEmailEntries"]
    assert entry["Destination"] == {"ToAddresses": ["o'neil@example.com"]}
    data = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
    assert json.loads(data) == {"name": '"<é>', "nameHtml": "&quot;&lt;é&gt;"}


def test_a_sender_with_a_name_is_still_blamed_by_its_address_and_answers_go_where_they_are_asked_to(ses: Ses):
    sender = Sender(ses, '"The Shop" <no-reply@example.com>', "dev", TEMPLATES, "help@example.com")
    ses.script.append(error("MessageRejected", "Email address is not verified: no-reply@example.com."))
    assert rules(sender) == [Rule.FAIL, Rule.FAIL]
    assert ses.calls[0]["FromEmailAddress"] == '"The Shop" <no-reply@example.com>'
    assert ses.calls[0]["ReplyToAddresses"] == ["help@example.com"]


def test_an_answer_is_waited_for_until_the_deadline(ses: Ses, sender: Sender):
    sender.send(WELCOME, mails(1), 17.0)
    assert ses.deadlines == [17.0]


def test_each_status_of_the_model_has_a_rule():
    assert set(MODEL.shape_for("BulkEmailStatus").enum) <= set(STATUS_RULES)  # type: ignore[attr-defined]  # a StringShape


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("SUCCESS", Rule.SENT),
        ("MESSAGE_REJECTED", Rule.SKIP),
        ("INVALID_PARAMETER", Rule.SKIP),
        ("INVALID_PARAMETER_VALUE", Rule.SKIP),
        ("ACCOUNT_THROTTLED", Rule.WAIT),
        ("TRANSIENT_FAILURE", Rule.WAIT),
        ("FAILED", Rule.RETRY),
        ("A_STATUS_OF_TOMORROW", Rule.RETRY),
        ("MAIL_FROM_DOMAIN_NOT_VERIFIED", Rule.FAIL),
        ("CONFIGURATION_SET_NOT_FOUND", Rule.FAIL),
        ("CONFIGURATION_SET_DOES_NOT_EXIST", Rule.FAIL),
        ("CONFIGURATION_SET_SENDING_PAUSED", Rule.FAIL),
        ("TEMPLATE_NOT_FOUND", Rule.FAIL),
        ("TEMPLATE_DOES_NOT_EXIST", Rule.FAIL),
        ("INVALID_SENDING_POOL_NAME", Rule.FAIL),
        ("ACCOUNT_SUSPENDED", Rule.FAIL),
        ("ACCOUNT_SENDING_PAUSED", Rule.FAIL),
        ("ACCOUNT_DAILY_QUOTA_EXCEEDED", Rule.FAIL),
    ],
)
def test_a_status_has_its_rule_and_the_mail_beside_it_its_own(ses: Ses, sender: Sender, status: str, rule: Rule):
    ses.script.append(lambda _: {"p0@example.com": status})
    assert rules(sender) == [rule, Rule.SENT]


@pytest.mark.parametrize(
    ("failure", "rule"),
    [
        (error("TooManyRequestsException", "Maximum sending rate exceeded.", transient=True), Rule.WAIT),
        (error("ThrottlingException", "Daily message quota exceeded."), Rule.FAIL),
        (error("MessageRejected", "Sending paused for this account. For more information, see"), Rule.FAIL),
        (error("MessageRejected", f"Email address is not verified: {ADDRESS}."), Rule.FAIL),
        (error("LimitExceededException", "Too many."), Rule.WAIT),
        (error("LimitExceededException", "Daily message quota exceeded."), Rule.FAIL),
        (error("BadRequestException", "Missing final '@domain'"), Rule.SPLIT),
        (error("MessageRejected", "Email address is not verified: p0@example.com"), Rule.SPLIT),
        (
            error("MessageRejected", f"The following identities failed the check: {ADDRESS}, p0@example.com"),
            Rule.FAIL,
        ),
        (error("BadRequestException", f"Bad address <{ADDRESS.upper()}>"), Rule.FAIL),
        (error("MessageRejected", f"Email address is not verified: not-{ADDRESS}"), Rule.SPLIT),
        (error("AccountSuspendedException"), Rule.FAIL),
        (error("SendingPausedException"), Rule.FAIL),
        (error("MailFromDomainNotVerifiedException"), Rule.FAIL),
        (error("NotFoundException", "Template dev-welcome does not exist."), Rule.FAIL),
        (error("AccessDeniedException"), Rule.FAIL),
        (error("ErrorOfTomorrow"), Rule.FAIL),
        (error("InternalFailure", transient=True, ambiguous=True), Rule.UNKNOWN),
        (error("ServiceUnavailable", transient=True), Rule.WAIT),
        (ConnectionLost("SESv2", send_bulk_email(""), "ConnectFailed", "", sent=False), Rule.WAIT),
        (ConnectionLost("SESv2", send_bulk_email(""), "ConnectionLost", "", sent=True), Rule.UNKNOWN),
    ],
)
def test_an_error_of_the_call_has_its_rule_for_all_its_mails(ses: Ses, sender: Sender, failure: AwsError, rule: Rule):
    ses.script.append(failure)
    assert rules(sender) == [rule, rule]


def test_a_rejection_that_names_the_sender_fails_instead_of_skipping_everybody(ses: Ses, sender: Sender):
    ses.words = f"Email address is not verified. The following identities failed the check: {ADDRESS}"
    ses.script.append(lambda addresses: dict.fromkeys(addresses, "MESSAGE_REJECTED"))
    assert rules(sender) == [Rule.FAIL, Rule.FAIL]


@pytest.mark.parametrize("named", ["No-Reply@Example.COM", "no-reply@example.com", "NO-REPLY@EXAMPLE.COM"])
def test_a_sender_is_known_by_its_address_whatever_the_case_that_either_side_writes(ses: Ses, named: str):
    sender = Sender(ses, "No-Reply@Example.com", "dev", TEMPLATES)
    ses.script.append(error("MessageRejected", f"Email address is not verified: {named}."))
    assert rules(sender) == [Rule.FAIL, Rule.FAIL]
    ses.words = f"The following identities failed the check: {named}"
    ses.script.append(lambda addresses: dict.fromkeys(addresses, "MESSAGE_REJECTED"))
    assert rules(sender) == [Rule.FAIL, Rule.FAIL]


def test_a_mail_without_a_result_may_have_been_sent():
    class Short(Ses):
        def call(self, request: Any, *, deadline: float | None) -> Any:
            answer = super().call(request, deadline=deadline)
            return answer._replace(body=b'{"BulkEmailEntryResults":[{"Status":"SUCCESS"}]}')

    assert rules(Sender(Short(), ADDRESS, "dev", TEMPLATES)) == [Rule.SENT, Rule.UNKNOWN]


def test_a_code_holds_no_address(ses: Ses, sender: Sender):
    ses.script.append(error("BadRequestException", "p0@example.com is no address"))
    assert "@" not in sender.send(WELCOME, mails(1), 0)[0].code
