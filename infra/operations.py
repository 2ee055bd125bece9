"""How a stack is monitored, protected and paid for: an argument of every component."""

import enum
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

LOG_RETENTION_DAYS = 30


class AlarmChoice(enum.StrEnum):
    """Which alarms a stack has."""

    ALL = "all"
    ESSENTIAL = "essential"
    """On losses, on silence, and on broken expectations of a report; not on what may recover by itself, such as lag,
    throttles and single errors."""
    NONE = "none"


class Operations(TypedDict):
    """Passed unchanged from a pipeline to each of its parts. Left out: cheap and disposable, as for a dev stack."""

    tags: NotRequired[Mapping[str, str]]
    """Tags of every resource that can carry tags; none by default."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """The SNS topic that alarms go to; left out, alarms only show in the console."""
    alarms: NotRequired[AlarmChoice]
    """Which alarms there are; all by default."""
    runbook_url: NotRequired[str]
    """The URL of the runbooks: ending with a slash, it has a page for each alarm, otherwise an anchor for each. Left
    out: the page of this repository."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept; 30 by default."""
    tracing: NotRequired[bool]
    """Whether functions send traces to X-Ray; off by default, because traces cost."""
    protect: NotRequired[bool]
    """Whether data is protected from mistakes: deletion protection, point-in-time recovery, versions, retained on
    delete; off by default."""


def data_options(parent: pulumi.Resource, operations: Operations) -> pulumi.ResourceOptions:
    """Returns the options of a resource that holds data: where the stack protects, it is kept."""
    protect = operations.get("protect", False)
    return pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=protect)


def guard_options(
    parent: pulumi.Resource, operations: Operations, *depends_on: pulumi.Resource
) -> pulumi.ResourceOptions:
    """Returns the options of a resource that guards kept data: it is kept as long as the data.

    The option is inherited from the parent only. Without it a kept bucket would be open to whatever its objects' or
    account's settings allow, and its old versions would no longer be made or expired.
    """
    return pulumi.ResourceOptions(
        parent=parent, depends_on=list(depends_on), retain_on_delete=operations.get("protect", False)
    )


def with_pipeline(operations: Operations, pipeline: str) -> Operations:
    """Returns the same operations with a tag that names the pipeline."""
    return {**operations, "tags": {**operations.get("tags", {}), "pipeline": pipeline}}


def has_alarm(operations: Operations, *, essential: bool) -> bool:
    """Returns whether the stack has alarms of this sort, essential or not."""
    choice = AlarmChoice(operations.get("alarms", AlarmChoice.ALL))
    return choice is AlarmChoice.ALL or (choice is AlarmChoice.ESSENTIAL and essential)


def promise(alarms: AlarmChoice) -> dict[str, str]:
    """Returns the tags that say which alarms a stack has, unless it has all: policies require no others."""
    return {} if alarms is AlarmChoice.ALL else {"alarms": alarms.value}
