"""`console`: the pages that show a stack at work, in the running cloud or in AWS."""

import webbrowser
from contextlib import suppress
from pathlib import Path

import click

from sluice import interruption, target
from sluice.target import outputs_option
from sluice.terminal import note, say


@click.command("console")
@click.option("--stack", help="The running stack; needed only where several run.")
@outputs_option
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen on 127.0.0.1, with --outputs.")
@click.option("--open", "is_opened", is_flag=True, help="Show it in the browser.")
def command(stack: str | None, outputs_file: Path | None, port: int | None, is_opened: bool) -> None:
    """Print the address of the console, or serve one for a stack in AWS.

    `up` serves the console of what runs here. With --outputs it is served until Ctrl-C; it reads with your AWS
    credentials, and changes nothing.

    \b
    Examples:
      python -m sluice console --open
      python -m sluice console --outputs outputs.json
    """  # noqa: D301 click reads the control character
    target.refuse_both(stack, outputs_file)
    if port and not outputs_file:
        raise click.UsageError("the console of what runs here listens already: leave out --port")
    if outputs_file:
        _serve(outputs_file, port, is_opened=is_opened)
        return
    running = target.chosen(stack)
    if not running.console:
        raise click.ClickException(
            f"stack {running.stack} has no console: `python -m sluice status` shows that of the stack it is beside"
        )
    _show(running.console, is_opened=is_opened)


def _serve(outputs_file: Path, port: int | None, *, is_opened: bool) -> None:
    from sluice.console.console import Console
    from sluice.console.feed import Feed
    from sluice.console.serving import Server
    from sluice.state import StateError, checkout

    stack = target.from_file(outputs_file)
    stack.client("sts").get_caller_identity()  # missing credentials are reported at once
    try:
        program = checkout()
    except StateError:
        program = None
    name = stack.outputs.get("environment") or outputs_file.stem
    try:
        server = Server(Console(name, stack, program, Feed()), port)
    except OSError as error:
        raise click.ClickException(f"port {port} is taken ({error.strerror}): choose another with --port") from None
    interruption.listen()
    with server, suppress(KeyboardInterrupt):  # it is how this ends
        _show(server.address, is_opened=is_opened)
        note("Ctrl-C ends it.")
        interruption.asked.wait()


def _show(address: str, *, is_opened: bool) -> None:
    say(address)
    if is_opened and not webbrowser.open(address):
        note("There is no browser here: open the address in one on this machine.")
