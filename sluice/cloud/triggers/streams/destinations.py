"""Failure destinations: Lambda's document on a discarded batch, with its records, is written to a bucket.

Format and key layout: "Retain discarded records for a DynamoDB event source" in the Lambda developer guide.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sluice.cloud.triggers.streams.batches import Discarded
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import payload


def deliver(s3: Any, mapping: StreamMapping, shard_id: str, discarded: Discarded) -> str:
    """Writes the failure document to the mapping's destination.

    Args:
        s3: the SDK's client, with the function's role.
        mapping: the mapping; its `on_failure` is the bucket.
        shard_id: the shard that the records come from.
        discarded: the records that are given up.

    Returns:
        The object's `s3://` address.

    Raises:
        ClientError, BotoCoreError: as far as is known, nothing was written.
    """
    bucket, key = (mapping.on_failure or "").split(":")[-1], object_key(mapping, shard_id, discarded)
    document = failure_document(mapping, shard_id, discarded)
    document["payload"] = payload(discarded.batch.records).decode()
    s3.head_bucket(Bucket=bucket)  # Lambda needs s3:ListBucket besides s3:PutObject; so do we
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())
    return f"s3://{bucket}/{key}"


def failure_document(mapping: StreamMapping, shard_id: str, discarded: Discarded) -> dict[str, Any]:
    """Returns the document on a batch, without its records."""
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
    if response:  # records that were too old from the start were never sent to the function
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
    """Returns the key of the object."""
    at = _moment(discarded.at)
    return f"aws/lambda/{mapping.uuid}/{shard_id}/{at:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{discarded.id}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
