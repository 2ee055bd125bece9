"""Runs the targets of EventBridge rules: takes matched events from the rule's tap and delivers them.

The emulator matches events with rules; a tap, a queue that stands in for the target (`emulator/ministack.py`), holds
the matched events. Targets are functions and queues.
"""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from sluice.cloud.triggers.delivery import Target
from sluice.cloud.triggers.runners import Runner

_SERVICE = "events.amazonaws.com"
_POLL_SECONDS = 1
_PAUSE_SECONDS = 1.0

_logger = logging.getLogger(__name__)


class RuleTarget(Runner):
    """Runs one target of one rule, beginning with the events matched so far."""

    def __init__(
        self,
        rule_arn: str,
        read: Callable[[], Target | None],
        tap: str,
        lambda_: Any,
        sqs: Any,
        ending: threading.Event | None = None,
    ) -> None:
        """Prepares it.

        Args:
            rule_arn: the rule.
            read: returns the target as it is now: the function or queue, and what happens to events that cannot be
                delivered; None if the rule no longer has it.
            tap: URL of the queue that holds the matched events.
            lambda_: a client that may read the function's policy.
            sqs: a client that may read the tap, and a queue's policy.
            ending: set before the emulator ends: failures after that do not matter.
        """
        super().__init__(f"rule {rule_arn.rpartition('/')[2]}")
        self._rule_arn, self._read, self._tap = rule_arn, read, tap
        self._lambda, self._sqs = lambda_, sqs
        self._ending = ending or self._stopping

    def step(self) -> None:
        """Delivers the events in the tap; waits a moment if there are none."""
        response = self._sqs.receive_message(QueueUrl=self._tap, MaxNumberOfMessages=10, WaitTimeSeconds=_POLL_SECONDS)
        for message in response.get("Messages", []):
            if target := self._read():
                self._deliver(message["Body"], target)
            self._sqs.delete_message(QueueUrl=self._tap, ReceiptHandle=message["ReceiptHandle"])

    def _run(self) -> None:
        problem = ""
        while not self._stopping.is_set():
            try:
                self.step()
                problem = ""
            except Exception as error:
                if self._stopping.wait(_PAUSE_SECONDS) or self._ending.is_set():
                    continue
                if problem != str(error):
                    problem = str(error)
                    _logger.exception("rule %s could not deliver; it tries again", self._rule_arn)

    def _deliver(self, payload: str, target: Target) -> None:
        if self._permitted(target):
            error = target.deliver(payload, self._stopping)
        else:
            error = f"its policy does not let {_SERVICE} invoke it or send to it for this rule"
            target.give_up(payload, error)
        if error:
            _logger.warning("rule %s could not reach %s: %s", self._rule_arn, target.arn, error)

    def _permitted(self, target: Target) -> bool:
        """Whether the target's policy lets the rule deliver to it; if not, AWS does not retry."""
        action = "sqs:SendMessage" if ":sqs:" in target.arn else "lambda:InvokeFunction"
        return any(
            statement["Effect"] == "Allow"
            and statement["Principal"] == {"Service": _SERVICE}
            and action in _listed(statement["Action"])
            and self._rule_arn in _sources(statement, self._rule_arn)
            for statement in self._policy(target.arn)["Statement"]
        )

    def _policy(self, arn: str) -> dict[str, Any]:
        if ":sqs:" in arn:
            url = self._sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
            text = attributes.get("Policy")
        else:
            try:
                text = self._lambda.get_policy(FunctionName=arn)["Policy"]
            except self._lambda.exceptions.ResourceNotFoundException:
                text = None
        return json.loads(text) if text else {"Statement": []}


def _sources(statement: dict[str, Any], rule: str) -> list[str]:
    """The rules that a statement applies to; if it applies to all, `rule` is among them."""
    tests = [
        test
        for operator in ("ArnLike", "ArnEquals")
        for test in statement.get("Condition", {}).get(operator, {}).items()
    ]
    return next((_listed(arns) for key, arns in tests if key.lower() == "aws:sourcearn"), [rule])


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
