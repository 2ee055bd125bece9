"""A function on the archive's new objects, with retries, dead letters and alarms."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from alarms import Watch, alarm
from documents import allow, document
from function import Function

ARCHIVE_PREFIX = "changes/"
"""The prefix of the audit trail in the archive bucket: a contract, like the stack outputs."""

_RETRIES = 2
_EVENT_AGE_SECONDS = 3600
_LETTERS_KEPT_SECONDS = 14 * 24 * 3600


class ArchiveSubscriptionArgs(TypedDict):
    """Arguments of a subscription."""

    archive_bucket_name: pulumi.Input[str]
    """Sluice's output of the same name."""
    handler: str
    """Dotted path of the handler, which gets one EventBridge event for each new object."""
    code: pulumi.Archive
    """The code that contains the handler."""
    description: str
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    statements: NotRequired[Sequence[Mapping[str, Any]]]
    """What the function may do besides reading the archive."""
    watch: Watch


class ArchiveSubscription(pulumi.ComponentResource):
    """A function on the archive's new objects (`roster:index:ArchiveSubscription`).

    It makes:

    - a rule on new objects of the archive, with the function as its target, which only this rule may invoke;
    - the function, whose role has read access to the archive and the given statements;
    - a dead-letter queue: events that could not be delivered, and events that the function failed on three times;
    - alarms on the function and on the queue.
    """

    function: Function
    dead_letters: aws.sqs.Queue

    def __init__(self, name: str, args: ArchiveSubscriptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("roster:index:ArchiveSubscription", name, None, opts)
        self._name, self._args, self._tags = name, args, args["watch"].tags
        self.rule = self._create_rule()
        self.dead_letters = self._create_dead_letters()
        self._letters_policy = self._create_dead_letters_policy()
        self.function = self._create_function()
        self._bound_retries()
        self._create_target()
        self.register_outputs({"functionName": self.function.name, "deadLetterQueueUrl": self.dead_letters.url})

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

    def _create_rule(self) -> aws.cloudwatch.EventRule:
        pattern = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [self._args["archive_bucket_name"]]},
                "object": {"key": [{"prefix": ARCHIVE_PREFIX}]},
            },
        }
        return aws.cloudwatch.EventRule(
            f"{self._name}-rule",
            description="New objects of Sluice's audit trail",
            event_pattern=pulumi.Output.json_dumps(pattern),
            tags=self._tags,
            opts=self._child(),
        )

    def _create_dead_letters(self) -> aws.sqs.Queue:
        name = f"{self._name}-dead-letters"
        queue = aws.sqs.Queue(
            name,
            message_retention_seconds=_LETTERS_KEPT_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=self._tags,
            opts=self._child(),
        )
        alarm(
            f"{name}-messages",
            "AWS/SQS ApproximateNumberOfMessagesVisible",
            {"QueueName": queue.name},
            "Events have failed for good: look into the queue.",
            self._args["watch"],
            self._child(),
        )
        return queue

    def _create_dead_letters_policy(self) -> aws.sqs.QueuePolicy:
        arn = self.dead_letters.arn
        tls = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sqs:*"],
            "Resource": [arn],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        rules = {
            "Sid": "Rules",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": [arn],
            "Condition": {"ArnEquals": {"aws:SourceArn": [self.rule.arn]}},
        }
        return aws.sqs.QueuePolicy(
            f"{self._name}-dead-letters-policy",
            queue_url=self.dead_letters.url,
            policy=document(tls, rules),
            opts=self._child(),
        )

    def _create_function(self) -> Function:
        archive = pulumi.Output.concat("arn:aws:s3:::", self._args["archive_bucket_name"], "/", ARCHIVE_PREFIX, "*")
        return Function(
            f"{self._name}-function",
            {
                "handler": self._args["handler"],
                "code": self._args["code"],
                "description": self._args["description"],
                "environment": self._args.get("environment", {}),
                "statements": [
                    allow("ReadArchive", ["s3:GetObject"], [archive]),
                    allow("KeepFailures", ["sqs:SendMessage"], [self.dead_letters.arn]),
                    *self._args.get("statements", []),
                ],
                "watch": self._args["watch"],
            },
            self._child(),
        )

    def _bound_retries(self) -> None:
        """Limits retries of the function's own failures: EventBridge's end once Lambda has accepted an event."""
        aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-retries",
            function_name=self.function.name,
            maximum_retry_attempts=_RETRIES,
            maximum_event_age_in_seconds=_EVENT_AGE_SECONDS,
            destination_config={"on_failure": {"destination": self.dead_letters.arn}},
            opts=self._child(self.function.policy),
        )

    def _create_target(self) -> None:
        permission = aws.lambda_.Permission(
            f"{self._name}-permission",
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="events.amazonaws.com",
            source_arn=self.rule.arn,
            opts=self._child(),
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-target",
            rule=self.rule.name,
            arn=self.function.arn,
            retry_policy={"maximum_retry_attempts": 10, "maximum_event_age_in_seconds": _EVENT_AGE_SECONDS},
            dead_letter_config={"arn": self.dead_letters.arn},
            opts=self._child(permission, self._letters_policy),
        )
