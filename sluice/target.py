"""What a command works on: a stack in the running embedded cloud, or one in AWS by its outputs."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sluice import state


class Target:
    """A deployed stack: its outputs, and clients for where it is."""

    def __init__(self, outputs: dict[str, Any], endpoint: str | None = None) -> None:
        self.outputs, self.endpoint = outputs, endpoint

    def __getitem__(self, output: str) -> Any:
        """A stack output.

        Raises:
            click.ClickException: the stack does not have it.
        """
        if output not in self.outputs:
            raise click.ClickException(f"the stack has no output {output}; it has {', '.join(sorted(self.outputs))}")
        return self.outputs[output]

    @functools.cache  # noqa: B019 a command has one target, for as long as it runs
    def client(self, service: str) -> Any:
        """A boto3 client, in the stack's region: with the keys of the embedded cloud, or the ordinary AWS credentials."""
        import boto3

        session: Any = boto3.Session("test", "test") if self.endpoint else boto3.Session()
        return session.client(service, region_name=self["region"], endpoint_url=self.endpoint)


def targeted(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options `--stack` and `--outputs`, and a `Target` for them as its first argument."""

    @click.option("--stack", help="The running stack; needed only where several run.")
    @click.option(
        "--outputs",
        "outputs_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A stack in AWS instead: a file with what `pulumi stack output --json` prints.",
    )
    @functools.wraps(command)
    def with_target(stack: str | None, outputs_file: Path | None, **options: Any) -> None:
        command(from_file(outputs_file) if outputs_file else running(stack), **options)

    return with_target


def from_file(path: Path) -> Target:
    """A stack in AWS.

    Raises:
        click.ClickException: the file holds no stack outputs.
    """
    try:
        outputs = json.loads(path.read_text())
    except ValueError as error:
        raise click.ClickException(
            f"{path} holds no JSON ({error}): write it with `pulumi stack output --json`"
        ) from None
    if not isinstance(outputs, dict) or "region" not in outputs:
        raise click.ClickException(
            f"{path} holds no outputs of a Sluice stack: write it with `pulumi stack output --json`"
        )
    return Target(outputs)


def running(stack: str | None = None) -> Target:
    """A stack in the running embedded cloud.

    Raises:
        click.ClickException: nothing runs, or it is not clear which stack is meant.
    """
    found = {one.stack: one for one in state.running(state.checkout())}
    if not found:
        raise click.ClickException("nothing runs in this checkout: start it with `python -m sluice up`")
    if stack is None and len(found) > 1:
        raise click.ClickException(f"several stacks run: choose one with --stack, of {', '.join(found)}")
    chosen = stack or next(iter(found))
    if chosen not in found:
        raise click.ClickException(f"stack {chosen} does not run; {', '.join(found)} does")
    return Target(found[chosen].outputs, found[chosen].endpoint)
