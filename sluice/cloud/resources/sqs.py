"""SQS: queues and their policies."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import without_tls
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import creates, updates


@creates("aws:sqs/queue:Queue")
def queue(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A queue."""
    client, physical = cloud.client("sqs"), inputs.take("name") or physical_name(name, 80)
    attributes = _attributes(inputs)
    url = client.create_queue(QueueName=physical, Attributes=attributes, tags=inputs.take("tags", {}))["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Created(url, {"name": physical, "url": url, "arn": arn})


@updates("aws:sqs/queue:Queue", "messageRetentionSeconds", "visibilityTimeoutSeconds", "redrivePolicy")
def change_queue(cloud: Cloud, id_: str, inputs: Inputs) -> None:
    """Changes how long messages are kept, and when they are retried."""
    cloud.client("sqs").set_queue_attributes(QueueUrl=id_, Attributes=_attributes(inputs))


def _attributes(inputs: Inputs) -> dict[str, str]:
    attributes = {
        "MessageRetentionPeriod": inputs.take("messageRetentionSeconds"),
        "VisibilityTimeout": inputs.take("visibilityTimeoutSeconds"),
        "SqsManagedSseEnabled": "true" if inputs.take("sqsManagedSseEnabled") else None,
        "RedrivePolicy": inputs.take("redrivePolicy"),
    }
    return {key: str(value) for key, value in attributes.items() if value is not None}


@creates("aws:sqs/queuePolicy:QueuePolicy", fixed=("queueUrl",))
def queue_policy(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A queue's policy."""
    url, policy = inputs.take("queueUrl"), without_tls(inputs.take("policy"))
    if policy:
        cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Created(url, {})
