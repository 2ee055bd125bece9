"""The function's entry point: EventBridge's event of a new object in, rows out."""

import functools
import json
import os
from typing import Any

import boto3

from roster import environment
from roster.changes import rows


def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Writes the rows of a new object; an event that is delivered again writes the same rows.

    Raises:
        Exception: The object could not be read or the rows could not be written. Lambda retries twice, and then sends
            the event to the dead-letter queue.
    """
    detail = event["detail"]
    # Not decoded: keys are URL-encoded only in S3's own notifications, not in EventBridge's.
    place = {"Bucket": detail["bucket"]["name"], "Key": detail["object"]["key"]}
    found = list(rows(_s3().get_object(**place)["Body"].read()))
    with _table().batch_writer(overwrite_by_pkeys=[environment.DAY, environment.EVENT_ID]) as writer:
        for row in found:
            writer.put_item(Item=row)
    print(json.dumps({"request_id": context.aws_request_id, "object": place["Key"], "rows": len(found)}))
    return {"rows": len(found)}


@functools.cache
def _s3() -> Any:
    return boto3.client("s3")


@functools.cache
def _table() -> Any:
    return boto3.resource("dynamodb").Table(os.environ[environment.TABLE])
