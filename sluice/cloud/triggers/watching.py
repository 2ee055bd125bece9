"""Looks again and again at what the emulator's API was told, so that what runs here follows it."""

import logging
import threading
from collections.abc import Callable

_LOOK_SECONDS = 0.5

_logger = logging.getLogger(__name__)


class Watch:
    """Calls a function every half second, in a thread of its own, until the cloud stops."""

    def __init__(self, look: Callable[[], None], what: str, stopping: threading.Event) -> None:
        """Prepares it.

        Args:
            look: what it calls; whatever it raises is logged once, and looking goes on.
            what: what is watched, in words.
            stopping: set before the emulator ends.
        """
        self._look, self._what, self._stopping = look, what, stopping
        self._thread = threading.Thread(target=self._watch, name=what, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; returns when no look is under way."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        failing = False
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self._look()
                failing = False
            except Exception as error:  # one odd setting must not end the watch of all the others
                if not failing and not self._stopping.is_set():
                    _logger.warning("cannot look for changes of %s, and go on trying: %r", self._what, error)
                failing = True
