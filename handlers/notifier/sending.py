"""SES's bulk call for up to 50 mails of one template, with an answer for each, and the rule for every answer.

The call: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import zip_longest
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from handlers.notifier.decisions import Mail
from handlers.shared.aws import ses
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError

MAILS_AT_ONCE = 50


class Rule(Enum):
    """How to continue with a mail after an answer."""

    SENT = "SES has it: mark it"
    WAIT = "load, or a passing fault, and not sent: wait, then send it again"
    SKIP = "SES refuses this one, and always will: count it and go on"
    RETRY = "not sent, nobody knows why: hand it back, so that it is tried again or kept among the failures"
    UNKNOWN = "perhaps sent, the answer was lost: hand it back and begin nothing more"
    SPLIT = "one mail of the call spoils it: halve the call until that one is alone, then skip it"
    FAIL = "nothing of this template can be sent before somebody acts: fail the invocation"


# BulkEmailEntryResult's documentation spells three statuses differently from the API's model: both are here.
STATUS_RULES = {
    "SUCCESS": Rule.SENT,
    "MESSAGE_REJECTED": Rule.SKIP,
    "INVALID_PARAMETER": Rule.SKIP,
    "INVALID_PARAMETER_VALUE": Rule.SKIP,
    "ACCOUNT_THROTTLED": Rule.WAIT,
    "TRANSIENT_FAILURE": Rule.WAIT,
    "FAILED": Rule.RETRY,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": Rule.FAIL,
    "CONFIGURATION_SET_NOT_FOUND": Rule.FAIL,
    "CONFIGURATION_SET_DOES_NOT_EXIST": Rule.FAIL,
    "CONFIGURATION_SET_SENDING_PAUSED": Rule.FAIL,
    "TEMPLATE_NOT_FOUND": Rule.FAIL,
    "TEMPLATE_DOES_NOT_EXIST": Rule.FAIL,
    "INVALID_SENDING_POOL_NAME": Rule.FAIL,
    "ACCOUNT_SUSPENDED": Rule.FAIL,
    "ACCOUNT_SENDING_PAUSED": Rule.FAIL,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": Rule.FAIL,
}
_WORD = re.compile(r"[^\s,;:<>()]*[^\s,;:<>().]")

# Errors of the whole call. Others wait if they are transient, and fail otherwise.
ERROR_RULES = {
    "BadRequestException": Rule.SPLIT,
    "MessageRejected": Rule.SPLIT,
    "LimitExceededException": Rule.WAIT,
}


class Answer(NamedTuple):
    """SES's answer to one mail."""

    rule: Rule
    code: str
    """The status or error code, which holds no personal data."""


# One object for all accepted mails: 0.99 of the CPU time of mails. Checked by
# test_a_status_has_its_rule_and_the_mail_beside_it_its_own.
_ACCEPTED = Answer(Rule.SENT, "SUCCESS")


class Sender:
    """Sends mails from one address, under one configuration set."""

    def __init__(
        self,
        client: AwsClient,
        sender: str,
        configuration_set: str,
        templates: Mapping[str, str],
        reply_to: str = "",
    ) -> None:
        """Takes the From header, the templates' names in SES, and where answers go, if not to the sender.

        The client retries throttled calls.
        """
        self._client = client
        self._address = sender.rpartition("<")[2].removesuffix(">")
        origin = f'"FromEmailAddress":{quoted(sender)}' + (
            f',"ReplyToAddresses":[{quoted(reply_to)}]' if reply_to else ""
        )
        self._heads = {template: _head(origin, configuration_set, name) for template, name in templates.items()}

    def send(self, template: str, mails: Sequence[Mail], deadline: float) -> list[Answer]:
        """Sends at most `MAILS_AT_ONCE` mails of one template; returns their answers in order."""
        request = ses.send_bulk_email(self._heads[template] + ",".join([_entry(mail) for mail in mails]) + "]}")
        try:
            results = self._client.call(request, deadline=deadline).json()["BulkEmailEntryResults"]
        except AwsError as error:
            return [Answer(self._rule_of(error), error.code)] * len(mails)
        answers = [self._answer(result) for result in results]
        silent = Answer(Rule.UNKNOWN, "NO_RESULT")
        return [answer or silent for _, answer in zip_longest(mails, answers[: len(mails)])]

    def _answer(self, result: Mapping[str, str]) -> Answer:
        status = result.get("Status", "")
        if status == _ACCEPTED.code:
            return _ACCEPTED
        rule = STATUS_RULES.get(status, Rule.RETRY)
        if rule is Rule.SKIP and self._blames_us(result.get("Error", "")):
            rule = Rule.FAIL
        return Answer(rule, status)

    def _rule_of(self, error: AwsError) -> Rule:
        if error.code in ERROR_RULES:
            return Rule.FAIL if self._blames_us(error.message) else ERROR_RULES[error.code]
        if error.ambiguous:
            return Rule.UNKNOWN
        return Rule.WAIT if error.transient else Rule.FAIL

    def _blames_us(self, message: str) -> bool:
        # One code means an unverified recipient, an unverified sender or "Sending paused for this account".
        return not {self._address.lower(), "account", "quota"}.isdisjoint(_WORD.findall(message.lower()))


def _head(origin: str, configuration_set: str, template: str) -> str:
    content = f'{{"Template":{{"TemplateName":{quoted(template)},"TemplateData":"{{}}"}}}}'
    return (
        f'{{{origin},"ConfigurationSetName":{quoted(configuration_set)},"DefaultContent":{content},"BulkEmailEntries":['
    )


def _entry(mail: Mail) -> str:
    return (
        f'{{"Destination":{{"ToAddresses":[{quoted(mail.to)}]}},"ReplacementEmailContent":'
        f'{{"ReplacementTemplate":{{"ReplacementTemplateData":{quoted(mail.data)}}}}}}}'
    )
