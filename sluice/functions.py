"""The functions of a stack, by their short names: `users/notifier`."""

from typing import NamedTuple

import click

from sluice.pipelines import KINDS, Pipeline, pipelines
from sluice.target import Target

_ROLES = {
    "streams": {"archiver": "archiver_function_name", "notifier": "notifier_function_name"},
    "imports": {"importer": "function_name"},
    "reports": {"reporter": "function_name"},
}
"""Section of the outputs -> role of a function -> the output with its name."""


class Function(NamedTuple):
    """A function of a pipeline."""

    pipeline: Pipeline
    role: str
    """Its role there: `archiver`, `notifier`, `importer` or `reporter`."""
    name: str
    """Its physical name."""

    @property
    def short(self) -> str:
        """Its short name: `users/notifier`."""
        return f"{self.pipeline.name}/{self.role}"


def functions(target: Target) -> list[Function]:
    """Returns the functions of a stack's pipelines; none if a program exports no pipelines."""
    return [
        Function(pipeline, role, pipeline[output])
        for section in KINDS
        for pipeline in pipelines(target, section)
        for role, output in _ROLES[section].items()
        if pipeline[output]
    ]


def named(target: Target, name: str) -> Function:
    """Returns the function of that name: `users/notifier`, `stream/users/notifier`, `notifier` or the physical one.

    Raises:
        click.ClickException: There is none, or several have this name.
    """
    there = functions(target)
    found = [each for each in there if name in (each.name, each.short, each.role, f"{each.pipeline}/{each.role}")]
    if len(found) == 1:
        return found[0]
    short = ", ".join(each.short for each in found or there) or "none"
    raise click.ClickException(f"several functions are called {name}: {short}" if found else _none(name, short))


def _none(name: str, there: str) -> str:
    return f"the stack has no function {name}; it has {there}"
