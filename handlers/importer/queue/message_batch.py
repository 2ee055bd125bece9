"""Processes a batch of messages from the import queue and handles those that fail."""

import logging
from collections.abc import Sequence
from typing import Any

from handlers.importer.ledger.ledger import Ledger
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.messages import MessageError, parse, text
from handlers.importer.settings import Settings
from handlers.importer.worker import Worker
from handlers.shared.deadlines import Deadlines

_LOG = logging.getLogger(__name__)


class MessageBatch:
    """The messages of one invocation; `failed` has the ids of those to be delivered again."""

    def __init__(self, settings: Settings, worker: Worker, ledger: Ledger, queue: Queue, deadlines: Deadlines) -> None:
        self.failed: list[str] = []
        self._settings = settings
        self._worker = worker
        self._ledger = ledger
        self._queue = queue
        self._deadlines = deadlines

    def process(self, messages: Sequence[dict[str, Any]]) -> None:
        """Does the work of each message, whether or not others fail."""
        for i, message in enumerate(messages):
            try:
                self._process(message["body"], is_first=i == 0)
            except Exception as error:
                self._fail(message, error)

    def _process(self, body: str, *, is_first: bool) -> None:
        if self._deadlines.work_is_over and not is_first:
            self._queue.send(body)  # not reported as failed: it was not tried
            return
        contents = parse(body, self._settings.prefix)
        if len(contents) == 1:
            self._worker.work(*contents[0])
        else:
            self._queue.send_all(text(file, task) for file, task in contents)

    def _fail(self, message: dict[str, Any], error: Exception) -> None:
        """Has the message delivered again, or makes it a dead letter with its reason."""
        reason = f"{type(error).__name__}: {error}"
        attempt = int(message["attributes"]["ApproximateReceiveCount"])
        is_last = attempt >= self._settings.receives or isinstance(error, MessageError)
        _LOG.error("message %s failed, attempt %d: %s", message["messageId"], attempt, reason)
        try:
            if is_last:
                self._dead_letter(message["body"], reason, is_readable=not isinstance(error, MessageError))
                return
        except Exception:
            _LOG.exception("message %s: its reason could not be kept", message["messageId"])
        self.failed.append(message["messageId"])

    def _dead_letter(self, body: str, reason: str, *, is_readable: bool) -> None:
        for file, task in parse(body, self._settings.prefix) if is_readable else []:
            self._ledger.give_up(file, task or self._worker.first_task(file), reason)
        self._queue.dead_letter(body, reason)
