"""The demo: the pipelines of a stack in the embedded cloud, run and checked one after the other."""

import time
from collections.abc import Iterable

from sluice.demo.scene import Scene
from sluice.terminal import plural, print_heading, say

_NEXT = (
    ("python -m sluice up", "this stack, kept running: what you save is live at once"),
    (
        "python -m sluice import examples/orders.csv",
        "in a second terminal: a file with mistakes, and what happens to it",
    ),
    ("python -m sluice preview --stack prod", "what `pulumi up` would create in AWS"),
)
"""Command -> what it shows."""


def run() -> int:
    """Runs all pipelines and prints what was proved; returns how many checks did not hold."""
    from sluice.demo import imports, mail, reports, stream

    started = time.monotonic()
    parts = (stream, mail, imports, reports)
    with Scene.open() as scene:
        for part in parts:
            print_heading(part.TITLE)
            part.run(scene)
    if not scene.failed:
        show_end((part.PROVED for part in parts), scene.checked, time.monotonic() - started)
    return scene.failed


def show_end(proved: Iterable[str], checked: int, seconds: float) -> None:
    """Prints what was proved, how long it took, and what to do next."""
    say()
    say(f"Every check held: {plural(checked, 'check')} in {seconds:.0f} s. Nothing is left running. Checked:")
    for promise in proved:
        say(f"  {promise}")
    say()
    say("Next, after `. .venv/bin/activate`:")
    for command, shows in _NEXT:
        say("  ", (command, "bold"))
        say(f"      {shows}")
