"""`status`: what runs in this checkout, with its functions and pipelines."""

from collections.abc import Sequence
from typing import Any

import click

from sluice import state
from sluice.aws_errors import AWS_ERRORS
from sluice.mappings import lag_text
from sluice.status import ENABLED, Status, status
from sluice.target import UNANSWERED, of
from sluice.terminal import Part, note, print_json, print_table, say

_FACTS = ("since", "endpoint", "region", "program", "console")


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array of stacks.")
def command(as_json: bool) -> None:
    """Show what runs in this checkout.

    Since when and where, its functions with their errors, its pipelines with their lag.

    Exits with 1 if nothing runs, or if it does not answer.

    \b
    Examples:
      python -m sluice status
      python -m sluice status --json
    """  # noqa: D301 click reads the control character
    root = state.checkout()
    stacks = [one for host in state.running(root) for one in (host, *state.beside(root, host.stack))]
    if not stacks:
        raise click.ClickException("nothing runs in this checkout: start it with `python -m sluice up`")
    told, silent = [], []
    for running in stacks:
        found = _status(running, silent)
        told.append({**_facts(running), **(found.document() if found else {})})
        if not as_json:
            _show(running, found)
    if as_json:
        print_json(told)
    if silent:
        raise click.ClickException("; ".join(dict.fromkeys(silent)))


def _status(running: state.Running, silent: list[str]) -> Status | None:
    """The status of a stack; one that does not answer does not stop the others."""
    try:
        return status(of(running))
    except (*AWS_ERRORS, click.ClickException) as error:
        silent.append(str(error) if isinstance(error, click.ClickException) else UNANSWERED.format(error))
        return None


def _facts(running: state.Running) -> dict[str, Any]:
    return {"stack": running.stack, "pid": running.pid, **{name: getattr(running, name) for name in _FACTS}}


def _show(running: state.Running, found: Status | None) -> None:
    say("Stack ", (running.stack, "bold"), f" runs since {running.since}.")
    say(f"  endpoint  {running.endpoint}  (keys test/test, region {running.region})")
    if running.console:
        say(f"  console   {running.console}")
    if running.program:
        say(f"  program   {running.program}")
    if not found:
        return
    functions = [(each.function, f"{each.invocations:,}", _count(each.errors)) for each in found.functions]
    _table(("function", "invocations", "errors"), functions)
    rows = [
        (
            each.pipeline,
            (each.state, "" if each.state == ENABLED else "red"),
            lag_text(each.lag_ms),
            _number(each.backlog),
            _count(each.dead_letters),
        )
        for each in found.pipelines
    ]
    _table(("pipeline", "state", "lag", "backlog", "dead letters"), rows)
    if any(each.errors for each in found.functions):
        note("`python -m sluice logs` shows the errors.")


def _table(header: Sequence[Part], rows: Sequence[Sequence[Part]]) -> None:
    if rows:
        say()
        print_table(header, *rows)


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _count(count: int | None) -> Part:
    """A number that should be zero."""
    return (_number(count), "red" if count else "")
