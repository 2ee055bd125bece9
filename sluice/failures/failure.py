"""A failure, what became of sending it again or dropping it, and why."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError


class Failure(NamedTuple):
    """Something that its function did not take, kept for whoever looks."""

    pipeline: str
    """Its kind and name, such as `stream/users`."""
    function: str
    reason: str
    at: str
    """When it was given up, ISO 8601."""
    records: int
    where: str
    """Where it lies: the URI of an object, or the queue and message."""
    file: str = ""
    """The key of a file that was not imported; empty for all other kinds."""
    next_step: str = ""
    """What a person does about it, where sending it again may not be all."""

    @property
    def id(self) -> str:
        """What a person calls it: eight characters, the same for as long as it lies there.

        A file that fails anew is another failure: who meant the one does not mean the other.
        """
        named = f"{self.where} {self.at}" if self.file else self.where
        return hashlib.sha256(named.encode(errors="backslashreplace")).hexdigest()[:8]


Wanted = Callable[[Failure], bool]
"""Which failures are meant, by `id`, `where` and `file`: of a batch no more is known before it is read."""


def everyone(_: Failure) -> bool:
    """All of them."""
    return True


class Detail(NamedTuple):
    """What is kept of a failure."""

    records: list[Any]
    """What its function did not take, as it was sent: records of a stream, messages, the event of a run."""
    attempts: int | None = None
    """How often it was tried; None where nobody counts."""
    trace: tuple[str, ...] = ()
    """The lines of the error's traceback, where they are kept with it."""


class Discarded(NamedTuple):
    """How dropping a failure went."""

    failure: Failure
    error: str = ""
    """Why it is still there."""


class Redriven(NamedTuple):
    """How sending a failure again went."""

    failure: Failure
    done: int
    """Records that were taken now."""
    left: int
    """Records that failed again and are still among the failures."""
    error: str = ""
    """Why something is left."""
    handed_back: str = ""
    """The sequence number of the record that its function named as failed, if it did: its log says why."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing of it is left."""
        return not self.left and not self.error and self.failure.reason != UNREADABLE


UNREADABLE = "Unreadable"
"""The reason of an object that lies among the failures and is none; it is shown, and left alone."""
REFUSED = (ClientError, HTTPClientError)
"""A call that was refused or broke off: the next one may work. Where nothing can be reached at all, all ends."""
