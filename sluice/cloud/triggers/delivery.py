"""Delivers events to a function or queue as EventBridge does: with limited retries, then to the dead letters."""

import threading
import time
from collections.abc import Mapping
from typing import Any

_ATTEMPTS = 185
_AGE_SECONDS = 86_400
"""Both are EventBridge's defaults."""
_LONGEST_WAIT_SECONDS = 60


class Target:
    """A function as the target of a schedule or a rule, or a queue as that of a rule."""

    def __init__(self, configuration: Mapping[str, Any], lambda_: Any, sqs: Any) -> None:
        """Reads a target.

        Args:
            configuration: `Arn`, and if there are any `RetryPolicy` and `DeadLetterConfig`, as EventBridge has them.
            lambda_: a client that may invoke the function.
            sqs: a client that may send to the queue and to the dead letter queue.
        """
        self.arn: str = configuration["Arn"]
        self._retry: Mapping[str, int] = configuration.get("RetryPolicy", {})
        self._dead_letters: str = configuration.get("DeadLetterConfig", {}).get("Arn", "")
        self._lambda, self._sqs = lambda_, sqs

    def deliver(self, payload: str, stopping: threading.Event) -> str | None:
        """Delivers one event; if that fails, it goes to the dead letters.

        Returns:
            Why it could not be delivered; None if it was.
        """
        end = time.monotonic() + self._retry.get("MaximumEventAgeInSeconds", _AGE_SECONDS)
        attempts = self._retry.get("MaximumRetryAttempts", _ATTEMPTS) + 1
        error = ""
        for attempt in range(attempts):
            try:
                self._hand_over(payload)
                return None
            except Exception as failure:
                error = str(failure)
            if attempt + 1 == attempts or time.monotonic() > end:
                break
            if stopping.wait(min(2**attempt, _LONGEST_WAIT_SECONDS)):
                break
        self.give_up(payload, error)
        return error

    def give_up(self, payload: str, error: str) -> None:
        """Sends an event to the dead letter queue, if there is one, with why it could not be delivered."""
        if self._dead_letters:
            attribute = {"DataType": "String", "StringValue": error}
            self._send(self._dead_letters, payload, MessageAttributes={"ERROR_MESSAGE": attribute})

    def _hand_over(self, payload: str) -> None:
        if ":sqs:" in self.arn:
            self._send(self.arn, payload)
        else:
            self._lambda.invoke(FunctionName=self.arn, InvocationType="Event", Payload=payload.encode())

    def _send(self, queue: str, payload: str, **attributes: Any) -> None:
        url = self._sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        self._sqs.send_message(QueueUrl=url, MessageBody=payload, **attributes)
