"""An S3 bucket as every pipeline uses it: private, encrypted, TLS only, with a lifecycle that saves costs."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.iam import policy_document, tls_only
from infra.names import fitting
from infra.operations import Operations, data_options, guard_options

_NAME = 63
"""Characters that S3 allows in a bucket's name."""


class LifecycleRule(TypedDict):
    """What happens to objects below a prefix as they age."""

    prefix: str
    expire_days: NotRequired[int]
    """Days after which objects are deleted."""
    infrequent_access_days: NotRequired[int]
    """Days after which objects of 128 KB and more move to the cheaper storage class for infrequent access."""


class BucketArgs(TypedDict):
    """Arguments of a bucket."""

    bucket_name: NotRequired[str]
    """The physical name; named automatically when left out."""
    versioned: NotRequired[bool]
    """Whether overwritten and deleted objects are kept for 30 days: for data that cannot be recreated. Off by default;
    always on where the stack protects."""
    lifecycle: NotRequired[Sequence[LifecycleRule]]
    announce: NotRequired[bool]
    """Whether new objects are announced through EventBridge; off by default."""
    operations: NotRequired[Operations]


class Bucket(Component):
    """A bucket (`sluice:index:Bucket`).

    It makes:

    - an S3 bucket, emptied when deleted unless the stack protects, with ownership enforced and public access blocked;
    - encryption with S3's own keys, versioning, a lifecycle that also aborts abandoned uploads;
    - a bucket policy that refuses connections without TLS;
    - if `announce` is on, announcements of new objects through EventBridge.

    Where the stack protects, the bucket and all of these but the announcements are kept when the stack is destroyed.
    """

    bucket: aws.s3.Bucket
    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Bucket", name, args.get("operations"), opts)
        self._args = args
        self._versioned = args.get("versioned", False) or self._operations.get("protect", False)
        self.bucket = self._create_bucket()
        self.name, self.arn = self.bucket.bucket, self.bucket.arn
        self._block_public_access()
        self._create_encryption()
        self._create_lifecycle(*([self._create_versioning()] if self._versioned else []))
        if args.get("announce"):
            self._create_announcements()
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _create_bucket(self) -> aws.s3.Bucket:
        return aws.s3.Bucket(
            self._name,
            bucket=self._args.get("bucket_name") or fitting(self._name, _NAME),
            force_destroy=not self._operations.get("protect", False),
            tags=self._operations.get("tags"),
            opts=data_options(self, self._operations),
        )

    def _block_public_access(self) -> None:
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-public-access",
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._guard(),
        )
        # S3 refuses two of these at once ("a conflicting conditional operation is in progress").
        ownership = aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=self.name,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._guard(block),
        )
        aws.s3.BucketPolicy(
            f"{self._name}-tls-only",
            bucket=self.name,
            policy=policy_document([tls_only(["s3:*"], [self.arn, pulumi.Output.concat(self.arn, "/*")])]),
            opts=self._guard(ownership),
        )

    def _create_encryption(self) -> None:
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=self.name,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._guard(),
        )

    def _create_versioning(self) -> aws.s3.BucketVersioning:
        return aws.s3.BucketVersioning(
            f"{self._name}-versioning",
            bucket=self.name,
            versioning_configuration={"status": "Enabled"},
            opts=self._guard(),
        )

    def _create_lifecycle(self, *versioning: pulumi.Resource) -> None:
        rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
            {
                "id": "housekeeping",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            }
        ]
        if self._versioned:
            rules[0]["noncurrent_version_expiration"] = {"noncurrent_days": 30}
            # A delete marker whose versions are all gone.
            rules[0]["expiration"] = {"expired_object_delete_marker": True}
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=self.name,
            rules=[*rules, *map(_rule, self._args.get("lifecycle", []))],
            opts=self._guard(*versioning),  # S3 wants versioning to be set before rules about versions
        )

    def _guard(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return guard_options(self, self._operations, *depends_on)

    def _create_announcements(self) -> None:
        aws.s3.BucketNotification(f"{self._name}-announcements", bucket=self.name, eventbridge=True, opts=self._child())


def _rule(rule: LifecycleRule) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    arguments: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": f"age-{rule['prefix'].strip('/').replace('/', '-')}",
        "status": "Enabled",
        "filter": {"prefix": rule["prefix"]},
    }
    if "expire_days" in rule:
        arguments["expiration"] = {"days": rule["expire_days"]}
    if "infrequent_access_days" in rule:
        arguments["transitions"] = [{"days": rule["infrequent_access_days"], "storage_class": "STANDARD_IA"}]
    return arguments
