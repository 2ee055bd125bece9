"""All sources of failures: asking them at once, and acting on selected failures."""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from botocore.exceptions import ClientError

from sluice.failures.errors import last_errors, traceback
from sluice.failures.failure import UNREADABLE, Detail, Failure, Wanted
from sluice.failures.files import discard_files, file_details, file_failures, redrive_files
from sluice.failures.queues import (
    discard_imports,
    discard_reports,
    import_details,
    import_failures,
    redrive_imports,
    redrive_reports,
    report_details,
    report_failures,
)
from sluice.failures.stream import discard_stream, redrive_stream, stream_details, stream_failures
from sluice.target import Target

LISTED = (stream_failures, import_failures, file_failures, report_failures)
REDRIVEN = (redrive_stream, redrive_imports, redrive_files, redrive_reports)
DETAILED = (stream_details, import_details, file_details, report_details)
DISCARDED = (discard_stream, discard_imports, discard_files, discard_reports)

T = TypeVar("T")


class Named:
    """Selects failures by names, each an id, a location or a file; all failures if there are no names.

    Attributes:
        unseen: The names that have matched no failure so far.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = set(names)
        self.unseen = set(names)

    def __call__(self, failure: Failure) -> bool:
        """Whether a failure is selected."""
        own = self._names & {failure.id, failure.where, *filter(None, [failure.file])}
        self.unseen -= own
        return bool(own) or not self._names


class Shown(NamedTuple):
    """A failure with all known details."""

    failure: Failure
    detail: Detail
    error: str
    """The last error of its function before it gave up; empty if none is known."""
    trace: list[str]
    """The lines of the error's traceback."""


def from_each(sources: Iterable[Callable[[Target], Iterable[T]]], target: Target, refused: list[str]) -> Iterator[T]:
    """The failures of all sources, which are asked in parallel; one that may not be asked does not stop the others.

    Args:
        sources: The sources to ask.
        target: The stack.
        refused: Receives the refusals.
    """

    def asked_of(source: Callable[[Target], Iterable[T]]) -> tuple[list[T], str]:
        found: list[T] = []
        try:
            for one in source(target):
                found.append(one)  # noqa: PERF402 what was found before a refusal counts
        except ClientError as error:
            return found, str(error)
        return found, ""

    asked = list(sources)
    with ThreadPoolExecutor(len(asked)) as pool:
        for found, error in pool.map(asked_of, asked):
            yield from found
            refused.extend(filter(None, [error]))


def one_by_one(
    sources: Iterable[Callable[[Target, Wanted], Iterator[T]]], target: Target, wanted: Wanted, refused: list[str]
) -> Iterator[T]:
    """The results of sources that act one after another, each as soon as it is known.

    Args:
        sources: The sources that act.
        target: The stack.
        wanted: Selects the failures.
        refused: Receives the refusals.
    """
    for source in sources:
        try:
            yield from source(target, wanted)
        except ClientError as error:
            refused.append(str(error))


def errors_of(target: Target, failures: Iterable[Failure]) -> dict[Failure, str]:
    """Returns the errors of batches, which Lambda's own document does not contain."""
    batches = [one for one in failures if one.pipeline.startswith("stream") and one.reason != UNREADABLE]
    return dict(zip(batches, last_errors(target, batches), strict=True))


def details(target: Target, wanted: Wanted, refused: list[str]) -> list[Shown]:
    """Returns the selected failures with all known details.

    Args:
        target: The stack.
        wanted: Selects the failures.
        refused: Receives the refusals.
    """
    found = list(one_by_one(DETAILED, target, wanted, refused))
    errors = errors_of(target, [failure for failure, _ in found])
    return [_shown(target, one, held, errors) for one, held in found]


def shown(target: Target, failure: Failure, held: Detail) -> Shown:
    """Returns a failure, given its kept content, with all known details."""
    return _shown(target, failure, held, errors_of(target, [failure]))


def _shown(target: Target, failure: Failure, held: Detail, errors: dict[Failure, str]) -> Shown:
    trace = list(held.trace) or (traceback(target, failure) if failure in errors else [])
    return Shown(failure, held, errors.get(failure, ""), trace)
