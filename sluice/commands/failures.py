"""`failures`: what failed for good, and sending it again."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import click
from botocore.exceptions import ClientError

from sluice.failures.errors import last_errors
from sluice.failures.failure import UNREADABLE, Failure, Redriven
from sluice.failures.files import file_failures, hints, redrive_files
from sluice.failures.queues import import_failures, redrive_imports, redrive_reports, report_failures
from sluice.failures.stream import redrive_stream, stream_failures
from sluice.target import Target, targeted
from sluice.terminal import note, plural, print_json, say

_LISTED = (stream_failures, import_failures, file_failures, report_failures)
_REDRIVEN = (redrive_stream, redrive_imports, redrive_files, redrive_reports)

T = TypeVar("T")


@click.command("failures")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@click.option("--redrive", is_flag=True, help="Send each to its function again; what is taken is removed.")
@targeted
def command(target: Target, as_json: bool, redrive: bool) -> None:
    """Show what is in dead letter queues and failure prefixes and which files failed, and send it again.

    With --redrive it exits with 1 where something is left.
    """
    if redrive:
        _redrive(target, as_json)
        return
    refused: list[str] = []
    failures = list(_from_each(_LISTED, target, refused))
    batches = [
        failure for failure in failures if failure.pipeline.startswith("stream") and failure.reason != UNREADABLE
    ]
    errors = dict(zip(batches, last_errors(target, batches), strict=True))
    if as_json:
        print_json([{**failure._asdict(), "error": errors.get(failure, "")} for failure in failures])
    else:
        for failure in failures:
            _show(failure)
            for more in filter(None, (errors.get(failure), failure.next_step)):
                say(f"    {more}")
        say(plural(len(failures), "failure") + (": --redrive sends them again." if failures else "."))
    for hint in _from_each([hints], target, refused):
        note(hint)
    _end(refused)


def _from_each(sources: Iterable[Callable[[Target], Iterator[T]]], target: Target, refused: list[str]) -> Iterator[T]:
    """What all sources have; one that may not be asked does not stop the others."""
    for source in sources:
        try:
            yield from source(target)
        except ClientError as error:
            refused.append(str(error))


def _end(refused: list[str]) -> None:
    if refused:
        raise click.ClickException(f"not all could be looked at: AWS: {'; '.join(dict.fromkeys(refused))}")


def _show(failure: Failure) -> None:
    if failure.file:
        say(f"{failure.at}  {failure.file}  FAILED  {failure.reason}")
        say(f"    {failure.where}")
        return
    say(f"{failure.at}  {failure.function}  {plural(failure.records, 'record')}  {failure.reason}")
    say(f"    {failure.where}")


def _redrive(target: Target, as_json: bool) -> None:
    results: list[Redriven] = []
    refused: list[str] = []
    for redriven in _from_each(_REDRIVEN, target, refused):
        results.append(redriven)
        if not as_json:
            _show(redriven.failure)
            say(f"    {_outcome(redriven)}")
    left = [one for one in results if not one.is_complete]
    if as_json:
        counts = ("done", "left", "error")
        print_json([{**one.failure._asdict(), **{name: getattr(one, name) for name in counts}} for one in results])
    else:
        if len(results) > 1:
            for one in left:
                say(f"left: {one.failure.where}: {_outcome(one)}")
        say(f"{plural(len(results) - len(left), 'failure')} taken, {len(left)} left.")
    _end(refused)
    if left:
        raise click.exceptions.Exit(1)


def _outcome(redriven: Redriven) -> str:
    why = f": {redriven.error}" if redriven.error else ""
    if redriven.failure.reason == UNREADABLE:
        return f"not sent{why}"
    if redriven.failure.file:
        return redriven.error or "put again: its import begins anew; what fails again comes back here"
    if redriven.failure.pipeline.startswith("import"):
        return redriven.error if redriven.left else "put back into the import queue; what fails again comes back here"
    left = f", {redriven.left} failed again" if redriven.left else ""
    return f"{plural(redriven.done, 'record')} taken{left}{why}"
