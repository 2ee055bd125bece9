"""`outputs`: the stack outputs, for other projects."""

import json
from collections.abc import Iterator
from typing import Any

import click

from sluice.target import Target, targeted
from sluice.terminal import print_json, say


@click.command("outputs")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@targeted
def command(target: Target, as_json: bool) -> None:
    """Show the stack outputs.

    \b
    Examples:
      python -m sluice outputs
      python -m sluice outputs --json > outputs.json
    """  # noqa: D301 click reads the control character
    if as_json:
        print_json(dict(sorted(target.outputs.items())))
        return
    lines = dict(_lines(dict(sorted(target.outputs.items()))))
    width = max(map(len, lines))
    for name, text in lines.items():
        say(f"{name:{width}}  {text}")


def _lines(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yields each single output with its path: `streams.users.tables[0].name`."""
    if isinstance(value, dict) and value:
        for key, held in value.items():
            yield from _lines(held, f"{name}.{key}".removeprefix("."))
    elif isinstance(value, list) and value:
        for place, held in enumerate(value):
            yield from _lines(held, f"{name}[{place}]")
    else:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
