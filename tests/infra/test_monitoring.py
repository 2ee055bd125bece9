from typing import Any

from infra.monitoring import Monitoring
from tests.infra.reading import TAGS, dependencies, record, statements, types


def monitoring(**args: Any):
    made: Any = args
    return record(lambda: Monitoring("watch", made))


def test_services_of_this_account_publish_over_tls():
    graph = monitoring()
    arn = graph.named("watch-alarms").outputs["arn"]
    assert graph.named("watch-publishers").inputs["arn"] == arn
    assert statements(graph.named("watch-publishers")) == {
        **{
            sid: {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": ["sns:Publish"],
                "Resource": [arn],
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            }
            for sid, service in (("Alarms", "cloudwatch.amazonaws.com"), ("MailEvents", "ses.amazonaws.com"))
        },
        "TlsOnly": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sns:Publish"],
            "Resource": [arn],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    }


def test_the_topic_has_no_key_that_keeps_cloudwatch_out():
    assert "kmsMasterKeyId" not in monitoring().named("watch-alarms").inputs


def test_each_address_is_subscribed_once():
    graph = monitoring(emails=["on-call@example.com", "Lead@example.com", "on-call@example.com"])
    subscriptions = {
        name: graph.named(name).inputs for name, kind in types(graph, "watch").items() if "Subscription" in kind
    }
    arn = graph.named("watch-alarms").outputs["arn"]
    assert graph.duplicates == []
    assert subscriptions == {
        "watch-to-on-call-example-com": {"topic": arn, "protocol": "email", "endpoint": "on-call@example.com"},
        "watch-to-lead-example-com": {"topic": arn, "protocol": "email", "endpoint": "Lead@example.com"},
    }


def test_without_addresses_there_is_a_topic_and_its_policy():
    assert types(monitoring(), "watch") == {
        "watch-alarms": "aws:sns/topic:Topic",
        "watch-publishers": "aws:sns/topicPolicy:TopicPolicy",
    }


def test_whoever_uses_the_topic_comes_after_its_policy(graph_of):
    graph = graph_of("prod")
    alarm = graph.named("sluice-prod-stream-users-archiver-errors")
    assert "sluice-prod-monitoring-publishers" in dependencies(graph, alarm)


def test_the_topic_carries_the_tags():
    assert monitoring(tags=TAGS).named("watch-alarms").inputs["tags"] == TAGS


def test_monitoring_tells_others_its_topic():
    graph = monitoring()
    (component,) = graph.of_type("sluice:index:Monitoring")
    assert component.outputs == {"topicArn": graph.named("watch-alarms").outputs["arn"]}
