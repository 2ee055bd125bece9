"""Runs the targets of EventBridge rules: what a rule matched is taken from its tap and delivered to the function.

The emulator matches events with rules; a tap, a queue that stands in for the function (`emulator/ministack.py`), holds
what it matched.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from sluice.cloud.triggers.delivery import Target
from sluice.cloud.triggers.runners import Runner

_SERVICE = "events.amazonaws.com"
_POLL_SECONDS = 1
_PAUSE_SECONDS = 1.0

_logger = logging.getLogger(__name__)


class RuleTarget(Runner):
    """Runs one target of one rule, beginning with what the rule has matched so far."""

    def __init__(self, rule_arn: str, read: Callable[[], Target | None], tap: str, lambda_: Any, sqs: Any) -> None:
        """Prepares it.

        Args:
            rule_arn: the rule.
            read: returns the target as it is now: the function, and what happens to events that cannot be delivered;
                None where the rule has it no longer.
            tap: URL of the queue that holds what the rule matched.
            lambda_: a client that may read the function's policy.
            sqs: a client that may read the tap.
        """
        super().__init__(f"rule {rule_arn.rpartition('/')[2]}")
        self._rule_arn, self._read, self._tap = rule_arn, read, tap
        self._lambda, self._sqs = lambda_, sqs

    def step(self) -> None:
        """Delivers what lies in the tap; waits a moment for it where nothing does."""
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
                if not self._stopping.wait(_PAUSE_SECONDS) and problem != str(error):
                    problem = str(error)
                    _logger.exception("rule %s could not deliver; it tries again", self._rule_arn)

    def _deliver(self, payload: str, target: Target) -> None:
        if self._permitted(target):
            error = target.deliver(payload, self._stopping)
        else:
            error = f"the function's policy does not let {_SERVICE} invoke it for this rule"
            target.give_up(payload)
        if error:
            _logger.warning("rule %s could not reach %s: %s", self._rule_arn, target.arn, error)

    def _permitted(self, target: Target) -> bool:
        """Whether the function's policy lets the rule invoke it; AWS does not try again where it does not."""
        try:
            policy = json.loads(self._lambda.get_policy(FunctionName=target.arn)["Policy"])
        except self._lambda.exceptions.ResourceNotFoundException:
            return False
        return any(
            statement["Effect"] == "Allow"
            and statement["Principal"] == {"Service": _SERVICE}
            and statement["Action"] == "lambda:InvokeFunction"
            and _sources(statement) in (None, self._rule_arn)
            for statement in policy["Statement"]
        )


def _sources(statement: dict[str, Any]) -> str | None:
    """The rule that a statement is for; None for every rule."""
    return statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn")
