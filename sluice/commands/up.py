"""`up`: starts the embedded cloud, deploys a stack into it and keeps it running."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice import interruption, state
from sluice.console import err, out, plural

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud
    from local.recording import Resource
    from local.schedules import Fired
    from local.streams.events import Event


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
    if detach:
        from sluice import detaching

        _tell(detaching.start(root, stack, port), started)
        return
    try:
        _run(root, stack, port, started, detached=detached)
    except KeyboardInterrupt:
        out.print("Stopped; nothing is left running.")


def _run(root: Path, stack: str, port: int | None, started: float, *, detached: bool) -> None:
    from local.cloud import EmbeddedCloud
    from local.deployment import DeploymentError
    from local.program import ProgramError, configuration
    from local.server import ServerError
    from sluice import detaching
    from sluice.events import show

    happened = threading.Event()

    def tell(event: "Event | Fired") -> None:
        show(event)
        happened.set()

    release = detaching.watch_starter() if detached else None
    try:
        configuration(stack, root)  # a stack that does not exist makes no folder
        with state.hold(root, stack) as held, EmbeddedCloud(held.place, port, tell, [held.lock]) as cloud:
            ready = _deploy(cloud, root, stack)
            state.publish(root, ready)
            if release:
                release(held.place)
            _tell(ready, started)
            _watch(cloud, happened)
            raise click.ClickException("the emulator ended on its own; nothing runs any more")
    except (DeploymentError, ProgramError, ServerError) as error:
        raise click.ClickException(str(error)) from None


def _watch(cloud: "EmbeddedCloud", happened: threading.Event) -> None:
    """Shows mails as they go; returns when the emulator has ended, raises KeyboardInterrupt when asked to end."""
    from local.outbox import mails
    from sluice.events import show_mail

    shown = 0
    while cloud.server.alive:
        if interruption.asked.wait(0.5):
            raise KeyboardInterrupt
        if happened.is_set():  # every look reads the whole outbox
            happened.clear()
            with suppress(OSError):  # the emulator is ending
                sent = mails(cloud.endpoint)
                for mail in sent[shown:]:
                    show_mail(mail)
                shown = len(sent)


def _deploy(cloud: "EmbeddedCloud", root: Path, stack: str) -> state.Running:
    with err.status(f"Deploying {stack} ...") as status:
        created = 0

        def count(resource: "Resource") -> None:
            nonlocal created
            created += 1
            status.update(f"Deploying {stack}: {plural(created, 'resource')}, {resource.name}")

        made = cloud.deploy(stack, root=root, on_created=count)
    return state.Running(stack, os.getpid(), cloud.endpoint, made.cloud.region, made.outputs)


def _tell(ready: state.Running, started: float) -> None:
    """Says what runs, where, and what to do next."""
    out.print(f"Stack [bold]{ready.stack}[/] runs, after {time.monotonic() - started:.1f} s.")
    out.print(f"  endpoint  {ready.endpoint}  (keys test/test, region {ready.region})")
    out.print("  outputs   python -m sluice outputs")
    out.print("  stop      python -m sluice down")
