"""Differences between two runs of a program."""

from typing import Any, NamedTuple

from pulumi import AssetArchive, FileArchive, FileAsset, StringAsset

from sluice.cloud.program.graph import Graph, Resource

_CODE, _HASH = "code", "sourceCodeHash"


class Change(NamedTuple):
    """A resource that is new, has other inputs, or is gone.

    Attributes:
        before: the resource as it was; None if it is new.
        after: the resource as it is to be; None if it is gone.
        inputs: the names of inputs that differ; empty if it is new or gone.
    """

    before: Resource | None
    after: Resource | None
    inputs: frozenset[str] = frozenset()

    @property
    def resource(self) -> Resource:
        """The resource, as it is or as it was."""
        resource = self.after or self.before
        assert resource  # noqa: S101 there is one
        return resource


def changes(before: Graph, after: Graph) -> list[Change]:
    """Returns the differences between two graphs of one program, without components.

    Resources that are gone come last, in the order in which they can be deleted.
    """
    found = []
    for urn, resource in after.resources.items():
        old = before.resources.get(urn)
        if not resource.custom:
            continue
        if old is None:
            found.append(Change(None, resource))
        elif differing := different(old.inputs, resource.inputs):
            found.append(Change(old, resource, differing))
    gone = [old for urn, old in before.resources.items() if old.custom and urn not in after.resources]
    return found + [Change(old, None) for old in reversed(gone)]


def different(before: dict[str, Any], after: dict[str, Any]) -> frozenset[str]:
    """Returns the names of inputs that differ; code with a hash is compared by the hash, wherever it is stored."""
    names = {name for name in before | after if _plain(before.get(name)) != _plain(after.get(name))}
    if _HASH in before and _HASH in after:
        names = names | {_CODE} if _HASH in names else names - {_CODE}
    return frozenset(names & (before.keys() | after.keys()))


def _plain(value: Any) -> Any:
    """An input in comparable form: archives and assets are compared by their sources."""
    if isinstance(value, (FileArchive, FileAsset)):
        return (type(value).__name__, str(value.path))
    if isinstance(value, StringAsset):
        return ("StringAsset", value.text)
    if isinstance(value, AssetArchive):
        return _plain(dict(value.assets))
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
