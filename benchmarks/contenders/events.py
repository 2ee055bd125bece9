"""The events that handlers are called with, and the folder of inputs, from a contender's environment."""

import os
from collections.abc import Callable, Iterator
from typing import Any

FOLDER = os.environ["BENCH_FOLDER"]
BUCKET = "files"


class Context:
    """Lambda's context object, as far as handlers use it."""

    function_name = "bench"
    aws_request_id = "8f3f5f5e-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Returns the longest time that an invocation may take, fifteen minutes."""
        return 900_000


def batches(name: str) -> Iterator[dict[str, Any]]:
    """Yields the events of an input file, one per line; the contender's environment may name another file."""
    import json

    with open(os.path.join(FOLDER, os.environ.get("BENCH_INPUT", name)), encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def handled(handle: Callable[[dict[str, Any], Context], dict[str, Any]], name: str) -> int:
    """Calls a handler with each event of an input file; returns the number of records.

    Raises:
        RuntimeError: The handler reports records as failed.
    """
    records = 0
    for event in batches(name):
        if handle(event, Context())["batchItemFailures"]:
            raise RuntimeError("records were handed back")
        records += len(event["Records"])
    return records


def announcement(key: str) -> dict[str, Any]:
    """Returns SQS's event with S3's announcement of an object below `incoming/`."""
    import json

    size = os.path.getsize(os.path.join(FOLDER, "incoming", key))
    entity = {"key": f"incoming/{key}", "size": size, "eTag": "0123456789abcdef0123456789abcdef", "sequencer": "0A"}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": entity}}
    message = {
        "messageId": "1",
        "body": json.dumps({"Records": [record]}),
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    return {"Records": [message]}
