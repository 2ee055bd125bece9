"""Threads of their own; some follow the configuration in the emulator's API."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.own_paths import ask

_LOOK_SECONDS = 0.5

_logger = logging.getLogger(__name__)


class Runner(ABC):
    """Runs in a thread of its own from `start` until `stop`."""

    def __init__(self, name: str, stopping: threading.Event | None = None) -> None:
        """Prepares it.

        Args:
            name: the thread's name.
            stopping: set when it is to end; by default only `stop` sets it.
        """
        self._stopping = stopping or threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Starts."""
        self._thread.start()

    def stop(self) -> None:
        """Stops; returns when nothing is running."""
        self._stopping.set()
        self._thread.join()

    @abstractmethod
    def _run(self) -> None:
        """Works until `_stopping` is set."""


class Follower(Runner):
    """Reads every half second what is configured in an API of the emulator, and runs it.

    The first look finds what was created before `start`.

    Attributes:
        path: the emulator's own path that lists what is to run.
        subject: the name, for people, of what is followed.
    """

    path: ClassVar[str]
    subject: ClassVar[str]

    def __init__(
        self,
        endpoint: str,
        token: str,
        cloud_of: Callable[[str, str], Cloud],
        on_event: Callable[[Any], None],
        stopping: threading.Event,
    ) -> None:
        """Prepares it.

        Args:
            endpoint: the emulator's address.
            token: the token for its own paths.
            cloud_of: returns clients in a region for deliveries to a function or queue, given by its ARN.
            on_event: called with each event, from several threads.
            stopping: set before the emulator ends.
        """
        super().__init__(self.subject, stopping)
        self._endpoint, self._token, self._cloud_of, self._on_event = endpoint, token, cloud_of, on_event
        self._looking = threading.Lock()

    def look(self) -> None:
        """Follows changes in the API since the last look.

        Raises:
            OSError, http.client.HTTPException, ValueError: the emulator does not answer as it should.
        """
        with self._looking:
            self._follow(ask(self._endpoint, self.path, self._token))

    @abstractmethod
    def _follow(self, listed: list[dict[str, Any]]) -> None:
        """Runs exactly what is listed, as it is configured now."""

    def _run(self) -> None:
        failing = False
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self.look()
                failing = False
            except Exception as error:  # one invalid setting must not stop the following of all others
                if not failing and not self._stopping.is_set():
                    _logger.warning("cannot look for changes of %s, and go on trying: %r", self.subject, error)
                failing = True
