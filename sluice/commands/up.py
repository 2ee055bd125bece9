"""`up`: starts the embedded cloud, deploys a stack into it and keeps it running."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sluice import crashes, interruption, state
from sluice.terminal import Listing, is_terminal, note, plural, say, status

if TYPE_CHECKING:
    from sluice.cloud.embedded import EmbeddedCloud, Stack
    from sluice.cloud.program.graph import Resource
    from sluice.console.console import Console
    from sluice.console.feed import Feed
    from sluice.reloading import Reloader
    from sluice.watching import Watcher


EMPTY = "empty"
"""The name of a cloud without a stack."""


@click.command(
    "up",
    epilog="Exit codes: 0 if it runs (--detach, --beside) or was stopped by Ctrl-C or `down`; 1 if it could not start "
    "or ended on its own; 2 for wrong arguments.",
)
@click.option("--stack", default="local", show_default=True, help="Any stack with a file Pulumi.<stack>.yaml.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port on 127.0.0.1; by default each stack has its own.")
@click.option("--detach", is_flag=True, help="Return when all is deployed, and leave it running.")
@click.option("--detached", is_flag=True, hidden=True, help="This is the process that --detach leaves running.")
@click.option(
    "--program",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="The folder of any Pulumi program in Python; by default the current one.",
)
@click.option("--beside", metavar="STACK", help="Deploy into the cloud of this running stack, and return.")
@click.option("--empty", is_flag=True, help="Start the cloud without a program.")
@click.option(
    "--watch/--no-watch",
    default=None,
    help="Deploy what is saved in the program's folder at once; the default on a terminal, unless detached.",
)
def command(
    stack: str,
    port: int | None,
    detach: bool,
    detached: bool,
    program: Path | None,
    beside: str | None,
    empty: bool,
    watch: bool | None,
) -> None:
    """Start the embedded cloud and deploy a stack into it.

    Runs and shows what happens until Ctrl-C; then everything is stopped and removed. A handler, template, setting
    or program that you save while it runs is live at once; data, names and port stay.

    \b
    Examples:
      python -m sluice up --detach
      python -m sluice up --stack dev --port 4566
    """  # noqa: D301 click reads the control character
    given = click.get_current_context().get_parameter_source
    if empty and (program or beside or given("stack") == ParameterSource.COMMANDLINE):
        raise click.UsageError("--empty starts a cloud without a program: leave out --stack, --program and --beside")
    if beside and (port or detach):
        raise click.UsageError("--beside uses the cloud that runs: leave out --port and --detach")
    interruption.listen()
    started = time.monotonic()
    if beside:
        _show_ready(_put_beside(program or state.checkout(), stack, beside), started)
        return
    root, stack = _place(program, empty=empty), EMPTY if empty else stack
    for line in [] if detached else crashes.shown_once(root, stack):
        note(*line)
    if detach:
        from sluice import detaching

        arguments = {"--port": port, "--program": program, "--stack": None if empty else stack}
        options = [str(part) for option, value in arguments.items() if value for part in (option, value)]
        flags = [flag for flag, given in {"--empty": empty, "--watch": watch}.items() if given]
        _show_ready(detaching.start(root, stack, [*options, *flags]), started)
        return
    try:
        watching = is_terminal() if watch is None else watch
        _run(root, None if empty else program or root, stack, port, started, detached=detached, watching=watching)
    except KeyboardInterrupt:
        say("Stopped; nothing is left running.")


def _place(program: Path | None, *, empty: bool) -> Path:
    """Where other commands look for what runs: the current project, else the program's folder, or this folder."""
    try:
        return state.checkout()
    except state.StateError:
        if program or empty:
            return program or Path.cwd()
        raise


def _run(
    root: Path,
    program: Path | None,
    stack: str,
    port: int | None,
    started: float,
    *,
    detached: bool,
    watching: bool,
) -> None:
    from sluice import detaching
    from sluice.cloud.embedded import EmbeddedCloud
    from sluice.cloud.emulator.server import ServerError, usual_port
    from sluice.cloud.program.execution import configuration
    from sluice.console.feed import Feed
    from sluice.events import Display
    from sluice.watching import Watcher, watch

    feed = Feed(Display().show)
    release = detaching.watch_starter() if detached else None
    with _clear_errors():
        if program:
            configuration(stack, program)  # a stack that does not exist makes no folder
        try:
            with (
                crashes.left_behind(root, stack) as crash,
                state.hold(root, stack) as held,
                EmbeddedCloud(held.place, port or usual_port(str(held.place)), feed.tell, [held.lock]) as cloud,
                _reloading(cloud, program if watching else None) as reloader,
                ExitStack() as consoles,
            ):
                ready = _deploy(cloud, program, stack)
                console, address = _serve_console(consoles, ready, feed, usual_port(f"{held.place} console"))
                ready = ready._replace(console=address)
                state.publish(root, ready)
                if release:
                    release(held.place)
                    crash.armed = True
                _show_ready(ready, started, watched=reloader is not None)
                watcher = Watcher(ready)
                if reloader and program:
                    reloader.follow(
                        cloud.stacks[0], lambda stack: _follow(cloud, program, root, watcher, console, stack)
                    )
                watch(lambda: cloud.server.alive, watcher)
                raise click.ClickException("the emulator ended on its own; nothing is running")
        except ServerError as error:
            raise click.ClickException(str(error)) from None


