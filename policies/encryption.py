"""Encryption at rest and in transit."""

from collections.abc import Iterator

from policies.documents import Statement, statements, unread
from policies.model import UNKNOWN, Resource, Stack, may_be, resource_rule, stack_rule
from policies.monitoring import alarms, mail_destinations
from policies.resource_types import (
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_POLICY,
    CONFIGURATION_SET,
    QUEUE,
    QUEUE_POLICY,
    TOPIC,
    TOPIC_POLICY,
)

_AWS_MANAGED_SNS_KEY = "alias/aws/sns"


@stack_rule("bucket-encrypted", "Buckets say how they are encrypted at rest")
def bucket_encrypted(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """S3 has encrypted every object since 2023, but stating it explicitly means that nobody has to know that."""
    for bucket in stack.of_type(BUCKET):
        if not any(map(_encrypts, stack.referring(bucket, BUCKET_ENCRYPTION, "bucket"))):
            yield bucket, "add a BucketServerSideEncryptionConfiguration with AES256 or aws:kms"


def _encrypts(encryption: Resource) -> bool:
    rules = encryption.value("rules") or []
    return rules is UNKNOWN or any(
        (rule.get("applyServerSideEncryptionByDefault") or {}).get("sseAlgorithm") for rule in rules
    )


@resource_rule("queue-encrypted", "Queues are encrypted at rest", QUEUE)
def queue_encrypted(queue: Resource) -> Iterator[str]:
    """Requires SQS's own key or a customer's; with the AWS-managed one no other service can send."""
    if queue.value("kmsMasterKeyId") == "alias/aws/sqs":
        yield "S3 and SNS cannot send through the AWS-managed key: set sqs_managed_sse_enabled=True instead"
    elif not queue.value("sqsManagedSseEnabled") and not queue.value("kmsMasterKeyId"):
        yield "set sqs_managed_sse_enabled=True"


@stack_rule("alarm-topic-key", "Topics that CloudWatch or SES publish to are not under the AWS-managed key")
def alarm_topic_key(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """The key's policy cannot be changed and does not let the two use the key: alarms would be lost silently."""
    for topic in stack.of_type(TOPIC):
        key, uses = topic.value("kmsMasterKeyId"), [*alarms(stack, topic), *mail_destinations(stack, topic)]
        if uses and isinstance(key, str) and key.endswith(_AWS_MANAGED_SNS_KEY):
            yield (
                topic,
                "leave kms_master_key_id out, or use a customer key whose policy lets CloudWatch and SES use it",
            )


_POLICIES = {BUCKET: (BUCKET_POLICY, "bucket"), QUEUE: (QUEUE_POLICY, "queueUrl"), TOPIC: (TOPIC_POLICY, "arn")}
_REFUSED = {BUCKET: "s3:*", QUEUE: "sqs:*", TOPIC: "sns:Publish"}


@stack_rule("tls-only", "Buckets, queues and topics refuse connections without TLS")
def tls_only(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Requires a statement that denies everything to everybody when the connection is not secure."""
    for resource in stack.of_type(*_POLICIES):
        policies = stack.referring(resource, *_POLICIES[resource.type])
        if any(map(unread, policies)):
            continue
        if not any(_refuses_plain(resource, statement) for policy in policies for statement in statements(policy)):
            action = _REFUSED[resource.type]
            yield resource, f'refuse "{action}" to "*" where aws:SecureTransport is false, in its policy'


def _refuses_plain(resource: Resource, statement: Statement) -> bool:
    arns = {resource.arn, f"{resource.arn}/*"} if resource.type == BUCKET else {resource.arn}
    return (
        statement.effect == "Deny"
        and statement.principals == (("AWS", "*"),)
        and statement.conditions == {("Bool", "aws:SecureTransport"): ("false",)}
        and _REFUSED[resource.type] in statement.actions
        and arns <= set(statement.resources)
    )


@resource_rule("mail-over-tls", "Mails are sent over TLS or not at all", CONFIGURATION_SET)
def mail_over_tls(configuration_set: Resource) -> Iterator[str]:
    """By default SES tries TLS, and sends in plain text where the receiving server has none."""
    if not may_be(configuration_set.value("deliveryOptions", "tlsPolicy"), "REQUIRE"):
        yield "set delivery_options tls_policy REQUIRE"
