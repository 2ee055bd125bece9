"""`outputs`: what other projects read."""

import json

import click

from sluice.target import Target, targeted
from sluice.terminal import print_json, say


@click.command("outputs")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@targeted
def command(target: Target, as_json: bool) -> None:
    """Show the stack outputs."""
    if as_json:
        print_json(dict(sorted(target.outputs.items())))
        return
    width = max(map(len, target.outputs))
    for name, value in sorted(target.outputs.items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        say(f"{name:{width}}  {text}")
