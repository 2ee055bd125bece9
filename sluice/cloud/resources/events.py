"""EventBridge: rules on events, their targets, and permissions to invoke functions."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import tap_name
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs, pascal
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import UnsupportedError, creates


@creates("aws:cloudwatch/eventRule:EventRule", fixed=("name",))
def rule(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A rule on the account's own event bus."""
    physical = inputs.take("name") or physical_name(name)
    tags = inputs.tag_list()
    response = cloud.client("events").put_rule(Name=physical, Tags=tags, **inputs.rest())
    return Created(physical, {"name": physical, "arn": response["RuleArn"]})


@creates("aws:cloudwatch/eventTarget:EventTarget")
def target(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A function or queue as the target of a rule. Matching events go into a tap; our runner delivers from it."""
    rule_name, arn = inputs.take("rule"), inputs.take("arn")
    if not any(service in arn for service in (":lambda:", ":sqs:")):
        raise UnsupportedError(f"targets such as {arn} are not supported here; functions and queues are")
    target_id = inputs.take("targetId") or physical_name(name)
    configuration = {
        "Id": target_id,
        "Arn": arn,
        "RetryPolicy": pascal(inputs.take("retryPolicy", {})),
        "DeadLetterConfig": pascal(inputs.take("deadLetterConfig", {})),
    }
    cloud.client("sqs").create_queue(QueueName=tap_name(rule_name, target_id))
    cloud.client("events").put_targets(Rule=rule_name, Targets=[configuration])
    return Created(f"{rule_name}-{target_id}", {"targetId": target_id})


@creates("aws:lambda/permission:Permission")
def permission(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """Lets a service invoke a function."""
    function, sid = inputs.take("function"), inputs.take("statementId") or physical_name(name, 100)
    cloud.client("lambda").add_permission(FunctionName=function, StatementId=sid, **inputs.rest())
    return Created(sid, {"statementId": sid})