def _serve_console(consoles: ExitStack, ready: state.Running, feed: "Feed", port: int | None) -> tuple["Console", str]:
    """Serves the console for as long as the cloud runs; returns it and its first address."""
    from sluice.console.console import Console
    from sluice.console.serving import Server
    from sluice.target import of

    console = Console(ready.stack, of(ready), Path(ready.program) if ready.program else None, feed)
    return console, consoles.enter_context(Server(console, port)).address


@contextmanager
def _reloading(cloud: "EmbeddedCloud", program: Path | None) -> "Iterator[Reloader | None]":
    """Watches a program's folder for saved files, from before the program runs; yields None without a program."""
    if not program:
        yield None
        return
    from sluice.reloading import Reloader

    reloader = Reloader(cloud, program)
    reloader.start()
    try:
        yield reloader
    finally:
        reloader.stop()


def _follow(
    cloud: "EmbeddedCloud", program: Path, root: Path, watcher: "Watcher", console: "Console", stack: "Stack"
) -> None:
    """Tells other commands and the console that a stack was changed in place."""
    from sluice.target import of

    ready = _running(cloud, program, stack)._replace(console=watcher.ready.console)
    state.publish(root, ready)
    watcher.follow(ready)
    console.follow(of(ready))


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turns errors of a program into errors of the command."""
    from sluice.cloud.program.execution import ProgramError
    from sluice.cloud.resources.deployment import DeploymentError

    try:
        yield
    except ProgramError as error:
        raise Listing(str(error)) from None
    except DeploymentError as error:
        raise click.ClickException(str(error)) from None


def _deploy(cloud: "EmbeddedCloud", program: Path | None, stack: str) -> state.Running:
    from sluice.cloud.program.project import DEFAULT_REGION

    if program is None:
        return state.Running(
            stack, os.getpid(), cloud.endpoint, DEFAULT_REGION, {}, cloud.server.token, since=cloud.since
        )
    with _progress(stack) as count:
        deployed = cloud.deploy(stack, root=program, on_created=count)
    return _running(cloud, program, deployed)


def _running(cloud: "EmbeddedCloud", program: Path, stack: "Stack") -> state.Running:
    from sluice.cloud.program.execution import full_name

    name, at, pid = full_name(stack.name, program), stack.cloud, os.getpid()
    where = (cloud.endpoint, at.region, stack.outputs, at.token)
    return state.Running(stack.name, pid, *where, name, cloud.since, str(program))


def _put_beside(program: Path, stack: str, host: str) -> state.Running:
    from sluice.beside import put

    with _clear_errors(), _progress(stack) as count:
        return put(program, stack, host, count)


@contextmanager
def _progress(stack: str) -> "Iterator[Callable[[Resource], None]]":
    with status(f"Deploying {stack} ...") as show:
        created = 0

        def count(resource: "Resource") -> None:
            nonlocal created
            created += 1
            show(f"Deploying {stack}: {plural(created, 'resource')}, {resource.name}")

        yield count


def _show_ready(ready: state.Running, started: float, *, watched: bool = False) -> None:
    """Says what runs, where, and what to do next."""
    what = ("Stack ", (ready.stack, "bold")) if ready.full_name else ("A cloud without a program",)
    say(*what, f" runs, after {time.monotonic() - started:.1f} s.")
    say(f"  endpoint  {ready.endpoint}  (keys test/test, region {ready.region})")
    which = f" --stack {ready.stack}" if "/" in ready.stack else ""
    if ready.console:
        say(f"  console   {ready.console}")
    say(f'  use it    eval "$(python -m sluice env{which})"')
    if ready.full_name:
        say(f"  outputs   python -m sluice outputs{which}")
    say("  stop      python -m sluice down")
    if watched:
        say("What you save in the program's folder is live at once.")
