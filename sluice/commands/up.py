"""`up`: starts the embedded cloud, deploys a stack into it and keeps it running."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice import crashes, interruption, state
from sluice.terminal import Listing, note, plural, say, status

if TYPE_CHECKING:
    from sluice.cloud.embedded import EmbeddedCloud
    from sluice.cloud.program.recording import Resource


@click.command("up")
@click.option("--stack", default="local", show_default=True, help="Any stack with a file Pulumi.<stack>.yaml.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen on 127.0.0.1; a free port by default.")
@click.option("--detach", is_flag=True, help="Return once all is deployed, and leave it running.")
@click.option("--detached", is_flag=True, hidden=True, help="This is the process that --detach leaves running.")
def command(stack: str, port: int | None, detach: bool, detached: bool) -> None:
    """Start the embedded cloud and deploy a stack into it.

    Keeps running and shows what happens until Ctrl-C; then everything is stopped and removed.
    """
    interruption.listen()
    root, started = state.checkout(), time.monotonic()
    for line in [] if detached else crashes.shown_once(root, stack):
        note(*line)
    if detach:
        from sluice import detaching

        _show_ready(detaching.start(root, stack, port), started)
        return
    try:
        _run(root, stack, port, started, detached=detached)
    except KeyboardInterrupt:
        say("Stopped; nothing is left running.")


def _run(root: Path, stack: str, port: int | None, started: float, *, detached: bool) -> None:
    from sluice import detaching
    from sluice.cloud.embedded import EmbeddedCloud
    from sluice.cloud.emulator.server import ServerError
    from sluice.cloud.program.execution import ProgramError, configuration
    from sluice.cloud.resources.deployment import DeploymentError
    from sluice.events import Display
    from sluice.watching import watch

    release = detaching.watch_starter() if detached else None
    try:
        configuration(stack, root)  # a stack that does not exist makes no folder
        with (
            crashes.left_behind(root, stack) as crash,
            state.hold(root, stack) as held,
            EmbeddedCloud(held.place, port, Display().show, [held.lock]) as cloud,
        ):
            ready = _deploy(cloud, root, stack)
            state.publish(root, ready)
            if release:
                release(held.place)
                crash.armed = True
            _show_ready(ready, started)
            watch(lambda: cloud.server.alive, ready)
            raise click.ClickException("the emulator ended on its own; nothing runs any more")
    except ProgramError as error:
        raise Listing(str(error)) from None
    except (DeploymentError, ServerError) as error:
        raise click.ClickException(str(error)) from None


def _deploy(cloud: "EmbeddedCloud", root: Path, stack: str) -> state.Running:
    with status(f"Deploying {stack} ...") as show:
        created = 0

        def count(resource: "Resource") -> None:
            nonlocal created
            created += 1
            show(f"Deploying {stack}: {plural(created, 'resource')}, {resource.name}")

        deployed = cloud.deploy(stack, root=root, on_created=count)
    return state.Running(
        stack, os.getpid(), cloud.endpoint, deployed.cloud.region, deployed.outputs, deployed.cloud.token
    )


def _show_ready(ready: state.Running, started: float) -> None:
    """Says what runs, where, and what to do next."""
    say("Stack ", (ready.stack, "bold"), f" runs, after {time.monotonic() - started:.1f} s.")
    say(f"  endpoint  {ready.endpoint}  (keys test/test, region {ready.region})")
    say("  outputs   python -m sluice outputs")
    say("  stop      python -m sluice down")
