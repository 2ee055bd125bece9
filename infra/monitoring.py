"""The topic of a stack's alarms, which people subscribe to."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.iam import account_of, allow_service, policy_document, tls_only

_PUBLISHERS = {"Alarms": "cloudwatch.amazonaws.com", "MailEvents": "ses.amazonaws.com"}


class MonitoringArgs(TypedDict):
    """Arguments of the alarm topic."""

    emails: NotRequired[Sequence[str]]
    """Addresses that get each alarm; each must first confirm a mail that SNS sends."""
    tags: NotRequired[Mapping[str, str]]


class Monitoring(Component):
    """The alarm topic (`sluice:index:Monitoring`).

    It makes:

    - an SNS topic and a policy that lets CloudWatch and SES of this account publish to it, over TLS;
    - a subscription for each address.

    The topic has no key of its own: CloudWatch and SES cannot publish through the AWS-managed one.
    """

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Monitoring", name, None, opts)
        topic = self._create_topic(args)
        policy = self._create_policy(topic)
        # Resources that use the topic depend on its policy.
        self.topic_arn = pulumi.Output.all(topic.arn, policy.id).apply(lambda values: values[0])
        for address in dict.fromkeys(args.get("emails", [])):
            self._create_subscription(topic, address)
        self.register_outputs({"topicArn": self.topic_arn})

    def _create_topic(self, args: MonitoringArgs) -> aws.sns.Topic:
        return aws.sns.Topic(f"{self._name}-alarms", tags=args.get("tags"), opts=self._child())

    def _create_policy(self, topic: aws.sns.Topic) -> aws.sns.TopicPolicy:
        ours = {"StringEquals": {"aws:SourceAccount": account_of(topic.arn)}}
        publish = [allow_service(sid, service, "sns:Publish", topic.arn, ours) for sid, service in _PUBLISHERS.items()]
        return aws.sns.TopicPolicy(
            f"{self._name}-publishers",
            arn=topic.arn,
            policy=policy_document([*publish, tls_only(["sns:Publish"], [topic.arn])]),
            opts=self._child(),
        )

    def _create_subscription(self, topic: aws.sns.Topic, address: str) -> None:
        label = "".join(letter if letter.isalnum() else "-" for letter in address.lower())
        aws.sns.TopicSubscription(
            f"{self._name}-to-{label}",
            topic=topic.arn,
            protocol="email",
            endpoint=address,
            opts=self._child(),
        )
