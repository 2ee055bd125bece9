"""Takes a batch of messages from the import queue, and sees to those that fail."""

import logging
from collections.abc import Sequence
from typing import Any

from handlers.importer.ledger.ledger import Ledger
from handlers.importer.queue import messages
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.messages import File, MessageError, Task
from handlers.importer.settings import Settings
from handlers.importer.worker import Worker
from handlers.shared.deadlines import Deadlines

_LOG = logging.getLogger(__name__)


class Inbox:
    """The messages of one invocation."""

    def __init__(self, settings: Settings, worker: Worker, ledger: Ledger, queue: Queue, deadlines: Deadlines) -> None:
        self._settings = settings
        self._worker = worker
        self._ledger = ledger
        self._queue = queue
        self._deadlines = deadlines
        self.failed: list[str] = []
        """The ids of the messages that are to be delivered again."""

    def process(self, records: Sequence[dict[str, Any]]) -> None:
        """Does the work of each message; one that fails stands in nobody's way."""
        for i, record in enumerate(records):
            try:
                self._process(record["body"], is_first=i == 0)
            except Exception as error:
                self._fail(record, error)

    def _process(self, body: str, *, is_first: bool) -> None:
        if self._deadlines.work_is_over and not is_first:
            self._queue.send(body)  # again, and not as failed: it was not even tried
            return
        found = messages.parse(body, self._settings.prefix)
        if len(found) == 1:
            self._worker.work(*found[0])
        else:
            self._queue.send_all(messages.text(file, task) for file, task in found)

    def _fail(self, record: dict[str, Any], error: Exception) -> None:
        """Has the message delivered again, or makes it a dead letter that takes its reason along."""
        reason = f"{type(error).__name__}: {error}"
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        is_last = attempt >= self._settings.receives or isinstance(error, MessageError)
        _LOG.error("message %s failed, attempt %d: %s", record["messageId"], attempt, reason)
        try:
            if is_last:
                self._bury(record["body"], reason, known=not isinstance(error, MessageError))
                return
        except Exception:
            _LOG.exception("message %s: its reason could not be kept", record["messageId"])
        self.failed.append(record["messageId"])

    def _bury(self, body: str, reason: str, *, known: bool) -> None:
        found: list[tuple[File, Task | None]] = messages.parse(body, self._settings.prefix) if known else []
        for file, task in found:
            self._ledger.give_up(file, task or self._worker.first_task(file), reason)
        self._queue.bury(body, reason)
