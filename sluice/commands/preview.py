"""`preview`: the tree of resources that a stack would have."""

import click
from rich.tree import Tree

from sluice import state
from sluice.console import out, plural, print_json


@click.command("preview")
@click.option("--stack", default="local", show_default=True, help="Any stack with a file Pulumi.<stack>.yaml.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array of type, name and parent.")
def command(stack: str, as_json: bool) -> None:
    """Show the resources a stack would have, without starting anything."""
    from local import program
    from local.recording import STACK_TYPE, Recorder, Resource

    recorder = Recorder("", preview=True)
    try:
        program.run(stack, recorder, preview=True, root=state.checkout())
    except program.ProgramError as error:
        raise click.ClickException(str(error)) from None
    graph = recorder.graph
    if as_json:
        names = {resource.urn: resource.name for resource in graph.resources.values()}
        print_json([{"type": r.type, "name": r.name, "parent": names.get(r.parent)} for r in graph.resources.values()])
        return

    def grow(branch: Tree, resource: Resource) -> None:
        for child in graph.children(resource.urn):
            kept = " [yellow]protected[/]" if "protect" in child.options else ""
            grow(branch.add(f"{child.name} [dim]{child.type}[/]{kept}"), child)

    (root,) = graph.of_type(STACK_TYPE)
    tree = Tree(f"[bold]{root.name}[/]")
    grow(tree, root)
    out.print(tree)
    made = sum(resource.custom for resource in graph.resources.values())
    out.print(f"{plural(made, 'resource')} in {plural(len(graph.resources) - made - 1, 'component')}.")
