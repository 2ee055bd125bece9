"""Runs the targets of rules in the EventBridge API: those of stacks, and those created by hand."""

from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.corrections import RULES
from sluice.cloud.emulator.ministack import tap_name
from sluice.cloud.triggers.delivery import Target
from sluice.cloud.triggers.rules import RuleTarget
from sluice.cloud.triggers.runners import Follower

_Place = tuple[str, str, str]
"""Region, rule and target's id."""


class RuleTargets(Follower):
    """Runs all of them, in threads of its own, until it is stopped."""

    path = RULES
    subject = "rules"

    def __init__(self, *emulator: Any) -> None:
        """Prepares it; see `Follower`."""
        super().__init__(*emulator)
        self._running: dict[_Place, RuleTarget] = {}

    def stop(self) -> None:
        """Stops; returns when nothing is running."""
        super().stop()
        for target in self._running.values():
            target.stop()

    def _follow(self, listed: list[dict[str, Any]]) -> None:
        """Runs the existing targets; each delivery reads its target again, as it may have changed."""
        targets = {(target["Region"], target["Rule"], target["Id"]): target["Arn"] for target in listed}
        for gone in self._running.keys() - targets.keys():
            self._running.pop(gone).stop()
        for place in targets.keys() - self._running.keys():
            try:
                target = self._target(place, self._cloud_of(place[0], targets[place]))
            except AWS_ERRORS:  # its function does not exist yet, or the emulator is busy: retried at the next look
                continue
            target.start()
            self._running[place] = target

    def _target(self, place: _Place, cloud: Cloud) -> RuleTarget:
        _, rule, target_id = place
        events, sqs, invoking = cloud.client("events"), cloud.client("sqs"), cloud.invoking()

        def read() -> Target | None:
            targets = {target["Id"]: target for target in events.list_targets_by_rule(Rule=rule)["Targets"]}
            return Target(targets[target_id], invoking, sqs) if target_id in targets else None

        tap = sqs.create_queue(QueueName=tap_name(rule, target_id))["QueueUrl"]  # exists already if a stack created it
        arn = events.describe_rule(Name=rule)["Arn"]
        return RuleTarget(arn, read, tap, cloud.client("lambda"), sqs, self._stopping)
