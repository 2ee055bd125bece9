"""`preview`: the tree of resources that a stack would have."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sluice import state
from sluice.terminal import Listing, Part, note, plural, print_json, say

if TYPE_CHECKING:
    from sluice.cloud.program.graph import Graph, Resource


@click.command("preview")
@click.option("--stack", default="local", show_default=True, help="Any stack with a file Pulumi.<stack>.yaml.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array of type, name, parent and options.")
def command(stack: str, as_json: bool) -> None:
    """Show the resources a stack would have; start nothing.

    \b
    Examples:
      python -m sluice preview --stack prod
      python -m sluice preview --json
    """  # noqa: D301 click reads the control character
    with _remarks() as remarks:
        graph = _graph(stack)
    if as_json:
        names = {resource.urn: resource.name for resource in graph.resources.values()}
        rows = [(r.type, r.name, names.get(r.parent), r.options) for r in graph.resources.values()]
        print_json([dict(zip(("type", "name", "parent", "options"), row, strict=True)) for row in rows])
        for line in remarks:
            note(*line)
        return
    (root,) = (resource for resource in graph.resources.values() if not resource.parent)
    say((root.name, "bold"))
    for line in _tree(graph, root):
        say(*line)
    count = sum(resource.custom for resource in graph.resources.values())
    say(f"{plural(count, 'resource')} in {plural(len(graph.resources) - count - 1, 'component')}.")
    for line in remarks:
        say(*line)


@contextmanager
def _remarks() -> Iterator[list[tuple[Part, ...]]]:
    """Collects the program's messages from `pulumi.log` as lines, as Pulumi's preview shows them."""
    lines: list[tuple[Part, ...]] = []

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            mark = ("warning: ", "yellow") if record.levelno >= logging.WARNING else ""
            first, *rest = record.getMessage().split("\n")
            lines.extend([(mark, first), *((f"  {line}",) for line in rest)])

    logger, handler = logging.getLogger("pulumi"), Collecting()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagates


def _graph(stack: str) -> "Graph":
    from sluice.cloud.program import execution as program
    from sluice.cloud.program.recording import Recorder

    recorder = Recorder("", preview=True)
    try:
        program.run(stack, recorder, preview=True, root=state.checkout())
    except program.ProgramError as error:
        raise Listing(str(error)) from None
    return recorder.graph


def _tree(graph: "Graph", resource: "Resource", indent: str = "") -> Iterator[tuple[Part, ...]]:
    children = graph.children(resource.urn)
    for child in children:
        last = child is children[-1]
        mark = (" protected", "yellow") if "protect" in child.options else ""
        yield f"{indent}{'└── ' if last else '├── '}{child.name} ", (short_type(child.type), "dim"), mark
        yield from _tree(graph, child, indent + ("    " if last else "│   "))


def short_type(token: str) -> str:
    """A type as the program writes it: `s3.BucketPolicy` for `aws:s3/bucketPolicy:BucketPolicy`, else its last part."""
    package, module, kind = token.split(":")
    return f"{module.partition('/')[0]}.{kind}" if package == "aws" else kind
