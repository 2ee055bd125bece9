"""Lambda: functions and what feeds them."""

from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.recording import Created
from sluice.cloud.resources.code import zipped
from sluice.cloud.resources.inputs import Inputs, pascal
from sluice.cloud.resources.naming import physical_name
from sluice.cloud.resources.registry import UnsupportedError, creates


@creates("aws:lambda/function:Function")
def function(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A function; its code is zipped from the archive's folder."""
    variables = inputs.object("environment").take("variables", {})
    if cloud.functions_endpoint != cloud.endpoint:
        variables = {**variables, "AWS_ENDPOINT_URL": cloud.functions_endpoint}
    response = cloud.client("lambda").create_function(
        FunctionName=inputs.take("name") or physical_name(name),
        Description=inputs.take("description", ""),
        Role=inputs.take("role"),
        Handler=inputs.take("handler"),
        Runtime=inputs.take("runtime"),
        Architectures=inputs.take("architectures", ["x86_64"]),
        Timeout=inputs.take("timeout", 3),
        MemorySize=inputs.take("memorySize", 128),
        Environment={"Variables": variables},
        LoggingConfig=pascal(inputs.take("loggingConfig", {})),
        TracingConfig=pascal(inputs.take("tracingConfig", {})),
        Tags=inputs.take("tags", {}),
        Code=_code(inputs),
    )
    return Created(response["FunctionName"], {"name": response["FunctionName"], "arn": response["FunctionArn"]})


def _code(inputs: Inputs) -> dict[str, Any]:
    if archive := inputs.take("code"):
        return {"ZipFile": zipped(archive)}
    return {"S3Bucket": inputs.take("s3Bucket"), "S3Key": inputs.take("s3Key")}


@creates("aws:lambda/eventSourceMapping:EventSourceMapping")
def event_source_mapping(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A mapping. Those of streams are run by pollers of ours."""
    failures = inputs.object("destinationConfig").object("onFailure").take("destinationArn")
    destination = {"DestinationConfig": {"OnFailure": {"Destination": failures}}} if failures else {}
    arguments = {**destination, "Tags": inputs.take("tags", {}), **inputs.rest()}
    source = arguments["EventSourceArn"]
    if ":dynamodb:" not in source and ":sqs:" not in source:
        raise UnsupportedError(f"mappings of {source} are not run here; of DynamoDB streams and of queues they are")
    response = cloud.client("lambda").create_event_source_mapping(**arguments)
    return Created(response["UUID"], {"uuid": response["UUID"], "arn": response["EventSourceMappingArn"]})


@creates("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
def event_invoke_config(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """How asynchronous invocations are retried, and where they go that fail."""
    name = inputs.take("functionName")
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=name, **inputs.rest())
    return Created(name, {})


@creates("aws:lambda/functionRecursionConfig:FunctionRecursionConfig")
def recursion_config(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """Whether a function may feed itself."""
    name = inputs.take("functionName")
    cloud.client("lambda").put_function_recursion_config(FunctionName=name, **inputs.rest())
    return Created(name, {})
