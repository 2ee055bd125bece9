"""Runs the schedules of functions as the Scheduler API has them: those of stacks, and those that somebody makes."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.corrections import SCHEDULES
from sluice.cloud.emulator.own_paths import ask
from sluice.cloud.triggers.schedules import Fired, Schedule
from sluice.cloud.triggers.watching import Watch

_WITHOUT_EFFECT = ("LastModificationDate", "Description")

_logger = logging.getLogger(__name__)


class Timetable:
    """Runs all of them, in threads of its own, until it is stopped."""

    def __init__(
        self,
        endpoint: str,
        token: str,
        cloud_of: Callable[[str, str], Cloud],
        on_event: Callable[[Fired], None],
        stopping: threading.Event,
    ) -> None:
        """Prepares it.

        Args:
            endpoint: the emulator's address.
            token: what its own paths ask for.
            cloud_of: clients in a region, for what invokes a function, given by its ARN.
            on_event: told each time that a schedule came due, from several threads.
            stopping: set before the emulator ends.
        """
        self._endpoint, self._token, self._cloud_of, self._on_event = endpoint, token, cloud_of, on_event
        self._followed: dict[str, dict[str, Any]] = {}
        self._running: dict[str, Schedule] = {}
        self._looking = threading.Lock()
        self._watch = Watch(self.look, "schedules", stopping)

    def start(self) -> None:
        """Begins to watch for changes; those that were made before are heard of at the first look."""
        self._watch.start()

    def stop(self) -> None:
        """Ends; returns when nothing is under way."""
        self._watch.stop()
        for schedule in self._running.values():
            schedule.stop()

    def running(self, arn: str) -> Schedule | None:
        """What runs a schedule; None where it is disabled."""
        return self._running.get(arn)

    def look(self) -> None:
        """Follows what the Scheduler API was told since the last look.

        Raises:
            OSError, http.client.HTTPException, ValueError: the emulator does not answer as it should.
        """
        with self._looking:
            listed = {one["Arn"]: one for one in ask(self._endpoint, SCHEDULES, self._token)}
            for gone in self._followed.keys() - listed.keys():
                self._end(gone)
                del self._followed[gone]
            for arn, configuration in listed.items():
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
        except AWS_ERRORS:  # its function is not there yet, or the emulator is busy: tried again at the next look
            return
        except Exception as error:
            _logger.warning("schedule %s is not run here: %s", configuration["Name"], error)
        self._followed[arn] = configuration
