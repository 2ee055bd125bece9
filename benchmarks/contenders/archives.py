"""Stream records to an archive in S3. Each function returns the number of records that it has handled."""
# pyright: reportMissingImports=false
# The peers are installed only in .venv-bench.

import gzip
import json

from events import BUCKET, batches, handled

INPUT = "changes.jsonl"


def sluice() -> int:
    """Sluice's archiver: one gzipped object per batch."""
    from handlers.archiver.handler import handle

    return handled(handle, INPUT)


def boto3_loop() -> int:
    """A typical handler: `TypeDeserializer`, then one `put_object` per record."""
    import boto3
    from boto3.dynamodb.types import TypeDeserializer

    s3, deserialize = boto3.client("s3"), TypeDeserializer().deserialize
    records = 0
    for event in batches(INPUT):
        for record in event["Records"]:
            change = record["dynamodb"]
            images = {
                side: {name: deserialize(value) for name, value in change.get(side, {}).items()}
                for side in ("NewImage", "OldImage")
            }
            body = json.dumps({"event": record["eventName"], **images}, default=str)
            s3.put_object(Bucket=BUCKET, Key=f"changes/{record['eventID']}.json", Body=body.encode())
            records += 1
    return records


def boto3_batch() -> int:
    """One gzipped object per batch, as in Sluice, with the records as Lambda passes them as its lines."""
    import boto3

    s3 = boto3.client("s3")
    records = 0
    for batch in batches(INPUT):
        event = batch["Records"]
        lines = "".join(json.dumps(record) + "\n" for record in event)
        key = f"changes/{event[0]['eventID']}.jsonl.gz"
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(lines.encode(), compresslevel=6))
        records += len(event)
    return records
