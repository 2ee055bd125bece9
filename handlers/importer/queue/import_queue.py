"""Sends messages to the import queue and to its dead letter queue."""

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

from handlers.shared.aws import sqs
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.flight import DEFAULT_CALL_SECONDS
from handlers.shared.deadlines import pause

_BATCH = 10
"""SQS's limit of messages per request."""
_REASON_CHARACTERS = 1000
LONGEST_DELAY = 900
"""In seconds, SQS's limit."""


class QueueError(Exception):
    """SQS did not accept all messages."""


class Queue:
    """The import queue. A message may arrive twice, so sending one again does no harm."""

    def __init__(self, client: AwsClient, url: str, dead_letter_url: str, deadline: float | None = None) -> None:
        """Wraps the queues; transient errors are retried until the `deadline`, see `Client`."""
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url
        self._deadline = deadline

    def send(self, body: str, delay: float = 0) -> None:
        """Sends a message, to be received after `delay` seconds or later."""
        seconds = min(max(int(delay), 0), LONGEST_DELAY)
        self._send({"QueueUrl": self._url, "MessageBody": body, "DelaySeconds": seconds})

    def send_all(self, bodies: Iterable[str]) -> None:
        """Sends messages, retrying those that SQS could not take.

        Raises:
            QueueError: SQS refused one, or time ran out.
        """
        source = iter(bodies)
        while entries := [{"Id": str(i), "MessageBody": body} for i, body in enumerate(islice(source, _BATCH))]:
            self._send_batch(entries)

    def _send_batch(self, entries: list[dict[str, str]]) -> None:
        limit = time.monotonic() + DEFAULT_CALL_SECONDS if self._deadline is None else self._deadline
        attempts = 0
        while True:
            request = sqs.send_message_batch({"QueueUrl": self._url, "Entries": entries}, repeatable=True)
            failed: list[dict[str, Any]] = self._client.call(request, deadline=limit).json().get("Failed", [])
            if not failed:
                return
            attempts += 1
            delay = pause(attempts)
            # The sender's faults are permanent; the others are SQS's load or its own faults.
            if any(each.get("SenderFault", True) for each in failed) or time.monotonic() + delay > limit:
                raise QueueError(f"{len(failed)} of {len(entries)} messages were not taken: {failed[0]}")
            time.sleep(delay)
            ids = {each["Id"] for each in failed}
            entries = [entry for entry in entries if entry["Id"] in ids]

    def dead_letter(self, body: str, reason: str) -> None:
        """Makes a message that cannot succeed a dead letter, with the reason as its attribute."""
        # SQS takes no control characters, and an attribute counts towards the message's size.
        printable = "".join(c if c.isprintable() else " " for c in reason[:_REASON_CHARACTERS]) or "unknown"
        attribute = {"DataType": "String", "StringValue": printable}
        self._send({"QueueUrl": self._dead_letter_url, "MessageBody": body, "MessageAttributes": {"reason": attribute}})

    def _send(self, payload: dict[str, Any]) -> None:
        self._client.call(sqs.send_message(payload, repeatable=True), deadline=self._deadline)
