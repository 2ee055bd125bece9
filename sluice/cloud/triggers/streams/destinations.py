"""Where discarded batches go: the document that Lambda writes about them, to a bucket, a queue or a topic.

Format and key layout: "Retain discarded records for a DynamoDB event source" in the Lambda developer guide.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sluice.cloud.triggers.streams.batches import Discarded
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import payload


def deliver(client: Any, mapping: StreamMapping, shard_id: str, discarded: Discarded) -> str:
    """Write the failure document to the mapping's destination.

    Args:
        client: The SDK's client of the destination's service (s3, sqs or sns), with the function's role.
        mapping: The mapping; its `on_failure` is the destination.
        shard_id: The shard that the records come from.
        discarded: What is given up.

    Returns:
        Where it lies: an `s3://` address, or the ARN of the queue or topic.

    Raises:
        ClientError, BotoCoreError: Nothing was written, as far as is known.
    """
    arn = mapping.on_failure or ""
    service, account, name = arn.split(":")[2], arn.split(":")[4], arn.split(":")[-1]
    document = failure_document(mapping, shard_id, discarded)
    if service == "s3":
        key = object_key(mapping, shard_id, discarded)
        document["payload"] = payload(discarded.batch.records).decode()
        client.head_bucket(Bucket=name)  # Lambda needs s3:ListBucket besides s3:PutObject; so do we
        client.put_object(Bucket=name, Key=key, Body=_json(document))
        return f"s3://{name}/{key}"
    if service == "sqs":
        # The address follows from the ARN; asking for it would need a permission that Lambda does not.
        url = f"{client.meta.endpoint_url.rstrip('/')}/{account}/{name}"
        client.send_message(QueueUrl=url, MessageBody=_json(document).decode())
    else:
        client.publish(TopicArn=arn, Message=_json(document).decode())
    return arn


def failure_document(mapping: StreamMapping, shard_id: str, discarded: Discarded) -> dict[str, Any]:
    """The metadata that every kind of destination gets."""
    batch, response = discarded.batch, discarded.batch.response
    first, last = batch.records[0], batch.records[-1]
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": response.request_id if response else discarded.id,
            "functionArn": mapping.function_arn,
            "condition": discarded.condition,
            "approximateInvokeCount": batch.invocations,
        }
    }
    if response:  # records that were too old at once were never sent to the function
        document["responseContext"] = {
            "statusCode": response.status,
            "executedVersion": response.executed_version,
        }
        if response.function_error:
            document["responseContext"]["functionError"] = response.function_error
    return document | {
        "version": "1.0",
        "timestamp": _moment(discarded.at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "DDBStreamBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": f"{_moment(first.created):%Y-%m-%dT%H:%M:%SZ}",
            "approximateArrivalOfLastRecord": f"{_moment(last.created):%Y-%m-%dT%H:%M:%SZ}",
            "batchSize": len(batch.records),
            "streamArn": mapping.stream_arn,
        },
    }


def object_key(mapping: StreamMapping, shard_id: str, discarded: Discarded) -> str:
    """The key of the object in a bucket."""
    at = _moment(discarded.at)
    return f"aws/lambda/{mapping.uuid}/{shard_id}/{at:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{discarded.id}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
