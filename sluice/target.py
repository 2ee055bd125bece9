"""The stack that a command works on: one in the running embedded cloud, or one in AWS by its outputs."""

import functools
import json
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sluice import state

LONGEST_INVOCATION_SECONDS = 900
_PATIENCE_SECONDS = 10
"""The embedded cloud answers at once, unless it is frozen."""
UNANSWERED = (
    "the embedded cloud does not answer ({}): end it with `python -m sluice down`, "
    "and start a new one with `python -m sluice up`"
)


class Target:
    """A deployed stack: its outputs, and clients for where it is.

    Attributes:
        options: the options that make a command use it, such as ` --outputs outputs.json`; empty if none are needed.
    """

    options = ""

    def __init__(self, outputs: dict[str, Any], endpoint: str | None = None, region: str = "", token: str = "") -> None:
        """Prepares it.

        Args:
            outputs: its outputs.
            endpoint: the embedded cloud's; None for AWS.
            region: its region, if its outputs do not have it.
            token: the token for the embedded cloud's own paths.
        """
        self.outputs, self.endpoint, self._region, self.token = outputs, endpoint, region, token
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, output: str) -> Any:
        """A stack output.

        Raises:
            click.ClickException: the stack does not have it.
        """
        if output not in self.outputs:
            raise click.ClickException(f"the stack has no output {output}; it has {', '.join(sorted(self.outputs))}")
        return self.outputs[output]

    @property
    def region(self) -> str:
        """Its region."""
        return self._region or self["region"]

    def client(self, service: str) -> Any:
        """A boto3 client, in the stack's region: root of the embedded cloud, or with the ordinary AWS credentials."""
        with self._lock:  # a session makes one client at a time
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def greet(self) -> None:
        """Checks that the embedded cloud answers: an invocation may take minutes, for which a command would wait.

        Raises:
            BotoCoreError: it does not.
        """
        if self.endpoint:
            self.client("sts").get_caller_identity()

    def _make_client(self, service: str) -> Any:
        if self.endpoint:
            from sluice.cloud.emulator.clients import Cloud

            cloud = Cloud(self.endpoint, self.region, patience=_PATIENCE_SECONDS)
            return cloud.invoking() if service == "lambda" else cloud.client(service)
        import boto3
        from botocore.config import Config

        session: Any = boto3.Session()
        # A function may take longer to answer than the SDK waits before it invokes it a second time.
        config = Config(read_timeout=LONGEST_INVOCATION_SECONDS) if service == "lambda" else None
        return session.client(service, region_name=self.region, config=config)


outputs_option = click.option(
    "--outputs",
    "outputs_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A stack in AWS instead: a file with what `pulumi stack output --json` prints.",
)
"""The option `--outputs`."""


def targeted(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options `--stack` and `--outputs`, and a `Target` for them as its first argument."""

    @click.option("--stack", help="The running stack; needed only where several run.")
    @outputs_option
    @functools.wraps(command)
    def with_target(stack: str | None, outputs_file: Path | None, **options: Any) -> None:
        command(chosen_target(stack, outputs_file), **options)

    return with_target


def chosen_target(stack: str | None, outputs_file: Path | None) -> Target:
    """The stack that the options `--stack` and `--outputs` name.

    Raises:
        click.ClickException: they contradict each other, or there is no such stack.
    """
    refuse_both(stack, outputs_file)
    target = from_file(outputs_file) if outputs_file else running(stack)
    given = {"--outputs": outputs_file, "--stack": stack}
    target.options = "".join(f" {name} {shlex.quote(str(value))}" for name, value in given.items() if value)
    return target


def refuse_both(stack: str | None, outputs_file: Path | None) -> None:
    """Checks that at most one of the options `--stack` and `--outputs` was given.

    Raises:
        click.UsageError: both were.
    """
    if stack and outputs_file:
        raise click.UsageError("--stack names a running stack, --outputs a stack in AWS: give one of them")


def from_file(path: Path) -> Target:
    """A stack in AWS.

    Raises:
        click.ClickException: the file holds no stack outputs.
    """
    try:
        outputs = json.loads(path.read_text())
    except ValueError as error:
        raise click.ClickException(
            f"{path} is not JSON ({error}): write it with `pulumi stack output --json`"
        ) from None
    if not isinstance(outputs, dict) or "region" not in outputs:
        raise click.ClickException(
            f"{path} has no outputs of a Sluice stack: write it with `pulumi stack output --json`"
        )
    if "stream_table_name" in outputs:
        raise click.ClickException(
            f"{path} holds outputs of a stack of Sluice 0.1, which have other names: deploy it with this version, and "
            "write the file again"
        )
    return Target(outputs)


def running(stack: str | None = None) -> Target:
    """A stack in the running embedded cloud.

    Raises:
        click.ClickException: nothing runs, or it is not clear which stack is meant.
    """
    stack_state = chosen(stack)
    return of(stack_state)


def of(running: state.Running) -> Target:
    """A stack in a running embedded cloud."""
    return Target(running.outputs, running.endpoint, running.region, running.token)


def chosen(stack: str | None = None) -> state.Running:
    """The state of a running stack: the named one, or the only one.

    Raises:
        click.ClickException: nothing runs, or it is not clear which stack is meant.
    """
    root = state.checkout()
    stacks = {one.stack: one for one in state.running(root)}
    if not stacks:
        raise click.ClickException("nothing runs in this checkout: start it with `python -m sluice up`")
    if stack is None and len(stacks) > 1:
        raise click.ClickException(f"several stacks run: choose one with --stack, of {', '.join(stacks)}")
    name = stack or next(iter(stacks))
    stacks |= {one.stack: one for host in list(stacks) for one in state.beside(root, host)}
    if name not in stacks:
        raise click.ClickException(f"stack {name} does not run in this checkout; running: {', '.join(stacks)}")
    return stacks[name]
