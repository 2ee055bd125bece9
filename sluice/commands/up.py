"""`up`: starts the embedded cloud, deploys a stack into it and keeps it running."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from sluice import state
from sluice.console import err, out, plural

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud
    from local.streams.events import Event


@click.command("up")
@click.option("--stack", default="local", show_default=True, help="Any stack with a file Pulumi.<stack>.yaml.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen on 127.0.0.1; a free port by default.")
@click.option("--detach", is_flag=True, help="Return once all is deployed, and leave it running.")
def command(stack: str, port: int | None, detach: bool) -> None:
    """Start the embedded cloud and deploy a stack into it.

    Keeps running and shows what happens until Ctrl-C; then everything is stopped and removed.
    """
    root = state.checkout()
    if detach:
        _detach(root, stack, port)
    else:
        _run(root, stack, port)


def _run(root: Path, stack: str, port: int | None) -> None:
    from local.cloud import EmbeddedCloud
    from local.deployment import DeploymentError
    from local.program import ProgramError
    from local.server import ServerError

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with state.hold(root, stack) as place, EmbeddedCloud(place, port, show) as cloud:
            _deploy(cloud, root, stack)
            while cloud.server.alive:
                time.sleep(0.5)
            raise click.ClickException("the emulator ended on its own; nothing runs any more")
    except (DeploymentError, ProgramError, ServerError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        out.print("Stopped; nothing is left running.")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what follows is the clean-up
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _deploy(cloud: "EmbeddedCloud", root: Path, stack: str) -> None:
    from local.recording import Resource

    started = time.monotonic()
    with err.status(f"Deploying {stack} ...") as status:
        created: list[Resource] = []

        def count(resource: Resource) -> None:
            created.append(resource)
            status.update(f"Deploying {stack}: {plural(len(created), 'resource')}, {resource.name}")

        made = cloud.deploy(stack, root=root, on_created=count)
    state.publish(root, state.Running(stack, os.getpid(), cloud.endpoint, made.cloud.region, made.outputs))
    seconds = time.monotonic() - started
    out.print(f"Stack [bold]{stack}[/] runs: {plural(len(created), 'resource')} in {seconds:.1f} s.")
    out.print(f"  endpoint  {cloud.endpoint}  (keys test/test, region {made.cloud.region})")
    out.print("  outputs   python -m sluice outputs")
    out.print("  stop      Ctrl-C or python -m sluice down")


def show(event: "Event") -> None:
    """Prints what happened on a stream."""
    from local.streams import events

    match event:
        case events.Invoked(records=records, seconds=seconds, error=None, failed=0):
            told = f"[green]{plural(records, 'record')}[/] in {seconds * 1000:.0f} ms"
        case events.Invoked(records=records, error=error, failed=failed, retry=retry):
            told = f"[red]{failed} of {plural(records, 'record')} failed[/] (attempt {retry + 1}): {error or 'partial failure'}"
        case events.Bisected(records=records, parts=parts):
            told = f"[yellow]{plural(records, 'record')} cut into {' + '.join(map(str, parts))}[/]"
        case events.Discarded(records=records, condition=condition, destination=destination):
            told = f"[red]{plural(records, 'record')} given up ({condition})[/] -> {destination}"
        case events.Delayed(operation=operation, error=error, seconds=seconds):
            told = f"[yellow]{operation} again in {seconds:.1f} s[/]: {error}"
    out.print(f"{datetime.now():%H:%M:%S}  {event.function}  {told}")


def _detach(root: Path, stack: str, port: int | None) -> None:
    place = state.place_of(root, stack)
    if state.holder(place):
        raise state.StateError(f"stack {stack} runs already in this checkout: stop it with `python -m sluice down`")
    place.mkdir(parents=True, exist_ok=True)
    arguments = ["--stack", stack, *(["--port", str(port)] if port else [])]
    with (place / "up.out").open("w+") as told, (place / "up.err").open("w+") as failed:
        child = subprocess.Popen(
            [sys.executable, "-m", "sluice", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=failed,
            start_new_session=True,
        )
        try:
            _wait_until_ready(root, child)
        except BaseException:
            child.terminate()
            child.wait()
            failed.seek(0)
            err.print(failed.read().strip(), markup=False)
            if not state.holder(place):
                state.remove(place)
            raise
        told.seek(0)
        out.print(
            told.read().strip().removesuffix("Ctrl-C or python -m sluice down") + "python -m sluice down",
            markup=False,
        )


def _wait_until_ready(root: Path, child: "subprocess.Popen[bytes]") -> None:
    with err.status("Starting ..."):
        while not any(one.pid == child.pid for one in state.running(root)):
            if child.poll() is not None:
                raise click.exceptions.Exit(1)
            time.sleep(0.05)
