"""S3: buckets and their settings."""

from typing import Any

from pulumi import FileArchive

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import without_tls
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.code import zipped
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import UnsupportedError, creates


@creates("aws:s3/bucket:Bucket")
def bucket(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A bucket."""
    client, physical = cloud.client("s3"), inputs.take("bucket") or physical_name(name, 63)
    inputs.take("forceDestroy")  # irrelevant here: the embedded cloud forgets everything when it stops
    place = {} if cloud.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": cloud.region}}
    client.create_bucket(Bucket=physical, **place)
    client.put_bucket_tagging(Bucket=physical, Tagging={"TagSet": inputs.tag_list()})
    return Created(physical, {"bucket": physical, "arn": f"arn:aws:s3:::{physical}"})


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", fixed=("bucket",))
def public_access_block(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """The settings that keep a bucket private."""
    name = inputs.take("bucket")
    cloud.client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=inputs.rest())
    return Created(name, {})


@creates("aws:s3/bucketOwnershipControls:BucketOwnershipControls", fixed=("bucket",))
def ownership_controls(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """Who owns the objects in a bucket."""
    name = inputs.take("bucket")
    cloud.client("s3").put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [inputs.object("rule").rest()]}
    )
    return Created(name, {})


@creates("aws:s3/bucketPolicy:BucketPolicy", fixed=("bucket",))
def bucket_policy(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A bucket's policy."""
    name, policy = inputs.take("bucket"), without_tls(inputs.take("policy"))
    if policy:
        cloud.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
    return Created(name, {})


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", fixed=("bucket",))
def encryption(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """How objects are encrypted."""
    name = inputs.take("bucket")
    rules = [_encryption_rule(rule) for rule in inputs.objects("rules")]
    cloud.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return Created(name, {})


def _encryption_rule(rule: Inputs) -> dict[str, Any]:
    default = rule.object("applyServerSideEncryptionByDefault")
    algorithm = {"SSEAlgorithm": default.take("sseAlgorithm")}  # an abbreviation that `rest` would spell differently
    return {"ApplyServerSideEncryptionByDefault": {**algorithm, **default.rest()}, **rule.rest()}


@creates("aws:s3/bucketVersioning:BucketVersioning", fixed=("bucket",))
def versioning(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """Whether overwritten and deleted objects are kept."""
    name = inputs.take("bucket")
    cloud.client("s3").put_bucket_versioning(
        Bucket=name, VersioningConfiguration=inputs.object("versioningConfiguration").rest()
    )
    return Created(name, {})


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", fixed=("bucket",))
def lifecycle(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """What happens to objects as they age."""
    name = inputs.take("bucket")
    rules = [{"ID": rule.take("id"), **rule.rest()} for rule in inputs.objects("rules")]
    cloud.client("s3").put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    return Created(name, {})


@creates("aws:s3/bucketNotification:BucketNotification", fixed=("bucket",))
def notification(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A bucket's notifications and their destinations."""
    name = inputs.take("bucket")
    announced = {"EventBridgeConfiguration": {}} if inputs.take("eventbridge") else {}
    queues = [_queue(queue) for queue in inputs.objects("queues")]
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={**announced, "QueueConfigurations": queues}
    )
    return Created(name, {})


def _queue(queue: Inputs) -> dict[str, Any]:
    ends = {"prefix": queue.take("filterPrefix"), "suffix": queue.take("filterSuffix")}
    rules = [{"Name": end, "Value": text} for end, text in ends.items() if text]
    return {
        "QueueArn": queue.take("queueArn"),
        "Events": queue.take("events"),
        "Filter": {"Key": {"FilterRules": rules}},
    }


@creates(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    fixed=(
        "bucket",
        "key",
    ),
)
def bucket_object(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """An object that holds the archive of a function."""
    name, key, source = inputs.take("bucket"), inputs.take("key"), inputs.take("source")
    if not isinstance(source, FileArchive):
        raise UnsupportedError("objects are created here only from a FileArchive")
    inputs.take("tags")
    cloud.client("s3").put_object(Bucket=name, Key=key, Body=zipped(source))
    return Created(f"{name}/{key}", {"bucket": name, "key": key})
