"""The pipelines of a stack, by its outputs, and the option that names one of several."""

from collections.abc import Callable
from typing import Any

import click

from sluice.target import Target

KINDS = {"streams": "stream", "imports": "import", "reports": "report"}
"""Section of the outputs -> the name of one pipeline's kind."""

pipeline_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--pipeline", "pipeline_name", metavar="NAME", help="Which pipeline; needed only where the stack has several."
)
"""The option `--pipeline`."""


class Pipeline:
    """One pipeline of a stack: its outputs, and clients for where it is."""

    def __init__(self, target: Target, section: str, name: str) -> None:
        self.target, self.section, self.name = target, section, name
        self._outputs: dict[str, Any] = target[section][name]

    def __getitem__(self, output: str) -> Any:
        """One output, such as `function_name`; None if it is null, as for the notifier of a stream without mails."""
        return self._outputs.get(output)

    def __str__(self) -> str:
        """Its kind and name, as in tags: `stream/users`."""
        return f"{KINDS[self.section]}/{self.name}"

    def client(self, service: str) -> Any:
        """A boto3 client, see `Target.client`."""
        return self.target.client(service)


def pipelines(target: Target, section: str) -> list[Pipeline]:
    """Returns the pipelines of a kind, `streams`, `imports` or `reports`; none if a program exports none."""
    return [Pipeline(target, section, name) for name in target.outputs.get(section) or {}]


def stream_tables(target: Target) -> list[dict[str, Any]]:
    """Returns the tables of all streams of a stack, each as in its outputs."""
    return [table for stream in pipelines(target, "streams") for table in stream["tables"]]


def chosen(target: Target, section: str, name: str | None = None) -> Pipeline:
    """Returns the pipeline of that name, or the only one of its kind.

    Raises:
        click.ClickException: There is none, or it is not clear which is meant.
    """
    there, kind = {each.name: each for each in pipelines(target, section)}, KINDS[section]
    if not there:
        raise click.ClickException(f"the stack has no {kind}: add one below {section} in pipelines.yaml")
    if name is None and len(there) > 1:
        raise click.ClickException(f"the stack has several {section}: choose one with --pipeline, of {_listed(there)}")
    if name is not None and name not in there:
        raise click.ClickException(f"the stack has no {kind} {name}; it has {_listed(there)}")
    return there[name or next(iter(there))]


def several(target: Target, section: str, name: str | None = None) -> list[Pipeline]:
    """Returns the pipeline of that name, or all of its kind.

    Raises:
        click.ClickException: There is none of that name.
    """
    return [chosen(target, section, name)] if name else pipelines(target, section)


def _listed(there: dict[str, Pipeline]) -> str:
    return ", ".join(there)
