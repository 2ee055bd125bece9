"""The resource types that the rules know, and the properties of each.

A type that is not listed is a violation: nobody has considered yet what can go wrong with it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from policies.model import Resource, resource_rule

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
BUCKET_OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
CONFIGURATION_SET = "aws:sesv2/configurationSet:ConfigurationSet"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
DNS_RECORD = "aws:route53/record:Record"
EVENT_INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
FUNCTION = "aws:lambda/function:Function"
FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LOG_SUBSCRIPTION = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"
MAIL_EVENTS = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"
MAIL_FROM = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"
MAIL_TEMPLATE = "aws:ses/template:Template"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
PERMISSION = "aws:lambda/permission:Permission"
QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
RECURSION = "aws:lambda/functionRecursionConfig:FunctionRecursionConfig"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_POLICY_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
SCHEDULE = "aws:scheduler/schedule:Schedule"
TABLE = "aws:dynamodb/table:Table"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TOPIC_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


class Known(NamedTuple):
    """The properties of a resource type."""

    at_rest: str
    """How its data is encrypted at rest; `rule` where a rule checks it, empty where it holds no data."""
    taggable: bool = False


_RULE, _NOTHING = "rule", ""

KNOWN = {
    ALARM: Known(_NOTHING, taggable=True),
    BUCKET: Known(_RULE, taggable=True),
    BUCKET_ENCRYPTION: Known(_NOTHING),
    BUCKET_LIFECYCLE: Known(_NOTHING),
    BUCKET_NOTIFICATION: Known(_NOTHING),
    BUCKET_OWNERSHIP: Known(_NOTHING),
    BUCKET_POLICY: Known(_NOTHING),
    BUCKET_PUBLIC_ACCESS: Known(_NOTHING),
    BUCKET_VERSIONING: Known(_NOTHING),
    CONFIGURATION_SET: Known(_NOTHING, taggable=True),
    DASHBOARD: Known(_NOTHING),
    DNS_RECORD: Known(_NOTHING),
    EVENT_INVOKE_CONFIG: Known(_NOTHING),
    EVENT_RULE: Known(_NOTHING, taggable=True),
    EVENT_TARGET: Known(_NOTHING),
    FUNCTION: Known("Lambda encrypts code and environment variables, with a key of AWS's", taggable=True),
    FUNCTION_URL: Known(_NOTHING),
    IDENTITY: Known(_NOTHING, taggable=True),
    LOG_GROUP: Known("CloudWatch Logs encrypts every log group, with a key of AWS's", taggable=True),
    LOG_SUBSCRIPTION: Known(_NOTHING),
    MAIL_EVENTS: Known(_NOTHING),
    MAIL_FROM: Known(_NOTHING),
    MAIL_TEMPLATE: Known(_NOTHING),
    MAPPING: Known(_NOTHING, taggable=True),
    PERMISSION: Known(_NOTHING),
    QUEUE: Known(_RULE, taggable=True),
    QUEUE_POLICY: Known(_NOTHING),
    RECURSION: Known(_NOTHING),
    ROLE: Known(_NOTHING, taggable=True),
    ROLE_POLICY: Known(_NOTHING),
    ROLE_POLICY_ATTACHMENT: Known(_NOTHING),
    SCHEDULE: Known(_NOTHING),
    TABLE: Known("DynamoDB encrypts every table, with a key of its own unless it is given one", taggable=True),
    TOPIC: Known(
        "SNS keeps messages until they are delivered; a key is optional, and a rule looks at which", taggable=True
    ),
    TOPIC_POLICY: Known(_NOTHING),
    TOPIC_SUBSCRIPTION: Known(_NOTHING),
}
"""Encryption by default: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-protection.html,
https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html
"""


@resource_rule("type-known", "The rules know every resource type of AWS in the stack")
def type_known(resource: Resource) -> Iterator[str]:
    """Types of other packages, such as components, are not checked."""
    if resource.type.startswith("aws:") and resource.type not in KNOWN:
        yield "list the type in policies/resource_types.py, with how it is encrypted, and write the rules that it needs"


TAGS = ("project", "environment", "pipeline", "owner")


@resource_rule("tagged", f"Every resource that can have tags has {', '.join(TAGS)}")
def tagged(resource: Resource) -> Iterator[str]:
    """Bills, inventories and the person on call all rely on the tags."""
    if resource.type in KNOWN and KNOWN[resource.type].taggable:
        missing = [tag for tag in TAGS if not resource.value("tags", tag)]
        if missing:
            yield f"add the tags {', '.join(missing)}: tags=operations.get('tags')"
