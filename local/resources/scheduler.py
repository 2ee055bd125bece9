"""EventBridge Scheduler: schedules."""

from local.clients import Cloud
from local.recording import Created
from local.resources.inputs import Inputs
from local.resources.naming import physical_name
from local.resources.registry import creates
from sluice.schedules import Expression


@creates("aws:scheduler/schedule:Schedule")
def schedule(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A schedule; a runner of ours fires it."""
    physical = inputs.take("name") or physical_name(name)
    arguments = inputs.rest()
    Expression.parse(arguments["ScheduleExpression"])
    made = cloud.client("scheduler").create_schedule(Name=physical, **arguments)
    return Created(f"default/{physical}", {"name": physical, "arn": made["ScheduleArn"], "groupName": "default"})
