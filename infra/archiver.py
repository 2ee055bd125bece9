"""The audit trail of a table: its bucket, and the consumer that writes it."""

from collections.abc import Sequence

import pulumi

from handlers.archiver import environment
from infra.bucket import BucketArgs
from infra.code import archive
from infra.filters import EventName, pattern
from infra.iam import allow
from infra.operations import Operations
from infra.stream_consumer import FAILURES_PREFIX, ConsumerArgs

FAILURES_KEPT_DAYS = 30
"""How long batches that exhausted their retries can be sent again."""


def archive_bucket(operations: Operations) -> BucketArgs:
    """Returns the bucket of a stream pipeline, for the archive, which cannot be recreated, and for failures."""
    return {
        "versioned": True,
        "announce": True,
        "lifecycle": [
            {"prefix": environment.PREFIX, "infrequent_access_days": 90},
            {"prefix": FAILURES_PREFIX, "expire_days": FAILURES_KEPT_DAYS},
        ],
        "operations": operations,
    }


def archiver(
    bucket_name: pulumi.Input[str], bucket_arn: pulumi.Input[str], events: Sequence[EventName]
) -> ConsumerArgs:
    """Returns the consumer that archives changes of the given kinds."""
    return {
        "handler": environment.HANDLER,
        "code": archive(environment.HANDLER),
        "description": "Archives changes of the table as gzipped JSON lines in S3",
        "filters": [pattern({"events": events})],
        "environment": {environment.BUCKET: bucket_name, environment.EVENTS: ",".join(events)},
        "alarms": {
            "unarchivable": {
                "metric": environment.RECORDS_UNARCHIVABLE,
                "meaning": "A record cannot become a line; it is retried, and ends among the failures.",
                "look": "Look at the function's log for the reason, then at `python -m sluice failures`.",
            },
        },
        "statements": [
            allow(
                "WriteArchive",
                ["s3:PutObject"],
                [pulumi.Output.concat(bucket_arn, f"/{environment.PREFIX}*")],
            )
        ],
    }
