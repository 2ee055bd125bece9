"""Targets of rules through the EventBridge API: what somebody makes by hand is run as that of a stack is."""

import json
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.emulator.clients import Cloud
from tests.stacks import eventually

pytestmark = pytest.mark.e2e


def put(cloud: Cloud, text: str) -> None:
    entry = {"Source": "team.shop", "DetailType": "Order", "Detail": json.dumps({"text": text})}
    cloud.client("events").put_events(Entries=[entry])


def received(sqs: Any, url: str) -> list[str]:
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    return [json.loads(message["Body"])["detail"]["text"] for message in messages]


def test_a_target_that_somebody_makes_is_run_until_it_is_removed(embedded_cloud: EmbeddedCloud) -> None:
    cloud = Cloud(embedded_cloud.endpoint, "eu-west-2")
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name="orders", EventPattern='{"source": ["team.shop"]}')["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    events.put_targets(Rule="orders", Targets=[{"Id": "queue", "Arn": arn}])
    embedded_cloud._rules.look()

    put(cloud, "one")
    assert eventually(lambda: received(sqs, url)) == ["one"]
    assert ("eu-west-2", "orders", "queue") in embedded_cloud._rules._running

    events.remove_targets(Rule="orders", Ids=["queue"])
    embedded_cloud._rules.look()
    assert embedded_cloud._rules._running.keys() & {("eu-west-2", "orders", "queue")} == set()
