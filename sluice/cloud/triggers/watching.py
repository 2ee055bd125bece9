"""Looks again and again at what the emulator's API was told, so that what runs here follows it."""

import http.client
import json
import logging
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

from sluice.cloud.emulator.guard import TOKEN_HEADER

_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 30
_UNREACHABLE = (OSError, http.client.HTTPException, ValueError)

_logger = logging.getLogger(__name__)


class Watch:
    """Calls a function every half second, in a thread of its own, until the cloud stops."""

    def __init__(self, look: Callable[[], None], what: str, stopping: threading.Event) -> None:
        """Prepares it.

        Args:
            look: what it calls; it raises what `ask` raises.
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
            except _UNREACHABLE as error:
                if not failing and not self._stopping.is_set():
                    _logger.warning("cannot look for changes of %s, and go on trying: %s", self._what, error)
                failing = True


def ask(endpoint: str, path: str, token: str, body: bytes | None = None) -> list[dict[str, Any]]:
    """What one of our own paths in the emulator answers; with a body, after it was told that.

    Raises:
        OSError, http.client.HTTPException, ValueError: the emulator does not answer as it should.
    """
    request = urllib.request.Request(
        f"{endpoint}{path}", body, {TOKEN_HEADER: token}, method="GET" if body is None else "PUT"
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:
        return json.load(answer)
