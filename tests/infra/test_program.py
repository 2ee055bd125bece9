import json
from pathlib import Path

import pytest

from local.program import stacks
from local.recording import STACK_TYPE
from tests.infra.strictness import violations

STACKS = stacks()
SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("stack", STACKS)
def test_the_graph_keeps_every_rule(graph_of, stack):
    assert violations(graph_of(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_registers_what_an_update_registers(graph_of, stack):
    def registered(preview):
        return {
            urn: (resource.parent, sorted(resource.inputs), resource.options.keys(), resource.dependencies)
            for urn, resource in graph_of(stack, preview=preview).resources.items()
        }

    assert registered(preview=True) == registered(preview=False)


@pytest.mark.parametrize("stack", STACKS)
def test_the_graph_is_the_one_that_was_reviewed(graph_of, stack, request):
    """A change of the resources shows as a change of the snapshot; `pytest --snapshot` writes it anew."""
    path, found = SNAPSHOTS / f"{stack}.txt", picture(graph_of(stack))
    if request.config.getoption("--snapshot"):
        path.write_text(found)
    assert found == path.read_text(), f"the graph differs from {path}: review it, then run pytest {__file__} --snapshot"


def picture(graph):
    """The tree of resources with their inputs, one line each."""
    lines = []

    def draw(resource, depth):
        indent = "  " * depth
        options = [f"{name}={value}" for name, value in sorted(resource.options.items()) if name != "aliases"]
        lines.append(f"{indent}{resource.name} ({resource.type}) {' '.join(options)}".rstrip())
        if resource.custom:
            lines.extend(f"{indent}    {line}" for item in sorted(resource.inputs.items()) for line in shown(*item))
        for child in graph.children(resource.urn):
            draw(child, depth + 1)

    (root,) = graph.of_type(STACK_TYPE)
    draw(root, 0)
    return "\n".join(lines) + "\n"


def shown(name, value):
    if hasattr(value, "path"):
        yield from (f"{name} holds {path.relative_to(value.path)}" for path in sorted(Path(value.path).rglob("*.py")))
    elif name in ("policy", "assumeRolePolicy"):
        yield from (f"{name} {json.dumps(statement)}" for statement in json.loads(value)["Statement"])
    else:
        yield f"{name} = {json.dumps(value, ensure_ascii=False, sort_keys=True)}"
