"""Mails about new and changed records: the consumer that sends them, and the table of what was sent."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from handlers.notifier import environment
from handlers.shared.variables import flag_text
from infra import mail_defaults, mail_filters, mail_rules, stream_defaults
from infra.archiver import FAILURES_KEPT_DAYS
from infra.code import archive
from infra.iam import allow
from infra.mail_rules import MailRule
from infra.operations import Operations
from infra.sending import Sending, from_header, may_send_bulk
from infra.stream_consumer import ConsumerArgs
from infra.table import Table, TableArgs

_RULES = "rules.json"
"""The path of the file of rules in the archive."""
_MARKS_KEPT_DAYS = FAILURES_KEPT_DAYS + 7
"""Longer than failures are kept, so that one that is redriven late is not mailed twice."""


def marks_table(operations: Operations) -> TableArgs:
    """Returns the table of marks: one item for each mail that SES accepted.

    It is never protected, since its loss does little harm: a record that is delivered again is mailed again.
    """
    return {
        "partition_key": {"name": environment.MARK_KEY},
        "expires_by": environment.MARK_EXPIRY,
        "operations": {**operations, "protect": False},
    }


def notifier(
    sending: Sending,
    templates: Mapping[str, aws.ses.Template],
    marks: Table,
    rules: Sequence[MailRule],
    address_attribute: str = stream_defaults.ADDRESS_ATTRIBUTE,
    name_attribute: str = stream_defaults.NAME_ATTRIBUTE,
) -> ConsumerArgs:
    """Returns the consumer that sends mails by rules.

    Args:
        sending: How mail is sent.
        templates: At least those of the rules, by name.
        marks: The table of marks.
        rules: Which changes send which mail to whom; ten at most.
        address_attribute: The attribute with the address, unless a rule names another.
        name_attribute: The attribute with the name that mails greet.

    Raises:
        ValueError: A rule is wrong, or can never match; or there is none.
    """
    mail_rules.check(rules, address_attribute)
    used = list(dict.fromkeys(rule["template"] for rule in rules))
    return {
        "handler": environment.HANDLER,
        "code": archive(
            environment.HANDLER, files={_RULES: mail_rules.rules_file(rules, address_attribute, name_attribute)}
        ),
        "description": "Mails people about their new or changed records through SES",
        "filters": mail_filters.patterns(rules),
        "environment": {
            environment.SENDER: from_header(sending),
            environment.REPLY_TO: sending.get("reply_to") or "",
            environment.CONFIGURATION_SET: sending["configuration_set_name"],
            environment.RULES: _RULES,
            environment.TEMPLATES: pulumi.Output.json_dumps({template: templates[template].name for template in used}),
            environment.MAIL_ENABLED: flag_text(sending.get("enabled", mail_defaults.ENABLED)),
            environment.ONLY_TO: json.dumps(list(sending.get("only_to", []))),
            environment.MARKS_TABLE: marks.name,
            environment.MARKS_DAYS: str(_MARKS_KEPT_DAYS),
        },
        "settings": {environment.ONLY_TO: "mail.onlyTo"},
        "statements": [
            may_send_bulk(sending, [templates[template].arn for template in used]),
            allow("Marks", ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:PutItem"], [marks.arn]),
        ],
        "alarms": {
            "refused": {
                "metric": environment.MAILS_REFUSED,
                "meaning": "SES refuses mails to single recipients; they are not retried.",
                "look": "Look at the function's log, which names record and code.",
                "essential": True,
            },
            "unmarked": {
                "metric": environment.MAILS_UNMARKED,
                "meaning": "Mails were sent and could not be marked: if their records come again, so do the mails.",
                "look": "Look at the function's log for why it cannot write the marks table.",
            },
            "unreadable": {
                "metric": environment.RECORDS_UNREADABLE,
                "meaning": "Records could not be read, so nobody was mailed about them.",
                "look": "Look at the function's log for how many, and at what writes such items to the table.",
                "essential": True,
            },
        },
        # A batch may have to wait for SES; that is cheaper than failing.
        "timeout_seconds": 300,
    }
