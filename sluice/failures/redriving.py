"""Redriving failures of any kind, one redrive at a time, and describing the results."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sluice.failures import sources
from sluice.failures.errors import said_of
from sluice.failures.failure import UNREADABLE, Redriven, Wanted
from sluice.failures.files import imported_again
from sluice.failures.lease import lease
from sluice.target import Target
from sluice.terminal import plural

_PATIENCE_SECONDS = 15
"""How long to wait for imports that start again."""


def redrive(target: Target, wanted: Wanted, refused: list[str]) -> Iterator[Redriven]:
    """Sends the selected failures to their functions again, and yields each result as soon as it is known.

    Args:
        target: The stack.
        wanted: Selects the failures.
        refused: Receives the refusals of whole sources.

    Raises:
        UnderWayError: Another redrive is running.
    """
    began = datetime.now(UTC)
    with lease(target) as renew:
        for redriven in sources.one_by_one(sources.REDRIVEN, target, wanted, refused):
            renew()
            yield _explained(target, redriven, began)


def followed(target: Target, results: Iterable[Redriven]) -> Iterator[Redriven]:
    """The same results, with those of files that were imported again, as far as they are known within seconds."""
    until = time.monotonic() + _PATIENCE_SECONDS
    for one in results:
        yield imported_again(target, one, until) if one.failure.file and one.is_complete else one


def outcome(redriven: Redriven) -> str:
    """Returns the result as a phrase."""
    why = f": {redriven.error}" if redriven.error else ""
    if redriven.failure.reason == UNREADABLE:
        return f"not sent{why}"
    if redriven.failure.file:
        return redriven.error or "put again: its import begins again; what fails again comes back here"
    if redriven.failure.pipeline.startswith("import"):
        return redriven.error if redriven.left else "put back into the import queue; what fails again comes back here"
    left = f", {redriven.left} failed again" if redriven.left else ""
    return f"{plural(redriven.done, 'record')} taken{left}{why}"


def _explained(target: Target, redriven: Redriven, began: datetime) -> Redriven:
    """Adds the log line about the record that the function handed back: its answer does not say why."""
    if not redriven.handed_back:
        return redriven
    said = said_of(target, redriven.failure.function, redriven.handed_back, began)
    return redriven._replace(error=f"{redriven.error}: {said}") if said else redriven
