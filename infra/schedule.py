"""An EventBridge schedule that invokes a function with the scheduled time."""

import json
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from infra.function import Function
from infra.iam import account_of, allow, role_policy, trust
from infra.names import ROLE_NAME, fitting
from infra.operations import Operations
from infra.queue import Queue
from infra.schedule_times import event_age_seconds

_NAME = 64
"""Characters that EventBridge allows in a schedule's name."""


class ScheduleArgs(TypedDict):
    """What is invoked, when, and where undeliverable events go."""

    every: str
    """An EventBridge schedule, such as `rate(5 minutes)`."""
    description: str
    function: Function
    field: str
    """The field of the function's event that holds the scheduled time."""
    dead_letters: Queue


def schedule(owner: str, args: ScheduleArgs, parent: pulumi.Resource, operations: Operations) -> aws.scheduler.Schedule:
    """Makes a schedule and its role."""
    child = pulumi.ResourceOptions(parent=parent)
    function, dead_letters, every = args["function"], args["dead_letters"], args["every"]
    role = aws.iam.Role(
        f"{owner}-schedule-role",
        name=fitting(f"{owner}-schedule-role", ROLE_NAME),
        description=f"Lets the schedule of {owner} invoke its function",
        assume_role_policy=trust("scheduler.amazonaws.com", account_of(function.arn)),
        tags=operations.get("tags"),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{owner}-schedule-policy",
        role=role.name,
        policy=role_policy(
            [
                allow("Invoke", ["lambda:InvokeFunction"], [function.arn]),
                allow("KeepFailures", ["sqs:SendMessage"], [dead_letters.arn]),
            ]
        ),
        opts=child,
    )
    return aws.scheduler.Schedule(
        f"{owner}-schedule",
        name=fitting(f"{owner}-schedule", _NAME),
        description=args["description"],
        schedule_expression=every,
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": function.arn,
            "role_arn": role.arn,
            "input": json.dumps({args["field"]: "<aws.scheduler.scheduled-time>"}),
            "retry_policy": {
                "maximum_retry_attempts": 2,
                "maximum_event_age_in_seconds": event_age_seconds(every),
            },
            "dead_letter_config": {"arn": dead_letters.arn},
        },
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )
