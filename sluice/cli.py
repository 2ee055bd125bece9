"""The commands. Each is a thin function in its own module, which is imported when it runs, so that help is instant."""

import errno
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from sluice import __version__, terminal

_COMMANDS = (
    "up",
    "down",
    "status",
    "console",
    "env",
    "preview",
    "outputs",
    "put",
    "outbox",
    "import",
    "imports",
    "rejects",
    "report",
    "failures",
    "check",
    "mappings",
    "logs",
    "alarms",
    "demo",
    "smoke",
)
_MODULES = {"import": "import_"}
_UNCUT = 1000
_EXIT_CODES = (
    "Exit codes: 0 on success; 1 if something failed, which stderr or the text above explains; 2 for wrong arguments; "
    "130 after Ctrl-C."
)


class Interrupted(click.ClickException):
    """Ctrl-C, with the exit code that shells use for it."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("Interrupted.")

    def show(self, file: Any = None) -> None:  # noqa: ARG002 the signature is click's
        """Prints it, without the prefix `Error:`."""
        terminal.note(self.message)


@contextmanager
def _errors_as_text() -> Iterator[None]:
    """Turns every error that ends a command into one line of click's.

    Messages are made safe to print: they may contain file names or answers of AWS.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        terminal.drop_unwritten()
        where = f" ({error.filename})" if error.filename else ""
        text = terminal.printable(f"{error.strerror}{where}: make room, then run it again")
        raise click.ClickException(text) from None
    except click.ClickException as error:
        text = terminal.error_text(error)
        error.format_message = lambda: text
        raise


class _Commands(click.Group):
    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _errors_as_text():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_as_text():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 the signature is click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 the signature is click's
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"sluice.commands.{_MODULES.get(cmd_name, cmd_name)}").command
        command.epilog = command.epilog or _EXIT_CODES
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands, each with its whole first sentence: click's own list cuts it."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, command.get_short_help_str(_UNCUT)) for name, command in commands.items() if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_Commands, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="sluice %(version)s")
def cli() -> None:
    """Sluice's pipelines, running on this machine or in AWS.

    \b
    Examples:
      python -m sluice up --detach
      python -m sluice failures --outputs outputs.json
    """  # noqa: D301 click reads the control character


def main() -> None:
    """Runs a command; a failure is one clear line on stderr and a non-zero exit code."""
    from sluice.state import StateError

    terminal.guard_the_rest()
    try:
        cli(prog_name="python -m sluice")
    except StateError as error:
        message = str(error)
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):
            raise
        message = _message(error)
    else:
        return
    sys.exit(f"Error: {terminal.error_text(click.ClickException(message))}")


def _message(error: Exception) -> str:
    """AWS's refusal; or, for the embedded cloud, which never refuses, that it does not answer."""
    from sluice.target import UNANSWERED

    endpoint = getattr(error, "kwargs", {}).get("endpoint_url") or ""
    return UNANSWERED.format(error) if "//127.0.0.1:" in endpoint else f"AWS: {error}"
