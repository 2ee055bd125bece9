"""Lambda: functions and their event source mappings."""

from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.code import zipped
from sluice.cloud.resources.inputs import Inputs, pascal, pascal_name
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import UnsupportedError, creates, deletes, updates


@creates("aws:lambda/function:Function")
def function(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A function; its code is zipped from the archive's folder."""
    inputs.take("sourceCodeHash")
    response = cloud.client("lambda").create_function(
        FunctionName=inputs.take("name") or physical_name(name),
        Description=inputs.take("description", ""),
        Role=inputs.take("role"),
        Handler=inputs.take("handler"),
        Runtime=inputs.take("runtime"),
        Architectures=inputs.take("architectures", ["x86_64"]),
        Timeout=inputs.take("timeout", 3),
        MemorySize=inputs.take("memorySize", 128),
        Environment=_environment(cloud, inputs),
        LoggingConfig=pascal(inputs.take("loggingConfig", {})),
        TracingConfig=pascal(inputs.take("tracingConfig", {})),
        Tags=inputs.take("tags", {}),
        Code=_code(inputs),
    )
    return Created(response["FunctionName"], {"name": response["FunctionName"], "arn": response["FunctionArn"]})


@updates(
    "aws:lambda/function:Function",
    *("code", "s3Bucket", "s3Key", "environment", "handler", "timeout", "memorySize", "description", "sourceCodeHash"),
)
def change_function(cloud: Cloud, id_: str, inputs: Inputs) -> None:
    """Gives a function new code and settings; running invocations end with those that they began with."""
    client, names = cloud.client("lambda"), set(inputs.left())
    digest = inputs.take("sourceCodeHash")
    if names & {"code", "s3Bucket", "s3Key"}:
        code = _code(inputs)
        if client.get_function_configuration(FunctionName=id_)["CodeSha256"] != digest:
            client.update_function_code(FunctionName=id_, **code)
    settings: dict[str, Any] = {"Environment": _environment(cloud, inputs)} if "environment" in names else {}
    for name, default in (("timeout", 3), ("memorySize", 128), ("description", ""), ("handler", "")):
        if name in names:
            settings[pascal_name(name)] = inputs.take(name, default)
    if settings:
        client.update_function_configuration(FunctionName=id_, **settings)


@deletes("aws:lambda/function:Function")
def delete_function(cloud: Cloud, id_: str) -> None:
    """Deletes a function."""
    cloud.client("lambda").delete_function(FunctionName=id_)


def _environment(cloud: Cloud, inputs: Inputs) -> dict[str, Any]:
    variables = inputs.object("environment").take("variables", {})
    if cloud.functions_endpoint != cloud.endpoint:
        variables = {**variables, "AWS_ENDPOINT_URL": cloud.functions_endpoint}
    return {"Variables": variables}


def _code(inputs: Inputs) -> dict[str, Any]:
    if archive := inputs.take("code"):
        return {"ZipFile": zipped(archive)}
    return {"S3Bucket": inputs.take("s3Bucket"), "S3Key": inputs.take("s3Key")}


@creates("aws:lambda/eventSourceMapping:EventSourceMapping")
def event_source_mapping(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A mapping. Our pollers run those of streams."""
    failures = inputs.object("destinationConfig").object("onFailure").take("destinationArn")
    destination = {"DestinationConfig": {"OnFailure": {"Destination": failures}}} if failures else {}
    arguments = {**destination, "Tags": inputs.take("tags", {}), **inputs.rest()}
    source = arguments["EventSourceArn"]
    if ":dynamodb:" not in source and ":sqs:" not in source:
        raise UnsupportedError(f"mappings of {source} are not supported here; those of DynamoDB streams and queues are")
    response = cloud.client("lambda").create_event_source_mapping(**arguments)
    return Created(response["UUID"], {"uuid": response["UUID"], "arn": response["EventSourceMappingArn"]})


@updates(
    "aws:lambda/eventSourceMapping:EventSourceMapping",
    *("enabled", "batchSize", "maximumBatchingWindowInSeconds", "parallelizationFactor", "bisectBatchOnFunctionError"),
    *("maximumRetryAttempts", "maximumRecordAgeInSeconds", "filterCriteria", "scalingConfig"),
)
def change_event_source_mapping(cloud: Cloud, id_: str, inputs: Inputs) -> None:
    """Changes the settings of a mapping from the next batch on."""
    defaults = {"FilterCriteria": {}, "ScalingConfig": {}, "MaximumBatchingWindowInSeconds": 0}
    arguments = {name: defaults.get(name) if value is None else value for name, value in inputs.rest().items()}
    cloud.client("lambda").update_event_source_mapping(
        UUID=id_, **{name: value for name, value in arguments.items() if value is not None}
    )


@deletes("aws:lambda/eventSourceMapping:EventSourceMapping")
def delete_event_source_mapping(cloud: Cloud, id_: str) -> None:
    """Deletes a mapping."""
    cloud.client("lambda").delete_event_source_mapping(UUID=id_)


@creates("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", fixed=("functionName",))
def event_invoke_config(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """How asynchronous invocations are retried, and where failed ones go."""
    name = inputs.take("functionName")
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=name, **inputs.rest())
    return Created(name, {})


@deletes("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
@deletes("aws:lambda/functionRecursionConfig:FunctionRecursionConfig")
def forget_with_function(_cloud: Cloud, _id: str) -> None:
    """Does nothing: it is deleted with its function."""


@creates("aws:lambda/functionRecursionConfig:FunctionRecursionConfig", fixed=("functionName",))
def recursion_config(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """Whether a function may invoke itself recursively."""
    name = inputs.take("functionName")
    cloud.client("lambda").put_function_recursion_config(FunctionName=name, **inputs.rest())
    return Created(name, {})
