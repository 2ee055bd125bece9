"""A failure, and the results of redriving or discarding it."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError


class Failure(NamedTuple):
    """Something that its function gave up, kept for inspection."""

    pipeline: str
    """Its kind and name, such as `stream/users`."""
    function: str
    reason: str
    at: str
    """When it was given up, ISO 8601."""
    records: int
    where: str
    """Its location: the URI of an object, or the queue and message."""
    file: str = ""
    """The key of a file that was not imported; empty for all other kinds."""
    next_step: str = ""
    """What a person should do, if redriving it may not be enough."""

    @property
    def id(self) -> str:
        """Its id for people: eight characters, the same for as long as the failure is kept.

        A file that fails again is another failure: the id of the first does not select the second.
        """
        named = f"{self.where} {self.at}" if self.file else self.where
        return hashlib.sha256(named.encode(errors="backslashreplace")).hexdigest()[:8]


Wanted = Callable[[Failure], bool]
"""Selects failures, by `id`, `where` and `file`: nothing else of a batch is known before it is read."""


def everyone(_: Failure) -> bool:
    """Selects all failures."""
    return True


class Detail(NamedTuple):
    """The kept content of a failure."""

    records: list[Any]
    """What its function was sent: records of a stream, messages, or the event of a run."""
    attempts: int | None = None
    """How often it was tried; None if that is not counted."""
    trace: tuple[str, ...] = ()
    """The lines of the error's traceback, if they are kept with it."""


class Discarded(NamedTuple):
    """The result of discarding a failure."""

    failure: Failure
    error: str = ""
    """Why it is still there; empty if it is gone."""


class Redriven(NamedTuple):
    """The result of redriving a failure."""

    failure: Failure
    done: int
    """Records that succeeded now."""
    left: int
    """Records that failed again and are still among the failures."""
    error: str = ""
    """Why something is left."""
    handed_back: str = ""
    """The sequence number of the record that its function named as failed, if it did: its log says why."""

    @property
    def is_complete(self) -> bool:
        """Whether none of it is left."""
        return not self.left and not self.error and self.failure.reason != UNREADABLE


UNREADABLE = "Unreadable"
"""The reason for an object or message that is stored among the failures but is not one; it is shown, and left alone."""
REFUSED = (ClientError, HTTPClientError)
"""A call that was refused or interrupted: the next one may work. If nothing can be reached at all, everything ends."""
