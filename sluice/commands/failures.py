"""`failures`: what failed for good, and sending it again."""

from itertools import chain

import click

from sluice.console import plural, print_json, say
from sluice.dead_letters import import_failures, redrive_imports, redrive_reports, report_failures
from sluice.failures import UNREADABLE, Failure, Redriven, redrive_stream, stream_failures
from sluice.function_errors import last_errors
from sluice.target import Target, targeted

_LISTED = (stream_failures, import_failures, report_failures)
_REDRIVEN = (redrive_stream, redrive_imports, redrive_reports)


@click.command("failures")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@click.option("--redrive", is_flag=True, help="Send each to its function again; what is taken is removed.")
@targeted
def command(target: Target, as_json: bool, redrive: bool) -> None:
    """Show what is in dead letter queues and failure prefixes, and send it again.

    With --redrive it exits with 1 where something is left.
    """
    if redrive:
        _redrive(target, as_json)
        return
    found = [failure for listed in _LISTED for failure in listed(target)]
    batches = [failure for failure in found if failure.pipeline == "stream" and failure.reason != UNREADABLE]
    errors = dict(zip(batches, last_errors(target, batches), strict=True))
    if as_json:
        print_json([{**failure._asdict(), "error": errors.get(failure, "")} for failure in found])
        return
    for failure in found:
        _show(failure)
        if errors.get(failure):
            say(f"    {errors[failure]}")
    say(plural(len(found), "failure") + (": --redrive sends them again." if found else "."))


def _show(failure: Failure) -> None:
    say(f"{failure.at}  {failure.function}  {plural(failure.records, 'record')}  {failure.reason}")
    say(f"    {failure.where}")


def _redrive(target: Target, as_json: bool) -> None:
    results: list[Redriven] = []
    for redriven in chain.from_iterable(redrive(target) for redrive in _REDRIVEN):
        results.append(redriven)
        if not as_json:
            _show(redriven.failure)
            say(f"    {_outcome(redriven)}")
    home = sum(one.is_home for one in results)
    if as_json:
        print_json([{**one.failure._asdict(), "done": one.done, "left": one.left} for one in results])
    else:
        say(f"{plural(home, 'failure')} taken, {len(results) - home} left.")
    if home < len(results):
        raise click.exceptions.Exit(1)


def _outcome(redriven: Redriven) -> str:
    if redriven.failure.reason == UNREADABLE:
        return "not sent: this object is no failure of a stream"
    if redriven.failure.pipeline == "import":
        return "put back into the import queue; what fails again comes back here"
    left = f", {redriven.left} failed again" if redriven.left else ""
    return f"{plural(redriven.done, 'record')} taken{left}"
