"""An SQS queue as every pipeline uses it: encrypted, TLS only, with an alarm on what should not lie in it."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.alarms import alarm
from infra.iam import Statement, policy_document
from infra.operations import Operations

_RETENTION_SECONDS = 14 * 24 * 3600
"""The longest that SQS offers."""


class QueueArgs(TypedDict):
    """What a queue is."""

    visibility_timeout_seconds: NotRequired[int]
    """How long a message is hidden while it is worked on; 30 by default."""
    dead_letters: NotRequired["Queue"]
    """Where messages go that failed `receives` times; a queue without one is a queue of dead letters."""
    receives: NotRequired[int]
    """5 by default."""
    sources: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of buckets that may send to it; nobody outside the account's own roles by default."""
    rules: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of EventBridge rules that may send to it what they cannot deliver; none by default."""
    operations: NotRequired[Operations]


class Queue(pulumi.ComponentResource):
    """A queue (`sluice:index:Queue`). It makes:

    - an SQS queue with SQS's own encryption that keeps messages for 14 days;
    - a policy that refuses connections without TLS and lets the given buckets and rules send;
    - an alarm: on any message, where the queue is one of dead letters; otherwise on a message older than an hour.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    policy: aws.sqs.QueuePolicy

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Queue", name, None, opts)
        self._name, self._args, self._operations = name, args, args.get("operations", {})
        queue = self._create_queue()
        self.url, self.arn, self.name = queue.url, queue.arn, queue.name
        self.policy = self._create_policy()
        self._create_alarm()
        self.register_outputs({"url": self.url, "arn": self.arn})

    def _create_queue(self) -> aws.sqs.Queue:
        dead_letters = self._args.get("dead_letters")
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": self._args.get("receives", 5)} if (
            dead_letters
        ) else None  # fmt: skip
        return aws.sqs.Queue(
            self._name,
            message_retention_seconds=_RETENTION_SECONDS,
            visibility_timeout_seconds=self._args.get("visibility_timeout_seconds", 30),
            sqs_managed_sse_enabled=True,
            redrive_policy=pulumi.Output.json_dumps(redrive) if redrive else None,
            tags=self._operations.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_policy(self) -> aws.sqs.QueuePolicy:
        statements: list[Statement] = [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["sqs:*"],  # refuses everything, so every action
                "Resource": [self.arn],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
        if sources := self._args.get("sources"):
            # A bucket's ARN names no account: without this test another account's bucket of that name could send.
            account = self.arn.apply(lambda arn: arn.split(":")[4])
            statements.append(self._may_send("Buckets", "s3.amazonaws.com", sources, {"aws:SourceAccount": account}))
        if rules := self._args.get("rules"):
            statements.append(self._may_send("Rules", "events.amazonaws.com", rules))
        return aws.sqs.QueuePolicy(
            f"{self._name}-policy",
            queue_url=self.url,
            policy=policy_document(statements),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _may_send(
        self,
        sid: str,
        service: str,
        sources: Sequence[pulumi.Input[str]],
        same: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["sqs:SendMessage"],
            "Resource": [self.arn],
            "Condition": {"ArnEquals": {"aws:SourceArn": sources}, **({"StringEquals": same} if same else {})},
        }

    def _create_alarm(self) -> None:
        kind, metric, threshold, meaning = (
            ("waiting", "ApproximateAgeOfOldestMessage", 3600, "A message has waited for an hour: its function fails, or is too slow.")
            if "dead_letters" in self._args
            else ("messages", "ApproximateNumberOfMessagesVisible", 1, "Work has failed for good and lies among the dead letters.")
        )  # fmt: skip
        look = "Look at `python -m sluice failures`, which can send it again"
        alarm(
            f"{self._name}-{kind}",
            {
                "description": f"{meaning} {look}; docs/operating.md#queue-{kind} ({self._name}).",
                "namespace": "AWS/SQS",
                "metric": metric,
                "dimensions": {"QueueName": self.name},
                "statistic": "Maximum",
                "threshold": threshold,
            },
            self,
            self._operations,
        )
