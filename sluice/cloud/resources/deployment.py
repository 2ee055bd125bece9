"""Deploys the program into the embedded cloud: each resource is created through its AWS API as it is registered."""

from collections.abc import Callable, Mapping
from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program import plausible
from sluice.cloud.program.graph import Created, Resource
from sluice.cloud.program.recording import RecordingMonitor
from sluice.cloud.program.schema import properties
from sluice.cloud.resources.code import with_hash
from sluice.cloud.resources.naming import Name
from sluice.cloud.resources.registry import create

_MISSING = "<no output"


class DeploymentError(Exception):
    """A resource could not be created; the message names it."""


class Deployment(RecordingMonitor):
    """Creates the registered resources."""

    def __init__(
        self,
        cloud: Cloud,
        on_created: Callable[[Resource], None] = lambda _: None,
        stacks: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(stacks)
        self._cloud, self._on_created = cloud, on_created

    def create(self, resource: Resource) -> Created:
        """Creates a custom resource.

        Raises:
            DeploymentError: AWS's API refused it, or the embedded cloud does not know it.
        """
        _refuse_missing(_shown(resource), resource.inputs)
        try:
            resource.inputs = with_hash(resource.inputs)
            created = create(self._cloud, resource.type, Name(resource.name, resource.urn), resource.inputs)
        except Exception as error:
            raise DeploymentError(f"{_shown(resource)}: {error}") from error
        self._on_created(resource)
        return Created(created.id, {**_marked_missing(resource), **created.outputs})

    def look_up(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Looks up a table of the embedded cloud, or its region and account.

        Raises:
            DeploymentError: There is no table of that name.
            NotImplementedError: Something else is asked for.
        """
        if place := plausible.where(function, self._cloud.region, self._cloud.account):
            return place
        if function != plausible.GET_TABLE:
            return super().look_up(function, arguments)
        client = self._cloud.client("dynamodb")
        try:
            table = client.describe_table(TableName=arguments["name"])["Table"]
        except client.exceptions.ResourceNotFoundException:
            raise DeploymentError(f"there is no table {arguments['name']} in the embedded cloud") from None
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        stream = table.get("StreamSpecification", {})
        return {
            "name": table["TableName"],
            "arn": table["TableArn"],
            "streamArn": table.get("LatestStreamArn", ""),
            "streamEnabled": stream.get("StreamEnabled", False),
            "streamViewType": stream.get("StreamViewType", ""),
            "hashKey": keys["HASH"],
            "rangeKey": keys.get("RANGE", ""),
            "attributes": [
                {"name": one["AttributeName"], "type": one["AttributeType"]} for one in table["AttributeDefinitions"]
            ],
        }

    def complete(self, component: Resource) -> None:
        """Checks the outputs of a component, or of the stack.

        Raises:
            DeploymentError: one of them uses an output that the embedded cloud does not provide.
        """
        _refuse_missing(_shown(component), component.outputs)


def _shown(resource: Resource) -> str:
    return f"{resource.type} {resource.name}"


def _marked_missing(resource: Resource) -> dict[str, Any]:
    """Marks for outputs that were not provided: Pulumi would silently pass them on as nothing.

    Only texts can carry a mark; the outputs that programs pass on (ids, names, ARNs, addresses) are texts.
    """
    return {
        name: f"{_MISSING} {name} of {_shown(resource)}>"
        for name, kind in properties(resource.type).items()
        if kind is str and name not in resource.inputs
    }


def _refuse_missing(user: str, value: Any) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _refuse_missing(user, item)
    elif isinstance(value, list):
        for item in value:
            _refuse_missing(user, item)
    elif isinstance(value, str) and _MISSING in value:
        missing = value[value.index(_MISSING) + len(_MISSING) + 1 :].partition(">")[0]
        raise DeploymentError(
            f"{user} uses {missing}, which the embedded cloud does not provide: add it to sluice/cloud/resources"
        )
