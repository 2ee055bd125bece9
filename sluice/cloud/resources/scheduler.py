"""EventBridge Scheduler: schedules."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import creates, deletes, updates
from sluice.schedules import Expression


@creates("aws:scheduler/schedule:Schedule")
def schedule(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A schedule; our runner fires it."""
    physical = inputs.take("name") or physical_name(name)
    arguments = inputs.rest()
    Expression.parse(arguments["ScheduleExpression"])
    response = cloud.client("scheduler").create_schedule(Name=physical, **arguments)
    return Created(f"default/{physical}", {"name": physical, "arn": response["ScheduleArn"], "groupName": "default"})


@updates(
    "aws:scheduler/schedule:Schedule",
    *("scheduleExpression", "scheduleExpressionTimezone", "flexibleTimeWindow", "target", "state", "description"),
)
def change_schedule(cloud: Cloud, id_: str, inputs: Inputs) -> None:
    """Changes a schedule; its runner follows."""
    client, name = cloud.client("scheduler"), id_.partition("/")[2]
    arguments = {name: value for name, value in inputs.rest().items() if value is not None}
    if expression := arguments.get("ScheduleExpression"):
        Expression.parse(expression)
    kept = ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target", "State", "Description")
    before = {key: value for key, value in client.get_schedule(Name=name).items() if key in kept}
    client.update_schedule(Name=name, **{**before, **arguments})


@deletes("aws:scheduler/schedule:Schedule")
def delete_schedule(cloud: Cloud, id_: str) -> None:
    """Deletes a schedule."""
    cloud.client("scheduler").delete_schedule(Name=id_.partition("/")[2])
