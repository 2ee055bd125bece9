"""DynamoDB: tables."""

from local.resources import Cloud, Created, Inputs, creates, pascal, physical_name, tag_list


@creates("aws:dynamodb/table:Table")
def table(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A table, its stream, its expiry and its backups."""
    client = cloud.client("dynamodb")
    physical = inputs.take("name") or physical_name(name, 255)
    keys = [(inputs.take("hashKey"), "HASH"), (inputs.take("rangeKey"), "RANGE")]
    streamed, view = inputs.take("streamEnabled", False), inputs.take("streamViewType")
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}} if streamed else {}
    made = client.create_table(
        TableName=physical,
        BillingMode=inputs.take("billingMode"),
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys if key],
        AttributeDefinitions=[
            {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
            for attribute in inputs.take("attributes")
        ],
        DeletionProtectionEnabled=inputs.take("deletionProtectionEnabled", False),
        Tags=tag_list(inputs),
        **stream,
    )["TableDescription"]
    expiry = inputs.take("ttl")
    if expiry:
        client.update_time_to_live(TableName=physical, TimeToLiveSpecification=pascal(expiry))
    if (inputs.take("pointInTimeRecovery") or {}).get("enabled"):
        client.update_continuous_backups(
            TableName=physical, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    outputs = {"name": physical, "arn": made["TableArn"], "streamViewType": view or ""}
    return Created(physical, {**outputs, "streamArn": made.get("LatestStreamArn", "")})
