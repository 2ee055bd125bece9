"""The base of all components: how they are operated, and how they make children and alarms."""

import pulumi

from infra.alarms import AlarmArgs, alarm
from infra.metrics import Metric
from infra.operations import Operations


class Component(pulumi.ComponentResource):
    """A component; its children are named after it and have it as their parent."""

    def __init__(
        self, token: str, name: str, operations: Operations | None, opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(token, name, None, opts)
        self._name = name
        self._operations = operations or Operations()

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Returns the options of a child that depends on these resources, besides those that its inputs come from."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

    def _alarm_on(
        self,
        section: str,
        kind: str,
        metric: Metric,
        meaning: str,
        look: str,
        threshold: float = 1,
        suffix: str = "",
        essential: bool = False,
    ) -> None:
        """Makes an alarm on a metric whose sum in five minutes reaches a threshold."""
        self._alarm(
            kind,
            {
                "metric": metric,
                "meaning": meaning,
                "look": look,
                "section": section,
                "threshold": threshold,
                "suffix": suffix,
                "essential": essential,
            },
        )

    def _alarm(self, kind: str, args: AlarmArgs) -> None:
        alarm(self._name, kind, args, self, self._operations)
