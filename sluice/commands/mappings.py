"""`mappings`: the event source mappings, with their state."""

import click

from sluice.mappings import Mapping, lag_text, mappings
from sluice.target import Target, targeted
from sluice.terminal import plural, print_json, say, say_hanging

_COLOURS = {"Enabled": "green", "Disabled": "red"}


@click.command("mappings")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, with the settings.")
@targeted
def command(target: Target, as_json: bool) -> None:
    """Show the event source mappings: what feeds which function.

    Each with its source, state, last result and lag.

    \b
    Examples:
      python -m sluice mappings
      python -m sluice mappings --json --outputs outputs.json
    """  # noqa: D301 click reads the control character
    found = mappings(target)
    if as_json:
        print_json([mapping.document() for mapping in found])
        return
    for mapping in found:
        _show(mapping, max(len(each.function) for each in found))
    say(f"{plural(len(found), 'mapping')}.")


def _show(mapping: Mapping, width: int) -> None:
    """Prints a mapping: a row, and long values below it."""
    result = mapping.last_processing_result or "-"
    state = (f"{mapping.state:8}", _COLOURS.get(mapping.state, "yellow"))
    say((f"{mapping.function:{width}}", "bold"), "  ", state, f"  lag {lag_text(mapping.lag_ms)}")
    say(f"    id      {mapping.id}")
    say(f"    source  {mapping.source_name}")
    say_hanging(["    result  "], (result, "red" if result.startswith("PROBLEM") else ""))
