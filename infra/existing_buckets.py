"""Existing buckets that imports take their files from."""

import pulumi

from infra.bucket import Bucket
from infra.import_pipeline import ImportBucketArgs
from infra.operations import Operations

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}
"""Prefix of regions' names -> their AWS partition; all others are in `aws`."""
_ON = "'{\"EventBridgeConfiguration\": {}}'"


def existing_bucket(name: str, is_local: bool, region: str, operations: Operations) -> ImportBucketArgs:
    """Returns an existing bucket of the team; a local stack makes it, with announcements of its objects.

    Elsewhere AWS is not asked, and the deployment logs what the bucket needs: nothing that Pulumi reads shows whether
    EventBridge is on for it.
    """
    if is_local:
        pulumi.log.info(f"the bucket {name} is created here; in AWS it is the existing one")
        made = Bucket(name, {"bucket_name": name, "announce": True, "operations": operations})
        return {"name": made.name, "arn": made.arn}
    pulumi.log.info(
        f"files in the bucket {name} are imported only if EventBridge is on for it. To turn it on: "
        f"aws s3api put-bucket-notification-configuration --bucket {name} --notification-configuration {_ON}. "
        "This replaces the bucket's whole notification configuration: what aws s3api "
        f"get-bucket-notification-configuration --bucket {name} prints has to be included."
    )
    return {"name": name, "arn": f"arn:{_partition(region)}:s3:::{name}"}


def _partition(region: str) -> str:
    return next((partition for start, partition in _PARTITIONS.items() if region.startswith(start)), "aws")
