"""SQS: queues and their policies."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import without_tls
from sluice.cloud.program.recording import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import physical_name
from sluice.cloud.resources.registry import creates


@creates("aws:sqs/queue:Queue")
def queue(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A queue."""
    client, physical = cloud.client("sqs"), inputs.take("name") or physical_name(name, 80)
    attributes = {
        "MessageRetentionPeriod": inputs.take("messageRetentionSeconds"),
        "VisibilityTimeout": inputs.take("visibilityTimeoutSeconds"),
        "SqsManagedSseEnabled": "true" if inputs.take("sqsManagedSseEnabled") else None,
        "RedrivePolicy": inputs.take("redrivePolicy"),
    }
    url = client.create_queue(
        QueueName=physical,
        Attributes={key: str(value) for key, value in attributes.items() if value is not None},
        tags=inputs.take("tags", {}),
    )["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Created(url, {"name": physical, "url": url, "arn": arn})


@creates("aws:sqs/queuePolicy:QueuePolicy")
def queue_policy(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A queue's policy."""
    url, policy = inputs.take("queueUrl"), without_tls(inputs.take("policy"))
    if policy:
        cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Created(url, {})
