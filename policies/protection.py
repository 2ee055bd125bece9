"""In prod, data is protected from mistakes."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policies.model import Resource, Stack, may_be, stack_rule
from policies.resource_types import BUCKET, BUCKET_VERSIONING, TABLE

EXPENDABLE = {
    (
        TABLE,
        "*-marks",
    ): "marks of what was mailed expire by themselves; without them a redelivered record is mailed again",
}
"""Resources whose data may be lost, by type and name, and why."""


@stack_rule("recoverable", "In prod, tables and buckets can be restored")
def recoverable(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Requires point-in-time recovery for tables and versions for buckets."""
    for resource in _precious(stack):
        if resource.type == TABLE and not resource.value("pointInTimeRecovery", "enabled"):
            yield resource, "set point_in_time_recovery enabled"
        if resource.type == BUCKET and not any(
            may_be(versioning.value("versioningConfiguration", "status"), "Enabled")
            for versioning in stack.referring(resource, BUCKET_VERSIONING, "bucket")
        ):
            yield resource, "add a BucketVersioning that is Enabled"


@stack_rule("protected", "In prod, neither Pulumi nor a mistake in the console deletes data")
def protected(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Requires protection by Pulumi and DynamoDB, no emptying of buckets, and retention of what leaves the stack."""
    for resource in _precious(stack):
        if not resource.protected:
            yield resource, "set protect=True in its options: operations protect"
        if resource.retained is False:
            yield resource, "set retain_on_delete=True in its options: operations protect"
        if resource.type == TABLE and not resource.value("deletionProtectionEnabled"):
            yield resource, "set deletion_protection_enabled"
        if resource.type == BUCKET and resource.value("forceDestroy") is True:
            yield resource, "leave force_destroy out: it empties the bucket"


def _precious(stack: Stack) -> Iterator[Resource]:
    if stack.environment == "prod":
        yield from (
            resource
            for resource in stack.of_type(TABLE, BUCKET)
            if not any(resource.type == type_ and fnmatchcase(resource.name, name) for type_, name in EXPENDABLE)
        )
