"""The function's entry point: records of the stream in, files out."""

import functools
import json
import os
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from handlers.warehouse import environment
from handlers.warehouse.document import document


def handle(event: dict[str, Any], _context: Any) -> dict[str, list[dict[str, str]]]:
    """Writes a file for each new order, and reports the records of orders that it cannot write.

    A record that is delivered again writes the same file.
    """
    failed = []
    for record in event["Records"]:
        order = _plain(record["dynamodb"]["NewImage"])
        key = f"orders/{order[environment.ORDER_ID]}.xml"
        try:
            text = document(order)
        except ValueError as error:
            print(json.dumps({"order": order[environment.ORDER_ID], "error": str(error)}))
            failed.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
        else:
            _s3().put_object(Bucket=os.environ[environment.BUCKET], Key=key, Body=text.encode())
    return {"batchItemFailures": failed}


def _plain(image: dict[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in image.items()}


@functools.cache
def _s3() -> Any:
    return boto3.client("s3")
