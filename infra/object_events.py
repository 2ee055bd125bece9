"""New objects of an existing bucket, sent to a queue by EventBridge: the bucket's own notifications are left alone."""

import pulumi
import pulumi_aws as aws

from infra.names import fitting
from infra.operations import Operations
from infra.queue import Queue

_NAME = 64
"""Characters that EventBridge allows in a rule's name."""
_ATTEMPTS = 100
_AGE_SECONDS = 24 * 3600
"""The longest that EventBridge retries: a file that is not announced is never imported."""


def rule_on_objects(
    name: str,
    bucket_name: pulumi.Input[str],
    prefix: str,
    operations: Operations,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.EventRule:
    """Returns a rule that matches the new objects below a prefix of a bucket."""
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket_name]}, "object": {"key": [{"prefix": prefix}]}},
    }
    return aws.cloudwatch.EventRule(
        name,
        name=fitting(name, _NAME),
        description=f"New objects below {prefix} that are to be imported",
        event_pattern=pulumi.Output.json_dumps(pattern),
        tags=operations.get("tags"),
        opts=opts,
    )


def deliver(
    name: str, rule: aws.cloudwatch.EventRule, queue: Queue, dead_letters: Queue, opts: pulumi.ResourceOptions
) -> None:
    """Sends the events of a rule to a queue, whose policy has to allow it; undeliverable ones become dead letters."""
    aws.cloudwatch.EventTarget(
        name,
        rule=rule.name,
        arn=queue.arn,
        retry_policy={"maximum_retry_attempts": _ATTEMPTS, "maximum_event_age_in_seconds": _AGE_SECONDS},
        dead_letter_config={"arn": dead_letters.arn},
        opts=opts,
    )
