import json
from typing import Any

import pytest

from infra.queue import Queue
from tests.infra.reading import OPERATIONS, TAGS, TOPIC, record, statements

BUCKET, RULE = "arn:aws:s3:::files", "arn:aws:events:eu-north-1:123456789012:rule/new-files"


def queue(*, dead_letters=False, **args: Any):
    def build():
        given: Any = {**args, **({"dead_letters": Queue("failed", {})} if dead_letters else {})}
        Queue("work", given)

    return record(build)


def test_messages_are_encrypted_and_kept_for_as_long_as_sqs_can():
    inputs = queue().named("work").inputs
    assert inputs == {
        "messageRetentionSeconds": 14 * 24 * 3600,
        "sqsManagedSseEnabled": True,
        "visibilityTimeoutSeconds": 30,
    }


def test_a_key_that_keeps_s3_out_is_not_used():
    assert "kmsMasterKeyId" not in queue().named("work").inputs


@pytest.mark.parametrize(("args", "receives"), [({}, 5), ({"receives": 3}, 3)])
def test_what_failed_too_often_becomes_a_dead_letter(args, receives):
    graph = queue(dead_letters=True, **args)
    assert json.loads(graph.named("work").inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": graph.named("failed").outputs["arn"],
        "maxReceiveCount": receives,
    }


def test_nobody_uses_a_queue_over_a_plain_connection():
    graph = queue()
    assert statements(graph.named("work-policy")) == {
        "TlsOnly": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sqs:*"],
            "Resource": [graph.named("work").outputs["arn"]],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }


def test_only_the_given_buckets_of_this_account_send():
    graph = queue(sources=[BUCKET])
    assert statements(graph.named("work-policy"))["Buckets"] == {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": [graph.named("work").outputs["arn"]],
        "Condition": {
            "ArnEquals": {"aws:SourceArn": [BUCKET]},
            "StringEquals": {"aws:SourceAccount": "123456789012"},
        },
    }


def test_only_the_given_rules_send():
    graph = queue(rules=[RULE])
    found = statements(graph.named("work-policy"))
    assert found.keys() == {"TlsOnly", "Rules"}
    assert found["Rules"] == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": [graph.named("work").outputs["arn"]],
        "Condition": {"ArnEquals": {"aws:SourceArn": [RULE]}},
    }


@pytest.mark.parametrize(
    ("dead_letters", "name", "metric", "threshold"),
    [
        (False, "work-messages", "ApproximateNumberOfMessagesVisible", 1),
        (True, "work-waiting", "ApproximateAgeOfOldestMessage", 3600),
    ],
    ids=["dead letters", "work"],
)
def test_a_queue_has_the_alarm_of_its_kind(dead_letters, name, metric, threshold):
    graph = queue(dead_letters=dead_letters, operations=OPERATIONS)
    (inputs,) = [
        alarm.inputs for alarm in graph.of_type("aws:cloudwatch/metricAlarm:MetricAlarm") if alarm.name == name
    ]
    assert (inputs["namespace"], inputs["metricName"]) == ("AWS/SQS", metric)
    assert inputs["dimensions"] == {"QueueName": graph.named("work").outputs["name"]}
    assert (inputs["statistic"], inputs["threshold"]) == ("Maximum", threshold)
    assert inputs["alarmActions"] == [TOPIC]


def test_a_queue_whose_messages_nobody_takes_has_an_alarm():
    graph = queue(dead_letters=True, operations=OPERATIONS)
    inputs = dict(graph.named("work-silent").inputs)
    assert "docs/operating.md#queue-silent (work)" in inputs.pop("alarmDescription")
    of = {"namespace": "AWS/SQS", "dimensions": {"QueueName": graph.named("work").outputs["name"]}, "period": 300}
    visible = {**of, "metricName": "ApproximateNumberOfMessagesVisible", "stat": "Maximum"}
    assert inputs == {
        "metricQueries": [
            {
                "id": "formula",
                "expression": "IF(visible > 0 AND received == 0, 1, 0)",
                "label": "formula",
                "returnData": True,
            },
            {"id": "visible", "metric": visible},
            {"id": "received", "metric": {**of, "metricName": "NumberOfMessagesReceived", "stat": "Sum"}},
        ],
        "evaluationPeriods": 3,
        "threshold": 1,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "treatMissingData": "notBreaching",
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
        "tags": TAGS,
    }


def test_a_queue_carries_the_tags():
    assert queue(operations=OPERATIONS).named("work").inputs["tags"] == TAGS


def test_a_queue_tells_others_its_url_and_arn():
    graph = queue()
    (component,) = graph.of_type("sluice:index:Queue")
    made = graph.named("work").outputs
    assert component.outputs == {"url": made["url"], "arn": made["arn"]}
