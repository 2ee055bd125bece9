"""The archiver's entry point: turns a batch of stream records into objects in S3 and a partial batch response."""

import gc

gc.disable()  # what loads now stays, so it is not searched for garbage: 0.96 of a cold start

import functools
import logging
import os
import time
from typing import Any

from handlers.archiver import environment, settings
from handlers.archiver.archive import archive
from handlers.shared.aws.s3 import Bucket
from handlers.shared.deadlines import Deadlines
from handlers.shared.observability import emit

gc.freeze()  # nor later: 0.93 of the CPU time of an archive
gc.enable()

_MARGIN_SECONDS = 5
"""Left of an invocation when it gives up on S3, so that the function can still say why."""

_logger = logging.getLogger(__name__)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Archives a batch of stream records.

    Returns:
        A partial batch response: the first record that could not be archived, if any. Lambda delivers the batch again
        from there.

    Raises:
        AwsError: S3 refused an object; the whole batch is delivered again and overwrites the objects written.
    """
    started = time.monotonic()
    deadlines = _deadlines(context.get_remaining_time_in_millis() / 1000)
    events, bucket = _setup()
    batch = archive(event["Records"], events)
    for key, body in batch.objects.items():
        bucket.put(key, body, headers={"content-type": "application/gzip"}, deadline=deadlines.calls)
    if batch.stopped_at:
        _logger.error("record %s cannot be archived: %s", *batch.stopped_at)
    emit(
        context,
        {
            "RecordsArchived": (batch.archived, "Count"),
            environment.RECORDS_UNARCHIVABLE: (int(batch.stopped_at is not None), "Count"),
        },
        records=len(event["Records"]),
        passed_over=batch.passed_over,
        objects=len(batch.objects),
        bytes=sum(map(len, batch.objects.values())),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    failed = [batch.stopped_at.sequence_number] if batch.stopped_at else []
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


@functools.cache
def _setup() -> tuple[list[str], Bucket]:
    config = settings.read(os.environ)
    bucket = Bucket(config.bucket)
    return config.events, bucket


def _deadlines(seconds: float) -> Deadlines:
    return Deadlines(seconds, after_work=0.0, after_calls=_MARGIN_SECONDS)
