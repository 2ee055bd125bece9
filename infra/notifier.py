"""Mails about new and changed records: the consumer that sends them, and the table of what was sent."""

import json
from collections.abc import Mapping, Sequence

import pulumi_aws as aws

from handlers.notifier import environment
from handlers.shared.variables import flag_text
from infra import mail_defaults
from infra.archiver import FAILURES_KEPT_DAYS
from infra.code import archive
from infra.filters import pattern
from infra.iam import allow
from infra.operations import Operations
from infra.sending import Sending, may_send_bulk
from infra.stream_consumer import ConsumerArgs
from infra.table import Table, TableArgs

TEMPLATES = (environment.WELCOME, environment.PROFILE_CHANGED)
_MARKS_KEPT_DAYS = FAILURES_KEPT_DAYS + 7
"""Longer than failures are kept, so that one sent again late is not mailed twice."""


def marks_table(operations: Operations) -> TableArgs:
    """Returns the table of marks: one item for each stream record whose mail SES took.

    It can be lost, so it is never protected: then a record that is delivered again is mailed again.
    """
    return {
        "partition_key": {"name": environment.MARK_KEY},
        "expires_by": environment.MARK_EXPIRY,
        "operations": {**operations, "protect": False},
    }


def notifier(
    sending: Sending, templates: Mapping[str, aws.ses.Template], marks: Table, watch: Sequence[str]
) -> ConsumerArgs:
    """Returns the consumer that mails new people, and people of whom a watched attribute changed."""
    welcome, changed = (templates[template].name for template in TEMPLATES)
    return {
        "handler": environment.HANDLER,
        "code": archive(environment.HANDLER),
        "description": "Mails people about their new or changed records through SES",
        "filters": [pattern({"events": ["INSERT", "MODIFY"]})],
        "environment": {
            environment.SENDER: sending["sender"],
            environment.CONFIGURATION_SET: sending["configuration_set_name"],
            environment.WELCOME_TEMPLATE: welcome,
            environment.PROFILE_CHANGED_TEMPLATE: changed,
            environment.MAIL_ENABLED: flag_text(sending.get("enabled", mail_defaults.ENABLED)),
            environment.ONLY_TO: json.dumps(list(sending.get("only_to", []))),
            environment.WATCHED: json.dumps(list(watch)),
            environment.MARKS_TABLE: marks.name,
            environment.MARKS_DAYS: str(_MARKS_KEPT_DAYS),
        },
        "settings": {environment.ONLY_TO: "mail.onlyTo", environment.WATCHED: "stream.watch"},
        "statements": [
            may_send_bulk(sending, [templates[template].arn for template in TEMPLATES]),
            allow("Marks", ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:PutItem"], [marks.arn]),
        ],
        "alarms": {
            "refused": {
                "metric": environment.MAILS_REFUSED,
                "meaning": "SES refuses mails to single people; they are not tried again.",
                "look": "Look at the function's log, which names record and code.",
            },
            "unmarked": {
                "metric": environment.MAILS_UNMARKED,
                "meaning": "Mails were sent and could not be marked: if their records come again, so do the mails.",
                "look": "Look at the function's log for what keeps it from writing the table of marks.",
            },
            "unreadable": {
                "metric": environment.RECORDS_UNREADABLE,
                "meaning": "Records could not be read, so nobody was mailed about them.",
                "look": "Look at the function's log for how many, and at who writes such items to the table.",
            },
        },
        # A batch may wait for SES to take it; that is cheaper than failing.
        "timeout_seconds": 300,
    }
