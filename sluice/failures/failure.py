"""A failure, what became of sending it again, and why."""

from typing import NamedTuple

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


class Redriven(NamedTuple):
    """How sending a failure again went."""

    failure: Failure
    done: int
    """Records that were taken now."""
    left: int
    """Records that failed again and are still among the failures."""
    error: str = ""
    """Why something is left."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing of it is left."""
        return not self.left and not self.error and self.failure.reason != UNREADABLE


UNREADABLE = "Unreadable"
"""The reason of an object that lies among the failures and is none; it is shown, and left alone."""
REFUSED = (ClientError, HTTPClientError)
"""A call that was refused or broke off: the next one may work. Where nothing can be reached at all, all ends."""
