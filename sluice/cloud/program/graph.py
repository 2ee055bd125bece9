"""The graph of the resources that a program registered."""

import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass
class Resource:
    """A resource as the program registered it.

    Attributes:
        urn: its URN.
        type: its type's token.
        name: its logical name.
        parent: the parent's URN; empty for the stack.
        custom: False for components.
        inputs: in wire form: camelCase names, assets as objects, numbers as floats.
        dependencies: URNs of the resources that it depends on, through inputs or `depends_on`.
        options: those that differ from their defaults: `protect`, `retain_on_delete`, `aliases`, ...
        id: the provider's id; empty until it is created.
        outputs: its outputs; those of a component are the ones that it registered.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    dependencies: frozenset[str]
    options: dict[str, Any]
    id: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)


class Graph:
    """All resources that a program registered, in order, and mistakes that only registration shows.

    Attributes:
        resources: by URN.
        references: URN of a stack reference -> full name of the stack that it reads. References are not resources.
        duplicates: URNs that were registered again.
    """

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}
        self.references: dict[str, str] = {}
        self.duplicates: list[str] = []
        self._lock = threading.Lock()

    def add(self, resource: Resource) -> None:
        """Adds a resource; a second one with the same URN is recorded as a duplicate."""
        with self._lock:
            if resource.urn in self.resources:
                self.duplicates.append(resource.urn)
            self.resources[resource.urn] = resource

    def of_type(self, token: str) -> list[Resource]:
        """The resources of a type, by name."""
        return sorted((r for r in self.resources.values() if r.type == token), key=lambda r: r.name)

    def children(self, urn: str) -> list[Resource]:
        """The children of a resource, in order of name."""
        return sorted((r for r in self.resources.values() if r.parent == urn), key=lambda r: r.name)

    def named(self, name: str) -> Resource:
        """The resource with a logical name that is not a component.

        Raises:
            KeyError: there is none.
        """
        for resource in self.resources.values():
            if resource.name == name and resource.custom:
                return resource
        raise KeyError(f"no resource {name}; there are {sorted(r.name for r in self.resources.values() if r.custom)}")


class Created(NamedTuple):
    """A created resource."""

    id: str
    outputs: dict[str, Any]
