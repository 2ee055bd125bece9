"""What all components have in common: how they are operated, and how they make children and alarms."""

import pulumi

from infra.alarms import AlarmArgs, alarm
from infra.operations import Operations


class Component(pulumi.ComponentResource):
    """A component; its children are named after it and belong to it."""

    def __init__(
        self, token: str, name: str, operations: Operations | None, opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(token, name, None, opts)
        self._name = name
        self._operations = operations or Operations()

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """The options of a child that comes after these resources, besides those that its inputs come from."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

    def _alarm(self, kind: str, args: AlarmArgs) -> None:
        alarm(self._name, kind, args, self, self._operations)
