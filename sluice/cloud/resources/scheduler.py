"""EventBridge Scheduler: schedules."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.recording import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import physical_name
from sluice.cloud.resources.registry import creates
from sluice.schedules import Expression


@creates("aws:scheduler/schedule:Schedule")
def schedule(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A schedule; a runner of ours fires it."""
    physical = inputs.take("name") or physical_name(name)
    arguments = inputs.rest()
    Expression.parse(arguments["ScheduleExpression"])
    response = cloud.client("scheduler").create_schedule(Name=physical, **arguments)
    return Created(f"default/{physical}", {"name": physical, "arn": response["ScheduleArn"], "groupName": "default"})
