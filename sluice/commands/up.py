"""`up`: starts the embedded cloud, deploys a stack into it and keeps it running."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice import interruption, state
from sluice.console import Listing, plural, say, status

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud
    from local.recording import Resource

_PAUSE_SECONDS = 0.5
_LOOKING_SHARE = 10
"""Looking for what happened takes at most one part in so many of the time: each look reads all there is."""


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
        say("Stopped; nothing is left running.")


def _run(root: Path, stack: str, port: int | None, started: float, *, detached: bool) -> None:
    from local.cloud import EmbeddedCloud
    from local.deployment import DeploymentError
    from local.program import ProgramError, configuration
    from local.server import ServerError
    from sluice import detaching
    from sluice.events import show

    release = detaching.watch_starter() if detached else None
    try:
        configuration(stack, root)  # a stack that does not exist makes no folder
        with state.hold(root, stack) as held, EmbeddedCloud(held.place, port, show, [held.lock]) as cloud:
            ready = _deploy(cloud, root, stack)
            state.publish(root, ready)
            if release:
                release(held.place)
            _tell(ready, started)
            _watch(cloud, ready)
            raise click.ClickException("the emulator ended on its own; nothing runs any more")
    except ProgramError as error:
        raise Listing(str(error)) from None
    except (DeploymentError, ServerError) as error:
        raise click.ClickException(str(error)) from None


def _watch(cloud: "EmbeddedCloud", ready: state.Running) -> None:
    """Shows what happens; returns when the emulator has ended, raises KeyboardInterrupt when asked to end."""
    from botocore.exceptions import BotoCoreError, ClientError

    looks, pause = _looks(ready), _PAUSE_SECONDS
    while cloud.server.alive:
        if interruption.asked.wait(pause):
            raise KeyboardInterrupt
        began = time.monotonic()
        with suppress(OSError, BotoCoreError, ClientError):  # the emulator is ending
            next(looks)
        pause = max(_PAUSE_SECONDS, _LOOKING_SHARE * (time.monotonic() - began))


def _looks(ready: state.Running) -> Iterator[None]:
    """Shows at each look the mails that went and the imports that ended since the one before."""
    from local.outbox import mails
    from sluice.events import show_import, show_mail
    from sluice.ledger import RUNNING, entries
    from sluice.target import Target

    target, mailed = Target(ready.outputs, ready.endpoint), 0
    told: set[tuple[str, str, str]] = set()
    while True:
        sent = mails(ready.endpoint, after=mailed)
        for mail in sent:
            show_mail(mail)
        mailed += len(sent)
        for entry in entries(target):
            ended = (entry["object"], entry["version"], entry["finished_at"])
            if entry["status"] != RUNNING and ended not in told:
                told.add(ended)
                show_import(entry)
        yield


def _deploy(cloud: "EmbeddedCloud", root: Path, stack: str) -> state.Running:
    with status(f"Deploying {stack} ...") as tell:
        created = 0

        def count(resource: "Resource") -> None:
            nonlocal created
            created += 1
            tell(f"Deploying {stack}: {plural(created, 'resource')}, {resource.name}")

        made = cloud.deploy(stack, root=root, on_created=count)
    return state.Running(stack, os.getpid(), cloud.endpoint, made.cloud.region, made.outputs)


def _tell(ready: state.Running, started: float) -> None:
    """Says what runs, where, and what to do next."""
    say("Stack ", (ready.stack, "bold"), f" runs, after {time.monotonic() - started:.1f} s.")
    say(f"  endpoint  {ready.endpoint}  (keys test/test, region {ready.region})")
    say("  outputs   python -m sluice outputs")
    say("  stop      python -m sluice down")
