"""The events that handlers are called with, and the folder of inputs, which a contender's environment names."""

import os
from typing import Any

FOLDER = os.environ["BENCH_FOLDER"]
BUCKET = "files"


class Context:
    """Lambda's context object, as far as handlers look at it."""

    function_name = "bench"
    aws_request_id = "8f3f5f5e-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """An invocation may take fifteen minutes."""
        return 900_000


def announcement(key: str) -> dict[str, Any]:
    """SQS's event with S3's announcement of an object below `incoming/`."""
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
