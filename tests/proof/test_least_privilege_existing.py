"""Least privilege of an import from a bucket of the team's own: the leave to send to its queue."""

import json
from collections.abc import Iterator

import pytest

from tests import stacks
from tests.proof import test_least_privilege as roles
from tests.proof.test_least_privilege import Place
from tests.stacks import eventually, receive

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """The stack `local` with an import from an existing bucket, whose queue's mapping is stopped."""
    with roles.deployed(stacks.configured(imports={"chunkMiB": 1, "bucket": "team-exports"})) as place:
        yield place


def test_the_queue_takes_nothing_of_a_rule_that_its_policy_does_not_name(place):
    stack, sqs = place.stack, place.stack.cloud.client("sqs")
    queue, dead = (stack.output(f"imports.items.{name}_url") for name in ("queue", "dead_letter_queue"))
    held = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    (statement,) = json.loads(held)["Statement"]
    other = {
        "ArnEquals": {
            "aws:SourceArn": [f"{rule}-other" for rule in statement["Condition"]["ArnEquals"]["aws:SourceArn"]]
        }
    }
    for condition, reached in ((statement["Condition"], queue), (other, dead)):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        stack.cloud.client("s3").put_object(Bucket="team-exports", Key="incoming/told.csv", Body=b"id\n1\n")
        assert eventually(lambda url=reached: receive(stack, url, "incoming/told.csv", 1))
        assert not receive(stack, dead if reached == queue else queue, "incoming/told.csv")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": held})
