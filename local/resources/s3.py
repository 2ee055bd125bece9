"""S3: buckets and everything that is set on them."""

from typing import Any

from local.emulator import without_tls
from local.resources import Cloud, Created, Inputs, creates, pascal, physical_name, tag_list


@creates("aws:s3/bucket:Bucket")
def bucket(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A bucket."""
    client, physical = cloud.client("s3"), inputs.take("bucket") or physical_name(name, 63)
    inputs.take("forceDestroy")  # what happens on deletion: the embedded cloud forgets everything when it stops
    place = {} if cloud.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": cloud.region}}
    client.create_bucket(Bucket=physical, **place)
    client.put_bucket_tagging(Bucket=physical, Tagging={"TagSet": tag_list(inputs)})
    return Created(physical, {"bucket": physical, "arn": f"arn:aws:s3:::{physical}"})


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def public_access_block(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """What keeps a bucket private."""
    name = inputs.take("bucket")
    cloud.client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=inputs.rest())
    return Created(name, {})


@creates("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def ownership_controls(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """Who owns what is put into a bucket."""
    name = inputs.take("bucket")
    cloud.client("s3").put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [pascal(inputs.take("rule"))]}
    )
    return Created(name, {})


@creates("aws:s3/bucketPolicy:BucketPolicy")
def bucket_policy(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A bucket's policy."""
    name, policy = inputs.take("bucket"), without_tls(inputs.take("policy"))
    if policy:
        cloud.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
    return Created(name, {})


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encryption(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """How objects are encrypted."""
    name = inputs.take("bucket")
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
            }
        }
        for rule in inputs.take("rules")
    ]
    cloud.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return Created(name, {})


@creates("aws:s3/bucketVersioning:BucketVersioning")
def versioning(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """Whether overwritten and deleted objects are kept."""
    name = inputs.take("bucket")
    cloud.client("s3").put_bucket_versioning(
        Bucket=name, VersioningConfiguration=pascal(inputs.take("versioningConfiguration"))
    )
    return Created(name, {})


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """What happens to objects as they age."""
    name = inputs.take("bucket")
    rules = [_lifecycle_rule(rule) for rule in inputs.take("rules")]
    cloud.client("s3").put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    return Created(name, {})


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    made = {("ID" if name == "id" else name[0].upper() + name[1:]): pascal(value) for name, value in rule.items()}
    return made


@creates("aws:s3/bucketNotification:BucketNotification")
def notification(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """What a bucket announces, and to whom."""
    name = inputs.take("bucket")
    announced = {"EventBridgeConfiguration": {}} if inputs.take("eventbridge") else {}
    queues = [_queue(queue) for queue in inputs.take("queues", [])]
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={**announced, "QueueConfigurations": queues}
    )
    return Created(name, {})


def _queue(queue: dict[str, Any]) -> dict[str, Any]:
    rules = [{"Name": "prefix", "Value": queue["filterPrefix"]}] if "filterPrefix" in queue else []
    return {
        "QueueArn": queue["queueArn"],
        "Events": queue["events"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
