"""`down`: stops what `up` started."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import click

from sluice import crashes, state
from sluice.terminal import say

_PATIENCE_SECONDS = 30


@click.command("down")
@click.option("--stack", help="Stop only this one; all that run by default.")
def command(stack: str | None) -> None:
    """Stop what `up` started, and remove all that is left of it.

    \b
    Examples:
      python -m sluice down
      python -m sluice down --stack dev
    """  # noqa: D301 click reads the control character
    root = state.checkout()
    places = [place for place in state.places(root) if stack in (None, place.name)]
    reasons = crashes.shown_once(root, stack)
    if not places and not reasons:
        raise click.ClickException(f"{f'stack {stack} does not run' if stack else 'nothing runs'} in this checkout")
    for place in places:
        stopped = _stop(place)
        say(f"Stack {place.name} {'stopped' if stopped else 'was not running; removed what a crash had left'}.")
    for line in reasons + crashes.shown_once(root, stack):  # also crashes while it stopped
        say(*line)


def _stop(place: Path) -> bool:
    """Ends the process that holds a folder and returns when all of it is gone; False if there is none."""
    signalled: int | None = None
    end = time.monotonic() + _PATIENCE_SECONDS
    with state.watched(place) as lock:
        while pid := state.holder_of(lock):
            if pid != signalled:
                with suppress(ProcessLookupError):  # it was killed, and its emulator is about to end
                    os.kill(pid, signal.SIGTERM)
                signalled = pid
            if time.monotonic() > end:
                raise click.ClickException(
                    f"process {pid} of stack {place.name} does not end: end it with kill -9 {pid}"
                )
            time.sleep(0.02)
    state.clear(place)
    return signalled is not None
