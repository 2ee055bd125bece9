"""The importer's entry point: turns messages of the import queue into items of the table."""

import gc

gc.disable()  # what loads now stays, so it is not searched for garbage: 0.88 of a cold start

import os
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from handlers.importer import environment
from handlers.importer.ledger.ledger import Ledger
from handlers.importer.ledger.table import LedgerTable
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.message_batch import MessageBatch
from handlers.importer.queue.repetition import is_wanted_again
from handlers.importer.rejects import Rejects
from handlers.importer.settings import Settings, read
from handlers.importer.worker import Counts, Worker
from handlers.shared import observability
from handlers.shared.aws import batch_writer, dynamodb, sqs
from handlers.shared.aws.client import Client
from handlers.shared.aws.pace import Pace
from handlers.shared.aws.s3_stream import StreamingBucket
from handlers.shared.deadlines import Deadlines

gc.freeze()  # nor later
gc.enable()

_MARGIN = 1.0
_LONGEST_RESERVE = 20.0  # seconds to write and count the work begun


def handle(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Processes a batch of messages.

    Returns:
        The failed messages, to be delivered again. A message out of attempts is not among them: it is already a dead
        letter, with its reason.
    """
    started = time.monotonic()
    messages = event["Records"]
    settings, tables, queues, bucket = _setup()
    seconds = context.get_remaining_time_in_millis() / 1000
    deadlines, until = _deadlines(seconds), time.time() + seconds
    rejects = Rejects(bucket)

    def services(deadline: float | None) -> tuple[Ledger, Queue]:
        ledger = Ledger(
            LedgerTable(tables, settings.ledger, deadline), rejects.delete, partial(is_wanted_again, bucket)
        )
        return ledger, Queue(queues, settings.queue_url, settings.dead_letter_queue_url, deadline)

    write = partial(
        batch_writer.write,
        tables,
        settings.table,
        key_names=settings.schema.keys,
        ordered=settings.ordered,
        pace=_pace(settings.write_units, deadlines),
    )
    ledger, queue = services(deadlines.calls)
    worker = Worker(settings, ledger, bucket, rejects, write, queue, deadlines, context.aws_request_id, until)
    # No deadline: the reasons of messages that fail at it are kept in the time after it.
    batch = MessageBatch(settings, worker, *services(None), deadlines)
    batch.process(messages)
    _emit(context, len(messages), len(batch.failed), worker.counts, time.monotonic() - started)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in batch.failed]}


def _deadlines(seconds: float) -> Deadlines:
    margin = min(_MARGIN, seconds)
    return Deadlines(seconds, after_work=margin + min(_LONGEST_RESERVE, seconds / 4), after_calls=margin)


def _pace(units: float, deadlines: Deadlines) -> Pace | None:
    """Returns the pace for a worker's share of the limit; it holds while time is left to write and count rows begun."""
    until = (deadlines.work + deadlines.calls) / 2
    return Pace(units, until, deadlines.clock) if units else None


@cache
def _setup() -> tuple[Settings, Client, Client, Callable[[str], StreamingBucket]]:
    return read(os.environ), dynamodb.connect(), sqs.connect(), cache(StreamingBucket)


def _emit(context: Any, received: int, failed: int, counts: Counts, seconds: float) -> None:
    observability.emit(
        context,
        {
            environment.ROWS_WRITTEN: (counts.rows_written, "Count"),
            environment.ROWS_REJECTED: (counts.rows_rejected, "Count"),
            "RowsSkipped": (counts.rows_skipped, "Count"),
            "BytesRead": (counts.bytes_read, "Bytes"),
            "MessagesFailed": (failed, "Count"),
            environment.FILES_FAILED: (counts.ends["failed"], "Count"),
            "Duration": (round(seconds * 1000), "Milliseconds"),
        },
        messages=received,
        chunks_planned=counts.chunks_planned,
        ends=counts.ends,
    )
