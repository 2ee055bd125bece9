"""`failures`: what failed for good, each with its records and its error; sending it again, and dropping it."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

import click
from botocore.exceptions import ClientError

from sluice.failures.errors import last_errors, said_of, traceback
from sluice.failures.failure import UNREADABLE, Detail, Discarded, Failure, Redriven, Wanted
from sluice.failures.files import discard_files, file_details, file_failures, hints, imported_again, redrive_files
from sluice.failures.lease import UnderWayError, lease, under_way
from sluice.failures.queues import (
    discard_imports,
    discard_reports,
    import_details,
    import_failures,
    in_other_hands,
    redrive_imports,
    redrive_reports,
    report_details,
    report_failures,
)
from sluice.failures.stream import discard_stream, redrive_stream, stream_details, stream_failures
from sluice.target import Target, targeted
from sluice.terminal import ask, json_text, note, plural, print_json, say, somebody_answers

_LISTED = (stream_failures, import_failures, file_failures, report_failures)
_REDRIVEN = (redrive_stream, redrive_imports, redrive_files, redrive_reports)
_DETAILED = (stream_details, import_details, file_details, report_details)
_DISCARDED = (discard_stream, discard_imports, discard_files, discard_reports)

_PATIENCE_SECONDS = 15
"""For imports that begin anew."""

T = TypeVar("T")


class _Named:
    """The failures that arguments name, by id, place or file; all where there is no argument."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = set(names)
        self._unseen = set(names)

    def __call__(self, failure: Failure) -> bool:
        own = self._names & {failure.id, failure.where, *filter(None, [failure.file])}
        self._unseen -= own
        return bool(own) or not self._names

    def refuse_unseen(self) -> None:
        """Says which of the names no failure has."""
        if self._unseen:
            names = ", ".join(sorted(self._unseen))
            raise click.ClickException(
                f"there is no failure {names}: `python -m sluice failures` lists those there are"
            )


@click.command("failures")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@click.option("--redrive", is_flag=True, help="Send each to its function again; what is taken is removed.")
@click.option("--discard", is_flag=True, help="Remove each for good; of a file, the file.")
@click.option("--yes", is_flag=True, help="Discard all without asking.")
@targeted
def command(target: Target, ids: tuple[str, ...], as_json: bool, redrive: bool, discard: bool, yes: bool) -> None:
    """Show what failed for good; send it again, or discard it.

    Of each ID its records, its error and its attempts are shown.
    With --redrive or --discard it does so with those of the IDs, or with all, and exits with 1 where something is left.

    \b
    Examples:
      python -m sluice failures
      python -m sluice failures 1f0c2a9b --redrive
    """  # noqa: D301 click reads the control character
    if redrive and discard:
        raise click.UsageError("--redrive sends again, --discard removes: say one of them")
    target.greet()  # functions are asked too, whose answers are waited for
    if redrive:
        _redrive(target, _Named(ids), as_json)
    elif discard:
        _discard(target, ids, as_json, yes)
    elif ids:
        _detail(target, _Named(ids), as_json)
    else:
        _list(target, as_json)


def _list(target: Target, as_json: bool) -> list[Failure]:
    refused: list[str] = []
    others = list(_from_each([in_other_hands, under_way], target, refused))
    failures = list(_from_each(_LISTED, target, refused))
    errors = _errors(target, failures)
    if as_json:
        print_json([{"id": one.id, **one._asdict(), "error": errors.get(one, "")} for one in failures])
    else:
        for failure in failures:
            _show(failure)
            for more in filter(None, (errors.get(failure), failure.next_step)):
                say(f"    {more}")
        ways = ": --redrive sends them again, `failures ID` shows one." if failures else "."
        say(plural(len(failures), "failure") + ways)
    for hint in (*others, *_from_each([hints], target, refused)):
        note(hint)
    _end(refused)
    return failures


def _errors(target: Target, failures: Iterable[Failure]) -> dict[Failure, str]:
    """The errors of batches, of which Lambda's own document says nothing."""
    batches = [one for one in failures if one.pipeline.startswith("stream") and one.reason != UNREADABLE]
    return dict(zip(batches, last_errors(target, batches), strict=True))


def _from_each(sources: Iterable[Callable[[Target], Iterable[T]]], target: Target, refused: list[str]) -> Iterator[T]:
    """What all sources have, which are asked at once; one that may not be asked does not stop the others."""

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


def _one_by_one(
    sources: Iterable[Callable[[Target, Wanted], Iterator[T]]], target: Target, wanted: Wanted, refused: list[str]
) -> Iterator[T]:
    """What sources have done, told as it is done."""
    for source in sources:
        try:
            yield from source(target, wanted)
        except ClientError as error:
            refused.append(str(error))


def _end(refused: list[str]) -> None:
    if refused:
        raise click.ClickException(f"not all could be looked at: AWS: {'; '.join(dict.fromkeys(refused))}")


