"""Changes a deployed stack in place, if that is possible: its data, its names and its endpoint stay."""

from collections.abc import Iterable, Mapping
from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.changes import Change, changes, different
from sluice.cloud.program.graph import Created, Graph, Resource
from sluice.cloud.program.recording import Recorder
from sluice.cloud.resources.code import with_hash
from sluice.cloud.resources.deployment import Deployment, DeploymentError
from sluice.cloud.resources.naming import Name
from sluice.cloud.resources.registry import can_delete, can_update, delete, update


class ReplacementError(Exception):
    """A change cannot be made in place; the message lists what it would replace or remove, one per line."""


class Rehearsal(Recorder):
    """Creates nothing: existing resources keep their outputs, and new ones get made-up outputs."""

    def __init__(self, region: str, before: Graph, deployment: Deployment) -> None:
        """Starts with an empty graph.

        Args:
            region: Where the stack is.
            before: The deployed resources.
            deployment: Looks up tables, and has the stacks that the program may refer to.
        """
        super().__init__(region, stacks=deployment.stacks)
        self._before, self._deployment = before, deployment

    def create(self, resource: Resource) -> Created:
        """Makes up the outputs of new resources."""
        resource.inputs = with_hash(resource.inputs)
        old = self._before.resources.get(resource.urn)
        return Created(old.id, old.outputs) if old else super().create(resource)

    def look_up(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Finds a table of the embedded cloud."""
        return self._deployment.look_up(function, arguments)


class Update(Deployment):
    """Creates the new ones of the registered resources, and changes the others."""

    def __init__(self, cloud: Cloud, before: Graph, stacks: Mapping[str, Mapping[str, Any]]) -> None:
        """Starts with an empty graph.

        Args:
            cloud: Where the stack is.
            before: The deployed resources.
            stacks: The stacks that the program may refer to.
        """
        super().__init__(cloud, stacks=stacks)
        self._before = before

    def create(self, resource: Resource) -> Created:
        """Creates a resource, changes it, or leaves it as it is.

        Raises:
            DeploymentError: AWS's API refused it, or the embedded cloud does not know it.
        """
        old = self._before.resources.get(resource.urn)
        if old is None:
            return super().create(resource)
        resource.inputs = with_hash(resource.inputs)
        if names := different(old.inputs, resource.inputs):
            try:
                name = Name(resource.name, resource.urn)
                update(self._cloud, resource.type, name, old.id, resource.inputs, names)
            except Exception as error:
                raise DeploymentError(f"{resource.type} {resource.name}: {error}") from error
        return Created(old.id, old.outputs)

    def delete_the_rest(self) -> None:
        """Deletes deployed resources that are no longer registered."""
        for change in changes(self._before, self.graph):
            if change.before and not change.after:
                delete(self._cloud, change.before.type, change.before.id)


def refuse_replacements(planned: Iterable[Change]) -> None:
    """Checks planned changes.

    Raises:
        ReplacementError: Some cannot be made in place.
    """
    lines = [line for change in planned if (line := _objection(change))]
    if lines:
        raise ReplacementError("\n".join(lines))


def _objection(change: Change) -> str:
    resource = change.resource
    if change.after is None:
        return "" if can_delete(resource.type) else f"{resource.name} would be removed"
    if change.before is None or can_update(resource.type, change.inputs):
        return ""
    return f"{resource.name} would be replaced: {', '.join(sorted(change.inputs))} cannot be changed in place"
