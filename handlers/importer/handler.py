"""The importer's entry point: messages of the import queue become items of the table."""

import os
from functools import cache
from time import monotonic
from typing import Any

from handlers.importer import environment
from handlers.importer.ledger.ledger import Ledger
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.message_batch import Inbox
from handlers.importer.reading.files import Files
from handlers.importer.rejects import Rejects
from handlers.importer.settings import Settings, read
from handlers.importer.shift import shift
from handlers.importer.worker import Tally, Worker
from handlers.importer.writer import LeanWriter, Writer
from handlers.shared import observability
from handlers.shared.aws import dynamodb, sqs
from handlers.shared.aws.s3 import Bucket


def handle(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Imports what a batch of messages asks for.

    Returns:
        The messages that failed, to be delivered again. One that has failed as often as it may is not among
        them: it is a dead letter by then, with its reason.
    """
    started = monotonic()
    config, ledger, files, rejects, writer, queue = _setup()
    time = shift(context.aws_request_id, context.get_remaining_time_in_millis() / 1000)
    worker = Worker(config, ledger.until(time.deadline), files, rejects, writer, queue.until(time.deadline), time)
    # Not bound to the deadline: the reason of a message that fails by then is kept in what is left.
    inbox = Inbox(config, worker, ledger, queue, time)
    inbox.process(event["Records"])
    _emit(context, len(event["Records"]), len(inbox.failed), worker.tally, monotonic() - started)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in inbox.failed]}


@cache
def _setup() -> tuple[Settings, Ledger, Files, Rejects, Writer, Queue]:
    config = read(os.environ)
    tables, bucket = dynamodb.connect(), cache(Bucket)
    return (
        config,
        Ledger(tables, config.ledger),
        Files(bucket),
        Rejects(bucket),
        LeanWriter(tables, config.table, config.schema.keys, config.ordered),
        Queue(sqs.connect(), config.queue_url, config.dead_letter_queue_url),
    )


def _emit(context: Any, received: int, failed: int, tally: Tally, seconds: float) -> None:
    observability.emit(
        observability.NAMESPACE,
        {observability.DIMENSION: context.function_name},
        {
            environment.ROWS_WRITTEN: (tally.rows_written, "Count"),
            environment.ROWS_REJECTED: (tally.rows_rejected, "Count"),
            "BytesRead": (tally.bytes_read, "Bytes"),
            "MessagesFailed": (failed, "Count"),
            environment.FILES_FAILED: (tally.ends["failed"], "Count"),
            "Duration": (round(seconds * 1000), "Milliseconds"),
        },
        request_id=context.aws_request_id,
        messages=received,
        chunks_planned=tally.chunks_planned,
        ends=tally.ends,
    )
