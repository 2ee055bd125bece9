"""An SQS queue as every pipeline uses it: encrypted, TLS only, with alarms on messages that should not be in it."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.iam import account_of, allow_service, policy_document, tls_only
from infra.metrics import Metric, metric
from infra.names import fitting
from infra.operations import Operations

_NAME = 80
"""Characters that SQS allows in a queue's name."""
_RETENTION_SECONDS = 14 * 24 * 3600
"""The longest that SQS allows."""


class QueueArgs(TypedDict):
    """Arguments of a queue."""

    visibility_timeout_seconds: NotRequired[int]
    """How long a message is hidden while it is processed; 30 by default."""
    dead_letters: NotRequired["Queue"]
    """The queue for messages that failed `receives` times; a queue without one is itself a dead-letter queue."""
    receives: NotRequired[int]
    """How often a message is received before it becomes a dead letter; 5 by default."""
    sources: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of buckets that may send to it; nobody outside the account's own roles by default."""
    rules: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of EventBridge rules that may send to it; none by default."""
    operations: NotRequired[Operations]


class Queue(Component):
    """A queue (`sluice:index:Queue`).

    It makes:

    - an SQS queue with SQS's own encryption that keeps messages for 14 days;
    - a policy that refuses connections without TLS and lets the given buckets and rules send;
    - alarms: for a dead-letter queue, on any message; otherwise on a message older than an hour, and on messages that
      nobody receives.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    policy: aws.sqs.QueuePolicy

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Queue", name, args.get("operations"), opts)
        self._args = args
        queue = self._create_queue()
        self.url, self.arn, self.name = queue.url, queue.arn, queue.name
        self.policy = self._create_policy()
        self._create_alarms()
        self.register_outputs({"url": self.url, "arn": self.arn})

    def metric(self, name: str, label: str = "", statistic: str = "Maximum") -> Metric:
        """Returns one of SQS's metrics of this queue."""
        return metric("AWS/SQS", name, {"QueueName": self.name}, label, statistic)

    def messages(self, label: str = "") -> Metric:
        """Returns the metric of the messages in it."""
        return self.metric("ApproximateNumberOfMessagesVisible", label)

    def age(self, label: str = "") -> Metric:
        """Returns the metric of its oldest message's age, in seconds."""
        return self.metric("ApproximateAgeOfOldestMessage", label)

    def _create_queue(self) -> aws.sqs.Queue:
        dead_letters = self._args.get("dead_letters")
        return aws.sqs.Queue(
            self._name,
            name=fitting(self._name, _NAME),
            message_retention_seconds=_RETENTION_SECONDS,
            visibility_timeout_seconds=self._args.get("visibility_timeout_seconds", 30),
            sqs_managed_sse_enabled=True,
            redrive_policy=self._redrive_to(dead_letters) if dead_letters else None,
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _redrive_to(self, dead_letters: "Queue") -> pulumi.Output[str]:
        return pulumi.Output.json_dumps(
            {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": self._args.get("receives", 5)}
        )

    def _create_policy(self) -> aws.sqs.QueuePolicy:
        statements = [tls_only(["sqs:*"], [self.arn])]
        if sources := self._args.get("sources"):
            # A bucket's ARN names no account: without this, another account's bucket of that name could send.
            ours = {"aws:SourceAccount": account_of(self.arn)}
            condition = {"ArnEquals": {"aws:SourceArn": sources}, "StringEquals": ours}
            statements.append(allow_service("Buckets", "s3.amazonaws.com", "sqs:SendMessage", self.arn, condition))
        if rules := self._args.get("rules"):
            condition = {"ArnEquals": {"aws:SourceArn": rules}}
            statements.append(allow_service("Rules", "events.amazonaws.com", "sqs:SendMessage", self.arn, condition))
        return aws.sqs.QueuePolicy(
            f"{self._name}-policy",
            queue_url=self.url,
            policy=policy_document(statements),
            opts=self._child(),
        )

    def _create_alarms(self) -> None:
        if "dead_letters" in self._args:
            self._alarm(
                "waiting",
                {
                    "metric": self.age(),
                    "threshold": 3600,
                    "meaning": "A message has waited for an hour: its function fails or is too slow.",
                    "look": "Look at that function's alarms and log.",
                    "section": "queue",
                },
            )
            self._alarm(
                "silent",
                {
                    # SQS reports both metrics, even when 0, for a queue that holds messages. Without invocations Lambda
                    # reports nothing, which a formula cannot tell from a late metric.
                    "metric": {
                        "expression": "IF(visible > 0 AND received == 0, 1, 0)",
                        "metrics": {
                            "visible": self.messages(),
                            "received": self.metric("NumberOfMessagesReceived", statistic="Sum"),
                        },
                    },
                    "periods": 3,
                    "essential": True,
                    "meaning": "Messages are in the queue, and none has been received for 15 minutes.",
                    "look": "Look at the state of the event source mapping of its function.",
                    "section": "queue",
                },
            )
        else:
            self._alarm(
                "messages",
                {
                    "metric": self.messages(),
                    "meaning": "Work has failed for good and is among the dead letters.",
                    "look": "Look at `python -m sluice failures`, which shows why and can send it again.",
                    "section": "queue",
                    "essential": True,
                },
            )
