"""How a stack is watched, kept and paid for: one argument of every component."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

LOG_RETENTION_DAYS = 30


class Operations(TypedDict):
    """Passed unchanged from a pipeline to each of its parts. Left out: cheap and disposable, as a dev stack wants."""

    tags: NotRequired[Mapping[str, str]]
    """Tags of every resource that can carry tags; none by default."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """The SNS topic that alarms go to; left out, alarms only show in the console."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept; 30 by default."""
    tracing: NotRequired[bool]
    """Whether functions send traces to X-Ray; off by default, because traces cost."""
    protect: NotRequired[bool]
    """Whether data outlives mistakes: deletion protection, point-in-time recovery, versions, retained on delete;
    off by default."""


def data_options(parent: pulumi.Resource, operations: Operations) -> pulumi.ResourceOptions:
    """Returns the options of a resource that holds data: where the stack protects, it stays."""
    protect = operations.get("protect", False)
    return pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=protect)


def guard_options(
    parent: pulumi.Resource, operations: Operations, *depends_on: pulumi.Resource
) -> pulumi.ResourceOptions:
    """Returns the options of a setting that guards kept data: it stays as long as they do.

    The option is inherited from the parent only. Without it a bucket that is kept would be left open to whatever its
    objects' or account's settings allow, and its old versions would no longer be made or cleared away.
    """
    return pulumi.ResourceOptions(
        parent=parent, depends_on=list(depends_on), retain_on_delete=operations.get("protect", False)
    )


def with_pipeline(operations: Operations, pipeline: str) -> Operations:
    """Returns the same operations, with the tag that names the pipeline."""
    return {**operations, "tags": {**operations.get("tags", {}), "pipeline": pipeline}}
