from typing import Any

from infra.code import archive
from infra.function import Function
from infra.mailer import Mailer
from infra.sending import may_send, may_send_bulk
from tests.infra.reading import HANDLER, TOPIC, record, statements

SENDER = "no-reply@example.com"
MAILER: Any = {"sender": SENDER, "templates": ["welcome", "profile-changed"], "events_topic_arn": TOPIC}


def allowed(permission):
    """What a role may that is given one permission of a mailer, and the graph."""

    def build():
        statement = permission(Mailer("mail", MAILER))
        Function("f", {"handler": HANDLER, "code": archive(HANDLER), "statements": [statement]})

    graph = record(build)
    found = statements(graph.named("f-policy"))
    del found["WriteLogs"]
    return found, graph


def bulk(mailer):
    return may_send_bulk(mailer.sending, [template.arn for template in mailer.templates.values()])


def test_bulk_mail_is_of_these_templates_only():
    """SES asks for the recipient's identity too where the account has it, as it always has in the sandbox."""
    found, graph = allowed(bulk)
    settings = graph.named("mail-settings").outputs["arn"]
    assert found == {
        "SendTemplates": {
            "Effect": "Allow",
            "Action": ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"],
            "Resource": [
                f"{settings.rpartition(':')[0]}:identity/*",
                settings,
                *(graph.named(f"mail-{template}").outputs["arn"] for template in ("welcome", "profile-changed")),
            ],
        }
    }


def test_bulk_mail_has_no_condition_that_ses_does_not_know():
    found, _ = allowed(bulk)
    assert "Condition" not in found["SendTemplates"]


def test_other_mail_is_from_this_sender_only():
    found, graph = allowed(lambda mailer: may_send(mailer.sending))
    settings = graph.named("mail-settings").outputs["arn"]
    assert found == {
        "SendMail": {
            "Effect": "Allow",
            "Action": ["ses:SendEmail"],
            "Resource": [f"{settings.rpartition(':')[0]}:identity/*", settings],
            "Condition": {"StringEquals": {"ses:FromAddress": SENDER}},
        }
    }
