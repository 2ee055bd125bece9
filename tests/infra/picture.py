"""A recorded graph as text that people review: the tree of resources, what lies in them, a value a line."""

import contextlib
import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from pulumi import Archive

from sluice.cloud.program.graph import Graph, Resource
from sluice.cloud.program.recording import STACK_TYPE

Picture = dict[str, list[str]]
"""The heading of each resource, indented as deep as it lies in the tree -> its lines."""
_LEAVES_A_LINE = {dict: 4, list: 6}


def picture(graph: Graph) -> Picture:
    """Returns the resources in order of their names, each below its parent."""
    (stack,) = graph.of_type(STACK_TYPE)
    return dict(_resources(graph, stack, ""))


def text(resources: Picture) -> str:
    """Returns all of a picture."""
    return "".join(f"{line}\n" for heading, lines in resources.items() for line in (heading, *_within(heading, lines)))


def deviations(resources: Picture, other: Picture, *, names: tuple[str, str]) -> str:
    """Returns what is another in the other picture, resource by resource; `-` is what the first has, `+` the other.

    Args:
        resources: the picture to compare with.
        other: the picture whose differences are asked for.
        names: what the two stacks are called, for that a name contains it is no difference.
    """
    theirs = {_renamed(heading, names): (heading, lines) for heading, lines in other.items()}
    return "".join(
        f"{line}\n"
        for renamed in sorted(resources.keys() | theirs.keys(), key=lambda heading: (heading.strip(), heading))
        for line in _changes(renamed, resources.get(renamed), *theirs.get(renamed, ("", None)), names)
    )


def _changes(
    heading: str, lines: list[str] | None, other_heading: str, others: list[str] | None, names: tuple[str, str]
) -> Iterator[str]:
    if others is None:
        yield f"- {heading.strip()}"
    elif lines is None:
        yield f"+ {other_heading.strip()}"
        yield from (f"    {line}" for line in others)
    else:
        matcher = SequenceMatcher(None, lines, [_renamed(line, names) for line in others], autojunk=False)
        changed = [change for change in matcher.get_opcodes() if change[0] != "equal"]
        if changed:
            yield f"  {other_heading.strip()}"
        for _, start, end, other_start, other_end in changed:
            yield from (f"    - {line}" for line in lines[start:end])
            yield from (f"    + {line}" for line in others[other_start:other_end])


def _renamed(line: str, names: tuple[str, str]) -> str:
    ours, theirs = names
    return re.sub(rf"\b{theirs}\b", ours, line)


def _resources(graph: Graph, resource: Resource, indent: str) -> Iterator[tuple[str, list[str]]]:
    yield f"{indent}{resource.name} ({resource.type})", list(_lines_of(resource))
    for child in graph.children(resource.urn):
        yield from _resources(graph, child, f"{indent}  ")


def _within(heading: str, lines: list[str]) -> Iterator[str]:
    indent = " " * (len(heading) - len(heading.lstrip()) + 4)
    return (f"{indent}{line}".rstrip() for line in lines)


def _lines_of(resource: Resource) -> Iterator[str]:
    for name, value in sorted(resource.options.items()):
        if name != "aliases":
            yield f"option {name}: {_in_one(value)}"
    if resource.custom:
        for name, value in sorted(resource.inputs.items()):
            yield from _lines(f"{name}:", _plain(value))


def _lines(label: str, value: Any) -> Iterator[str]:
    """The lines of a value: one, if it holds little."""
    if isinstance(value, str) and "\n" in value:
        yield label
        yield from (f"  | {line}" for line in value.splitlines())
    elif _is_short(value):
        yield f"{label} {_in_one(value)}"
    elif isinstance(value, dict):
        yield label
        for name, member in value.items():
            yield from (f"  {line}" for line in _lines(f"{name}:", member))
    else:
        yield label
        for member in value:
            yield from (f"  {line}" for line in _member_lines(member))


def _member_lines(member: Any) -> Iterator[str]:
    """The lines of what a list holds, a star before the first."""
    if not isinstance(member, dict) or _is_short(member):
        yield from _lines("*", member)
        return
    lines = (line for name, value in member.items() for line in _lines(f"{name}:", value))
    yield f"* {next(lines)}"
    yield from (f"  {line}" for line in lines)


def _in_one(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _is_short(value: Any) -> bool:
    """Whether a value is one line. How many characters it has would not do: that depends on the stack's name."""
    return _leaves(value) <= _LEAVES_A_LINE.get(type(value), 1)


def _leaves(value: Any) -> int:
    if isinstance(value, (dict, list)):
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def _plain(value: Any) -> Any:
    """A value as people write it: whole numbers without a point, documents instead of their JSON, files by name."""
    if isinstance(value, Archive):
        folder = Path(value.path)
        files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
        return [str(path.relative_to(folder)) for path in files]
    if isinstance(value, str) and value.startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in sorted(value.items())}
    return [_plain(member) for member in value] if isinstance(value, list) else value
