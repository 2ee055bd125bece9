"""`failures`: what failed for good, with records and errors; redriving and discarding it."""

from collections.abc import Sequence

import click

from sluice.failures import sources
from sluice.failures.failure import Discarded, Failure, Redriven, Wanted
from sluice.failures.files import hints
from sluice.failures.lease import UnderWayError, under_way
from sluice.failures.queues import in_other_hands
from sluice.failures.redriving import followed, outcome, redrive
from sluice.failures.sources import Named, Shown, from_each, one_by_one
from sluice.target import Target, targeted
from sluice.terminal import ask, json_text, note, plural, print_json, say, somebody_answers


@click.command("failures")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@click.option(
    "--redrive", "is_redriven", is_flag=True, help="Send each to its function again; what succeeds is removed."
)
@click.option("--discard", "is_discarded", is_flag=True, help="Remove each for good; the file, if a file failed.")
@click.option("--yes", is_flag=True, help="Discard all without asking.")
@targeted
def command(
    target: Target, ids: tuple[str, ...], as_json: bool, is_redriven: bool, is_discarded: bool, yes: bool
) -> None:
    """Show what failed for good; send it again, or discard it.

    With IDs it shows the records, error and attempts of each.
    --redrive and --discard act on the failures with the IDs, or on all, and exit with 1 if something is left.

    \b
    Examples:
      python -m sluice failures
      python -m sluice failures 1f0c2a9b --redrive
    """  # noqa: D301 click reads the control character
    if is_redriven and is_discarded:
        raise click.UsageError("--redrive and --discard exclude each other: give one of them")
    target.greet()  # functions are invoked too, and their answers take a while
    if is_redriven:
        _redrive(target, Named(ids), as_json)
    elif is_discarded:
        _discard(target, ids, as_json, yes)
    elif ids:
        _detail(target, Named(ids), as_json)
    else:
        _list(target, as_json)


def _list(target: Target, as_json: bool) -> list[Failure]:
    refused: list[str] = []
    others = list(from_each([in_other_hands, under_way], target, refused))
    failures = list(from_each(sources.LISTED, target, refused))
    errors = sources.errors_of(target, failures)
    if as_json:
        print_json([{"id": one.id, **one._asdict(), "error": errors.get(one, "")} for one in failures])
    else:
        for failure in failures:
            _show(failure)
            for more in filter(None, (errors.get(failure), failure.next_step)):
                say(f"    {more}")
        ways = ": --redrive sends them again, `failures ID` shows one." if failures else "."
        say(plural(len(failures), "failure") + ways)
    for hint in (*others, *from_each([hints], target, refused)):
        note(hint)
    _end(refused)
    return failures


def _end(refused: list[str]) -> None:
    if refused:
        raise click.ClickException(f"not all failures could be read: AWS: {'; '.join(dict.fromkeys(refused))}")


def _show(failure: Failure) -> None:
    what = (
        f"{failure.file}  FAILED  {failure.reason}"
        if failure.file
        else f"{failure.function}  {plural(failure.records, 'record')}  {failure.reason}"
    )
    say((failure.id, "bold"), f"  {failure.at}  {what}")
    say(f"    {failure.where}")


def _detail(target: Target, wanted: Named, as_json: bool) -> None:
    refused: list[str] = []
    found = sources.details(target, wanted, refused)
    if as_json:
        print_json(
            [
                {
                    "id": one.id, **one._asdict(), "error": error, "traceback": trace, "attempts": held.attempts,
                    "content": held.records,
                }
                for one, held, error, trace in found
            ]
        )  # fmt: skip
    else:
        for shown in found:
            _show(shown.failure)
            _show_detail(shown)
    _end(refused)
    _refuse_unseen(wanted)


def _refuse_unseen(wanted: Named) -> None:
    """Raises an error with the names that no failure has."""
    if wanted.unseen:
        names = ", ".join(sorted(wanted.unseen))
        raise click.ClickException(f"there is no failure {names}: `python -m sluice failures` lists all")


def _show_detail(shown: Shown) -> None:
    if shown.detail.attempts is not None:
        say(f"    tried {plural(shown.detail.attempts, 'time')}")
    for line in shown.trace or filter(None, [shown.error]):
        say((f"    {line}", "red"))
    for more in filter(None, [shown.failure.next_step]):
        say(f"    {more}")
    for number, record in enumerate(shown.detail.records, 1):
        say(f"    {number}: {json_text(record)}")


def _redrive(target: Target, wanted: Named, as_json: bool) -> None:
    results: list[Redriven] = []
    refused: list[str] = []
    others = list(from_each([in_other_hands], target, refused))
    try:
        for redriven in redrive(target, wanted, refused):
            results.append(redriven)
            if not as_json:
                _show(redriven.failure)
                say(f"    {outcome(redriven)}")
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
                say(f"left: {one.failure.where}: {outcome(one)}")
        say(f"{plural(len(results) - len(left), 'failure')} taken, {len(left)} left.")
    for hint in others:
        note(hint)
    _end(refused)
    _refuse_unseen(wanted)
    if left:
        raise click.exceptions.Exit(1)


def _followed(target: Target, results: Sequence[Redriven], as_json: bool) -> list[Redriven]:
    """The results with those of files that were imported again, shown as far as they are known."""
    ended: list[Redriven] = []
    for before, after in zip(results, followed(target, results), strict=True):
        ended.append(after)
        if after is not before and after.error and not as_json:
            say(f"{after.failure.file}: {after.error}")
    return ended


def _discard(target: Target, ids: Sequence[str], as_json: bool, yes: bool) -> None:
    """Removes the named failures, or those shown: nothing that failed since."""
    named = Named(ids)
    wanted: Wanted = named
    if not ids:
        if not yes and (as_json or not somebody_answers()):
            raise click.UsageError("this would discard all failures: name IDs, or add --yes")
        refused: list[str] = []
        shown = list(from_each(sources.LISTED, target, refused)) if as_json else _list(target, as_json=False)
        _end(refused)
        if not shown:
            return
        if not yes:
            ask(f"Remove {plural(len(shown), 'failure')} for good?")
        wanted = Named([one.id for one in shown])
    refused = []
    results: list[Discarded] = []
    for one in one_by_one(sources.DISCARDED, target, wanted, refused):
        results.append(one)
        if not as_json:
            _show(one.failure)
            say(f"    not discarded: {one.error}" if one.error else "    discarded")
    if as_json:
        print_json([{"id": one.failure.id, **one.failure._asdict(), "error": one.error} for one in results])
    _end(refused)
    _refuse_unseen(named)
    if any(one.error for one in results):
        raise click.exceptions.Exit(1)
