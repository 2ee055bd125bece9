import json
from pathlib import Path
from typing import Any

import pytest

from infra.archiver import FAILURES_KEPT_DAYS
from infra.bucket import Bucket
from infra.mail_rules import MailRule
from infra.mailer import Mailer
from infra.notifier import marks_table, notifier
from infra.stream_pipeline import StreamPipeline
from infra.table import Table
from tests.infra.reading import PROTECTED, TAGS, TOPIC, record, statements
from tests.infra.streams import KEY

MAILER: Any = {
    "sender": "no-reply@example.com",
    "templates": ["welcome", "profile-changed"],
    "events_topic_arn": TOPIC,
}
WELCOME: MailRule = {"template": "welcome", "events": ["INSERT"]}
CHANGED: MailRule = {"template": "profile-changed", "events": ["MODIFY"], "changed": ["email"]}


def notifying(*rules: MailRule, enabled=True, only_to=(), operations=None, sender: Any = None, **attributes):
    def build():
        marks, mailer = Table("marks", marks_table(operations or {})), Mailer("mail", MAILER)
        sending: Any = {**mailer.sending, "enabled": enabled, "only_to": only_to, **(sender or {})}
        made = notifier(sending, mailer.templates, marks, rules or [WELCOME, CHANGED], **attributes)
        failures = Bucket("failures", {}).arn
        StreamPipeline("stream", {**KEY, "failures_bucket_arn": failures, "consumers": {"notifier": made}})

    return record(build)


def variables(graph):
    return graph.named("stream-notifier").inputs["environment"]["variables"]


def test_the_notifier_is_told_how_to_mail():
    found = variables(notifying())
    assert found["MAIL_SENDER"] == "no-reply@example.com"
    assert found["MAIL_CONFIGURATION_SET"] == "mail-settings"
    assert json.loads(found["MAIL_TEMPLATES"]) == {
        "welcome": "mail-welcome",
        "profile-changed": "mail-profile-changed",
    }


def test_the_notifier_is_told_whom_it_may_mail():
    found = variables(notifying(enabled=False, only_to=["example.com"]))
    assert json.loads(found["MAIL_ENABLED"]) is False
    assert json.loads(found["MAIL_ONLY_TO"]) == ["example.com"]


def test_the_notifier_is_told_what_to_show_as_the_sender_and_where_answers_go():
    found = variables(notifying(sender={"from_name": "The Shop, Ltd.", "reply_to": "help@example.com"}))
    assert found["MAIL_SENDER"] == '"The Shop, Ltd." <no-reply@example.com>'
    assert found["MAIL_REPLY_TO"] == "help@example.com"


def rules_in(graph):
    """The file of rules, read from the function's code by the name that the function has for it."""
    function = graph.named("stream-notifier").inputs
    code = function["code"]
    return json.loads(Path(code.path, function["environment"]["variables"]["MAIL_RULES"]).read_text())


def test_the_rules_lie_in_the_archive():
    found = rules_in(notifying(WELCOME, address_attribute="mail", name_attribute="nick"))
    assert (found["address_attribute"], found["name_attribute"]) == ("mail", "nick")
    assert [rule["template"] for rule in found["rules"]] == ["welcome"]


def test_the_same_rules_make_the_same_archive():
    def code(*rules: MailRule):
        return notifying(*rules).named("stream-notifier").inputs["code"].path

    assert code(WELCOME, CHANGED) == code(WELCOME, CHANGED) != code(WELCOME)


def test_rules_of_any_length_find_room_there():
    watched = [f"attribute number {number}" for number in range(2000)]
    graph = notifying({**CHANGED, "changed": watched})
    assert rules_in(graph)["rules"][0]["changed"] == watched
    assert len(json.dumps(variables(graph))) < 1000


def test_a_wrong_rule_is_refused():
    with pytest.raises(
        ValueError, match=r"mail rule 1 \(welcome\): events: found \[\]; allowed: one or more of INSERT"
    ):
        notifying({**WELCOME, "events": []})


def test_only_the_templates_of_the_rules_may_be_sent():
    graph = notifying(WELCOME)
    resources = statements(graph.named("stream-notifier-policy"))["SendTemplates"]["Resource"]
    assert [arn.rpartition("/")[2] for arn in resources if ":template/" in arn] == ["mail-welcome"]
    assert json.loads(variables(graph)["MAIL_TEMPLATES"]) == {"welcome": "mail-welcome"}


def test_removals_reach_it_where_a_rule_asks_for_them():
    graph = notifying(WELCOME, {"template": "profile-changed", "events": ["REMOVE"]})
    (rule,) = graph.named("stream-notifier-mapping").inputs["filterCriteria"]["filters"]
    assert json.loads(rule["pattern"]) == {"eventName": ["INSERT", "REMOVE"]}


def test_development_mails_the_team_only(graph_of):
    found = graph_of("dev").named("sluice-dev-stream-users-notifier").inputs["environment"]["variables"]
    assert json.loads(found["MAIL_ONLY_TO"]) == ["example.com"]


def test_deletions_do_not_reach_the_notifier():
    (rule,) = notifying().named("stream-notifier-mapping").inputs["filterCriteria"]["filters"]
    assert json.loads(rule["pattern"]) == {"eventName": ["INSERT", "MODIFY"]}


def test_a_batch_has_time_to_wait_for_ses():
    assert notifying().named("stream-notifier").inputs["timeout"] == 300


def test_the_notifier_may_send_templates_and_keep_marks():
    graph = notifying()
    found = statements(graph.named("stream-notifier-policy"))
    assert found.keys() == {
        *("SendTemplates", "Marks"),
        *("ReadStream", "KeepFailures", "FindFailuresBucket", "WriteLogs"),  # every consumer's
    }
    assert found["Marks"] == {
        "Effect": "Allow",
        "Action": ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:PutItem"],
        "Resource": [graph.named("marks").outputs["arn"]],
    }


def test_marks_are_by_record_and_expire():
    inputs = notifying().named("marks").inputs
    assert (inputs["hashKey"], inputs.get("rangeKey")) == ("event_id", None)
    assert inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_a_failure_that_is_sent_again_late_does_not_mail_twice():
    """A mark outlives the failed batch that its record may lie in."""
    graph = notifying()
    assert int(variables(graph)["MARKS_DAYS"]) > FAILURES_KEPT_DAYS
    assert variables(graph)["MARKS_TABLE"] == graph.named("marks").outputs["name"]


def test_marks_can_be_lost_where_all_else_is_protected():
    made = notifying(operations=PROTECTED).named("marks")
    assert made.inputs["deletionProtectionEnabled"] is False
    assert made.inputs["pointInTimeRecovery"] == {"enabled": False}
    assert not made.options.keys() & {"protect", "retain_on_delete"}
    assert made.inputs["tags"] == TAGS


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("refused", "MailsRefused"), ("unmarked", "MailsUnmarked"), ("unreadable", "RecordsUnreadable")],
)
def test_an_alarm_goes_off_on_what_the_notifier_counts(kind, metric):
    """A mail that is refused, and a record that is skipped, fail no invocation."""
    inputs = notifying().named(f"stream-notifier-{kind}").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("Sluice", metric)
    assert inputs["dimensions"] == {"FunctionName": "stream-notifier"}
    assert (inputs["statistic"], inputs["threshold"]) == ("Sum", 1)
