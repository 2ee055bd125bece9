"""A Pulumi monitor that records a program's resources in a graph.

Pulumi's own mock monitor hides parents, dependencies and options; this one keeps the whole request. A subclass creates
the resources: `Recorder` makes up plausible outputs, `Deployment` creates them through AWS's APIs.
"""

from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.protobuf import empty_pb2
from pulumi import RunError
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from sluice.cloud.program import plausible
from sluice.cloud.program.graph import Created, Graph, Resource

STACK_TYPE = "pulumi:pulumi:Stack"
_STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference"


class UnknownStackError(RunError):
    """The program refers to a stack that does not exist; the message names it."""


class RecordingMonitor(mocks.MockMonitor, ABC):
    """Keeps each registration in `graph`; `create` creates the resource.

    After the first failure nothing more is created.

    Attributes:
        graph: the resources registered so far.
        failure: the first error.
        stacks: the stacks that the program may refer to: `organization/project/stack` -> outputs.
    """

    def __init__(self, stacks: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Starts with an empty graph.

        Args:
            stacks: the stacks that the program may refer to: `organization/project/stack` -> outputs.
        """
        super().__init__(_NoMocks())
        self.graph = Graph()
        self.stacks = stacks or {}
        self.failure: Exception | None = None

    @abstractmethod
    def create(self, resource: Resource) -> Created:
        """Creates a custom resource; called from several threads."""

    def complete(self, component: Resource) -> None:
        """Checks a component, or the stack, once its outputs are known; called from several threads."""

    def fail(self, error: Exception) -> None:
        """Ends the run: every later registration raises the first error."""
        self.failure = self.failure or error

    def look_up(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the answer of a provider's function, such as `aws:dynamodb/getTable:getTable`.

        Raises:
            NotImplementedError: It is not known here.
        """
        raise NotImplementedError(f"{function}{arguments}: the embedded cloud does not know this provider function")

    def Invoke(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        """Answers a call of a provider's function."""
        with self._remembering_failure():
            answer = self.look_up(request.tok, rpc.deserialize_properties(request.args))
        return resource_pb2.ResourceInvokeResponse(**{"return": _result(rpc.serialize_properties(answer, {}))})

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        """Records a resource, creates it and returns the result."""
        with self._remembering_failure():
            return self._register(request)

    def _register(self, request: Any) -> Any:
        resource = self._resource(request)
        self.graph.add(resource)
        if not resource.custom:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn)
        resource.id, resource.outputs = self.create(resource)
        state = {**_plain(resource.inputs), **resource.outputs}
        self.resources[resource.urn] = mocks.MockMonitor.ResourceRegistration(resource.urn, resource.id, state)
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=resource.id, object=_result(rpc.serialize_properties(state, {}))
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        """Answers a stack reference.

        Raises:
            UnknownStackError: there is no such stack.
            NotImplementedError: something else is to be read.
        """
        outputs = self._outputs(request)
        urn = self.make_urn(request.parent, request.type, request.name)
        self.graph.references[urn] = request.id
        state = {"name": request.id, "outputs": outputs, "secretOutputNames": []}
        properties = _result(rpc.serialize_properties(state, {}))
        return resource_pb2.ReadResourceResponse(urn=urn, properties=properties)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        """Records the outputs of a component, or of the stack."""
        resource = self.graph.resources[request.urn]
        with self._remembering_failure():
            resource.outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
            self.complete(resource)
        return empty_pb2.Empty()

    @contextmanager
    def _remembering_failure(self) -> Iterator[None]:
        if self.failure:
            raise self.failure
        try:
            yield
        except Exception as error:
            self.fail(error)
            raise

    def _outputs(self, request: Any) -> dict[str, Any]:
        if request.type != _STACK_REFERENCE_TYPE:
            raise NotImplementedError(f"{request.type} {request.name}: only outputs of other stacks can be read here")
        if request.id not in self.stacks:
            known = ", ".join(sorted(self.stacks)) or "none"
            raise UnknownStackError(
                f"there is no stack {request.id} to read outputs of; there are: {known}. "
                "Deploy it first, and name it organization/project/stack"
            )
        return dict(self.stacks[request.id])

    def _resource(self, request: Any) -> Resource:
        return Resource(
            urn=self.make_urn(request.parent, request.type, request.name),
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
            dependencies=frozenset(request.dependencies) - self.graph.references.keys(),
            options=_options(request),
        )


_OPTIONS = {
    "protect": "protect",
    "retainOnDelete": "retain_on_delete",
    "ignoreChanges": "ignore_changes",
    "deleteBeforeReplace": "delete_before_replace",
    "replaceOnChanges": "replace_on_changes",
    "aliases": "aliases",
    "importId": "import_id",
    "deletedWith": "deleted_with",
}


def _options(request: Any) -> dict[str, Any]:
    values = {ours: getattr(request, theirs) for theirs, ours in _OPTIONS.items()}
    values["replacement_trigger"] = request.replacement_trigger.string_value
    return {name: value if isinstance(value, (bool, str)) else list(value) for name, value in values.items() if value}


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs that are returned as outputs: all but archives, which no program reads back."""
    return {name: value for name, value in inputs.items() if name != "code"}


def _result(serialisation: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that waits for nothing: the registering thread needs no event loop."""
    try:
        serialisation.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a resource's state holds something that has to be waited for")


class Recorder(RecordingMonitor):
    """Creates nothing.

    In an update every output that pulumi-aws declares gets a plausible value, so none is ever missing; in a preview
    outputs that only AWS could know stay unknown, as in Pulumi's.
    """

    def __init__(
        self,
        region: str,
        *,
        preview: bool = False,
        stacks: Mapping[str, Mapping[str, Any]] | None = None,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Starts with an empty graph.

        Args:
            region: Where the stack is.
            preview: Whether outputs that only AWS could know stay unknown.
            stacks: The stacks that the program may refer to.
            tables: Existing tables: name -> fields of `aws.dynamodb.get_table`. The keys of others are not known here.
        """
        super().__init__(stacks)
        self._region, self._preview, self._tables = region, preview, tables or {}

    def look_up(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Makes up the result for a table, or for the stack's region and caller."""
        if place := plausible.where(function, self._region, plausible.ACCOUNT):
            return place
        if function != plausible.GET_TABLE:
            return super().look_up(function, arguments)
        return {**plausible.table(arguments["name"], self._region), **self._tables.get(arguments["name"], {})}

    def create(self, resource: Resource) -> Created:
        """Makes up outputs."""
        if self._preview:
            return Created("", {})
        outputs = plausible.outputs(resource.type, resource.name, resource.inputs, self._region)
        return Created(f"{resource.name}-id", outputs)


class _NoMocks(mocks.Mocks):
    """Mocks that Pulumi's monitor requires; ours does not use them."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotImplementedError(args.typ)
