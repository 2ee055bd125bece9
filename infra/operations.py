"""How a stack is watched, kept and paid for: one argument of every component."""

import enum
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

LOG_RETENTION_DAYS = 30


class AlarmChoice(enum.StrEnum):
    """Which alarms a stack has."""

    ALL = "all"
    ESSENTIAL = "essential"
    """On what is lost or given up for good, on silence, and on what a team expects of a report; not on what may heal by
    itself, such as lag, throttles and single errors."""
    NONE = "none"


class Operations(TypedDict):
    """Passed unchanged from a pipeline to each of its parts. Left out: cheap and disposable, as a dev stack wants."""

    tags: NotRequired[Mapping[str, str]]
    """Tags of every resource that can carry tags; none by default."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """The SNS topic that alarms go to; left out, alarms only show in the console."""
    alarms: NotRequired[AlarmChoice]
    """Which alarms there are; all by default."""
    runbook_url: NotRequired[str]
    """What alarms point below; a URL that ends with a slash has a page each, another one an anchor each. Left out: the
    page of this repository."""
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


def has_alarm(operations: Operations, *, essential: bool) -> bool:
    """Says whether there is to be an alarm, which is essential or not."""
    choice = AlarmChoice(operations.get("alarms", AlarmChoice.ALL))
    return choice is AlarmChoice.ALL or (choice is AlarmChoice.ESSENTIAL and essential)


def promise(alarms: AlarmChoice) -> dict[str, str]:
    """Returns the tags that say which alarms a stack has, where it has not all: policies ask for no others."""
    return {} if alarms is AlarmChoice.ALL else {"alarms": alarms.value}
