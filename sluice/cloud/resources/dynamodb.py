"""DynamoDB: tables."""

from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs, pascal
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import creates


@creates("aws:dynamodb/table:Table")
def table(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A table, its stream, its expiry and its backups."""
    client = cloud.client("dynamodb")
    physical = inputs.take("name") or physical_name(name, 255)
    keys = [(inputs.take("hashKey"), "HASH"), (inputs.take("rangeKey"), "RANGE")]
    streamed, view = inputs.take("streamEnabled", False), inputs.take("streamViewType")
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}} if streamed else {}
    warm = inputs.take("warmThroughput")
    indexes = [_index(index) for index in inputs.objects("globalSecondaryIndexes")]
    response = client.create_table(
        TableName=physical,
        BillingMode=inputs.take("billingMode"),
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys if key],
        AttributeDefinitions=[
            {"AttributeName": attribute.take("name"), "AttributeType": attribute.take("type")}
            for attribute in inputs.objects("attributes")
        ],
        DeletionProtectionEnabled=inputs.take("deletionProtectionEnabled", False),
        Tags=inputs.tag_list(),
        **stream,
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        **({"WarmThroughput": pascal(warm)} if warm else {}),
    )["TableDescription"]
    expiry = inputs.take("ttl")
    if expiry:
        client.update_time_to_live(TableName=physical, TimeToLiveSpecification=pascal(expiry))
    _keep_backups(client, physical, inputs.object("pointInTimeRecovery"))
    outputs = {"name": physical, "arn": response["TableArn"], "streamViewType": view or ""}
    return Created(physical, {**outputs, "streamArn": response.get("LatestStreamArn", "")})


def _index(index: Inputs) -> dict[str, Any]:
    keys = [(index.take("hashKey"), "HASH"), (index.take("rangeKey"), "RANGE")]
    return {
        "IndexName": index.take("name"),
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys if key],
        "Projection": {"ProjectionType": index.take("projectionType")},
    }


def _keep_backups(client: Any, table: str, recovery: Inputs) -> None:
    enabled = recovery.take("enabled", False)
    if enabled:
        specification = {"PointInTimeRecoveryEnabled": enabled, **recovery.rest()}
        client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)
