"""Runs the schedules of functions in the Scheduler API: those of stacks, and those created by hand."""

import logging
from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.emulator.corrections import SCHEDULES
from sluice.cloud.triggers.runners import Follower
from sluice.cloud.triggers.schedules import Schedule

_WITHOUT_EFFECT = ("LastModificationDate", "Description")

_logger = logging.getLogger(__name__)


class Timetable(Follower):
    """Runs all of them, in threads of its own, until it is stopped."""

    path = SCHEDULES
    subject = "schedules"

    def __init__(self, *emulator: Any) -> None:
        """Prepares it; see `Follower`."""
        super().__init__(*emulator)
        self._followed: dict[str, dict[str, Any]] = {}
        self._running: dict[str, Schedule] = {}

    def stop(self) -> None:
        """Stops; returns when nothing is running."""
        super().stop()
        for schedule in self._running.values():
            schedule.stop()

    def running(self, arn: str) -> Schedule | None:
        """The runner of a schedule; None if it is disabled."""
        return self._running.get(arn)

    def _follow(self, listed: list[dict[str, Any]]) -> None:
        """Runs the schedules as they are configured now."""
        configurations = {schedule["Arn"]: schedule for schedule in listed}
        for gone in self._followed.keys() - configurations.keys():
            self._end(gone)
            del self._followed[gone]
        for arn, configuration in configurations.items():
            now = {name: value for name, value in configuration.items() if name not in _WITHOUT_EFFECT}
            if now != self._followed.get(arn):
                self._end(arn)
                self._begin(arn, now)

    def _end(self, arn: str) -> None:
        if schedule := self._running.pop(arn, None):
            schedule.stop()

    def _begin(self, arn: str, configuration: dict[str, Any]) -> None:
        try:
            if configuration["State"] == "ENABLED":
                cloud = self._cloud_of(configuration["Region"], configuration["Target"]["Arn"])
                schedule = Schedule(configuration, cloud.invoking(), cloud.client("sqs"), self._on_event)
                schedule.start()
                self._running[arn] = schedule
        except AWS_ERRORS:  # its function does not exist yet, or the emulator is busy: retried at the next look
            return
        except Exception as error:
            _logger.warning("schedule %s is not run here: %s", configuration["Name"], error)
        self._followed[arn] = configuration
