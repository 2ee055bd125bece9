"""`down`: stops what `up` started."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import click

from sluice import state
from sluice.console import out

_PATIENCE_SECONDS = 30


@click.command("down")
@click.option("--stack", help="Stop only this one; all that run by default.")
def command(stack: str | None) -> None:
    """Stop the embedded cloud, free its port and remove its temporary files."""
    root = state.checkout()
    held = sorted(path.parent for path in (root / ".sluice").glob("*/lock"))
    places = [place for place in held if stack in (None, place.name)]
    if not places:
        raise click.ClickException(f"{f'stack {stack} does not run' if stack else 'nothing runs'} in this checkout")
    for place in places:
        stopped = _stop(place)
        out.print(f"Stack {place.name} {'stopped' if stopped else 'was not running; removed what a crash had left'}.")


def _stop(place: Path) -> bool:
    """Ends the process that holds a folder and returns when it is gone; False where there is none."""
    pid = state.holder(place)
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _PATIENCE_SECONDS
        while state.holder(place) and time.monotonic() < end:
            time.sleep(0.05)
        if state.holder(place):
            raise click.ClickException(f"process {pid} of stack {place.name} does not end: kill {pid} ends it")
    state.remove(place)
    return bool(pid)