def _show(failure: Failure) -> None:
    what = (
        f"{failure.file}  FAILED  {failure.reason}"
        if failure.file
        else f"{failure.function}  {plural(failure.records, 'record')}  {failure.reason}"
    )
    say((failure.id, "bold"), f"  {failure.at}  {what}")
    say(f"    {failure.where}")


def _detail(target: Target, wanted: _Named, as_json: bool) -> None:
    refused: list[str] = []
    found = list(_one_by_one(_DETAILED, target, wanted, refused))
    errors = _errors(target, [failure for failure, _ in found])
    traces = {one: list(held.trace) or (traceback(target, one) if one in errors else []) for one, held in found}
    if as_json:
        print_json(
            [
                {
                    "id": one.id, **one._asdict(), "error": errors.get(one, ""), "traceback": traces[one],
                    "attempts": held.attempts, "content": held.records,
                }
                for one, held in found
            ]
        )  # fmt: skip
    else:
        for failure, held in found:
            _show(failure)
            _show_detail(held, errors.get(failure, ""), traces[failure], failure.next_step)
    _end(refused)
    wanted.refuse_unseen()


def _show_detail(held: Detail, error: str, trace: Sequence[str], next_step: str) -> None:
    if held.attempts is not None:
        say(f"    tried {plural(held.attempts, 'time')}")
    for line in trace or filter(None, [error]):
        say((f"    {line}", "red"))
    for more in filter(None, [next_step]):
        say(f"    {more}")
    for number, record in enumerate(held.records, 1):
        say(f"    {number}: {json_text(record)}")


def _redrive(target: Target, wanted: _Named, as_json: bool) -> None:
    results: list[Redriven] = []
    refused: list[str] = []
    began = datetime.now(UTC)
    others = list(_from_each([in_other_hands], target, refused))
    try:
        with lease(target) as renew:
            for redriven in _one_by_one(_REDRIVEN, target, wanted, refused):
                renew()
                results.append(_explained(target, redriven, began))
                if not as_json:
                    _show(redriven.failure)
                    say(f"    {_outcome(results[-1])}")
    except UnderWayError as error:
        raise click.ClickException(str(error)) from None
    results = _followed(target, results, as_json)
    left = [one for one in results if not one.is_complete]
    if as_json:
        counts = ("done", "left", "error")
        print_json(
            [
                {"id": one.failure.id, **one.failure._asdict(), **{name: getattr(one, name) for name in counts}}
                for one in results
            ]
        )
    else:
        if len(results) > 1:
            for one in left:
                say(f"left: {one.failure.where}: {_outcome(one)}")
        say(f"{plural(len(results) - len(left), 'failure')} taken, {len(left)} left.")
    for hint in others:
        note(hint)
    _end(refused)
    wanted.refuse_unseen()
    if left:
        raise click.exceptions.Exit(1)


def _explained(target: Target, redriven: Redriven, began: datetime) -> Redriven:
    """With what a function's log says of the record that it handed back: its answer does not say why."""
    if not redriven.handed_back:
        return redriven
    said = said_of(target, redriven.failure.function, redriven.handed_back, began)
    return redriven._replace(error=f"{redriven.error}: {said}") if said else redriven


def _followed(target: Target, results: list[Redriven], as_json: bool) -> list[Redriven]:
    """With what became of files that were put again, as far as seconds show it."""
    followed, until = list[Redriven](), time.monotonic() + _PATIENCE_SECONDS
    for one in results:
        if one.failure.file and one.is_complete:
            followed.append(imported_again(target, one, until))
            if followed[-1].error and not as_json:
                say(f"{one.failure.file}: {followed[-1].error}")
        else:
            followed.append(one)
    return followed


def _discard(target: Target, ids: Sequence[str], as_json: bool, yes: bool) -> None:
    """Removes what is named, or what was shown: nothing that failed since."""
    named = _Named(ids)
    wanted: Wanted = named
    if not ids:
        if not yes and (as_json or not somebody_answers()):
            raise click.UsageError("this would discard all failures: name IDs, or say --yes")
        refused: list[str] = []
        shown = list(_from_each(_LISTED, target, refused)) if as_json else _list(target, as_json=False)
        _end(refused)
        if not shown:
            return
        if not yes:
            ask(f"Remove {plural(len(shown), 'failure')} for good?")
        wanted = set(shown).__contains__
    refused = []
    results: list[Discarded] = []
    for one in _one_by_one(_DISCARDED, target, wanted, refused):
        results.append(one)
        if not as_json:
            _show(one.failure)
            say(f"    not discarded: {one.error}" if one.error else "    discarded")
    if as_json:
        print_json([{"id": one.failure.id, **one.failure._asdict(), "error": one.error} for one in results])
    _end(refused)
    named.refuse_unseen()
    if any(one.error for one in results):
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
