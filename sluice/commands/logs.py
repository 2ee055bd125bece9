"""`logs`: the functions' logs."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress

import click

from sluice import interruption
from sluice.functions import functions, named
from sluice.log_entries import Entry
from sluice.logs import Log, lateness
from sluice.target import Target, targeted
from sluice.terminal import note, plural, print_json, print_json_line, say_hanging

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SECONDS = len("2026-11-21T12:00:00")
_UNPACKED = re.compile(r'File "[^"]*/ministack-lambda-[^/"]+/(?:code/)?')
"""Where the embedded cloud unpacks a function: without it, frames name the files of the checkout."""
_PAUSE_SECONDS = {True: 0.5, False: 3.0}
"""Between two reads, in the embedded cloud and in AWS."""


def _seconds(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", value)
    if not match:
        raise click.BadParameter(f"{value!r} is not a duration: write 30s, 10m, 2h or 7d")
    return int(match[1]) * _UNITS[match[2]]


@click.command("logs")
@click.argument("function", required=False)
@click.option("-f", "--follow", is_flag=True, help="Continue with new lines until Ctrl-C.")
@click.option("--since", callback=_seconds, default="1h", show_default=True, help="How far back: 30s, 10m, 2h, 7d.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array; with --follow one object a line.")
@targeted
def command(target: Target, function: str | None, follow: bool, since: int, as_json: bool) -> None:
    """Show what FUNCTION did, or all of them.

    One row for each invocation, errors with their traceback.

    FUNCTION is a name such as users/notifier, or a physical name.

    \b
    Examples:
      python -m sluice logs users/notifier --since 10m
      python -m sluice logs --follow
    """  # noqa: D301 click reads the control character
    chosen = [named(target, function)] if function else functions(target)
    if not chosen:
        raise click.ClickException("the stack has no pipelines, so that it is not known which functions are its own")
    here = target.endpoint is not None
    start = int((time.time() - since) * 1000)
    read = [Log(target, each, start, lateness(target)) for each in chosen]
    width = max(len(each.short) for each in chosen)
    if follow:
        with suppress(KeyboardInterrupt):  # it is how this ends
            for entry in _followed(read, _PAUSE_SECONDS[here]):
                print_json_line(entry.document()) if as_json else show(entry, width)
        return
    entries = _news(read)
    if as_json:
        print_json([entry.document() for entry in entries])
        return
    for entry in entries:
        show(entry, width)
    errors = sum(entry.kind == "error" for entry in entries)
    note(
        f"{plural(len(entries), 'line')}, {plural(errors, 'error')}."
        + ("" if entries else " --since looks further back.")
    )


def _followed(logs: list[Log], pause: float) -> Iterator[Entry]:
    interruption.listen()
    while not interruption.asked.wait(pause):
        yield from _news(logs)


def _news(logs: list[Log]) -> list[Entry]:
    return sorted((entry for log in logs for entry in log.read()), key=lambda entry: entry.at)


def show(entry: Entry, width: int = 0) -> None:
    """Prints an entry: a row, and below an error its traceback."""
    start = [f"{entry.at[:_SECONDS]}Z  {entry.function:{width}}  "]
    if entry.kind == "summary":
        say_hanging(start, entry.summary_text)
        return
    say_hanging(start, (entry.text, "red" if entry.kind == "error" else "dim"))
    for line in entry.traceback:
        code = line.lstrip()
        say_hanging([f"    {line[: -len(code)]}" if code else ""], _UNPACKED.sub('File "', code))
