"""The embedded cloud: the emulator, the stacks deployed into it, and the triggers that AWS would run for them."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.server import Server
from sluice.cloud.program import execution as program
from sluice.cloud.program.changes import Change, changes
from sluice.cloud.program.graph import Graph, Resource
from sluice.cloud.program.project import region
from sluice.cloud.resources.deployment import Deployment
from sluice.cloud.resources.inputs import whole
from sluice.cloud.resources.updating import Rehearsal, ReplacementError, Update, refuse_replacements
from sluice.cloud.triggers.mappings import StreamMappings
from sluice.cloud.triggers.rule_targets import RuleTargets
from sluice.cloud.triggers.schedules import Fired, Schedule
from sluice.cloud.triggers.streams.events import Event
from sluice.cloud.triggers.streams.poller import StreamPoller
from sluice.cloud.triggers.timetable import Timetable

_POSITION_SECONDS = 10.0
"""How long a deployment waits until a mapping that begins with the next record has its position."""


class Stack(NamedTuple):
    """A deployed stack."""

    name: str
    outputs: dict[str, Any]
    graph: Graph
    cloud: Cloud
    """Clients in the stack's region."""
    pollers: dict[str, StreamPoller]
    """Logical name of a stream's mapping -> its poller."""
    schedules: list[Schedule]

    def output(self, path: str) -> Any:
        """Returns an output by its path, such as `imports.items.queue_url` or `streams.users.tables.0.name`."""
        value: Any = self.outputs
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    @property
    def runners(self) -> list[StreamPoller | Schedule]:
        """The pollers and schedules that run for it."""
        return [*self.pollers.values(), *self.schedules]

    def wait_idle(self, seconds: float = 60) -> None:
        """Returns when everything written to the streams so far is handled.

        Raises:
            TimeoutError: it is not, after that many seconds.
        """
        for name, poller in self.pollers.items():
            if not poller.wait_idle(seconds):
                raise TimeoutError(f"{name} still has {poller.lag} records to handle after {seconds} s")


class EmbeddedCloud:
    """The emulator and the stacks in it; use it in a `with` block, after which nothing is left."""

    def __init__(
        self,
        folder: Path | None = None,
        port: int | None = None,
        on_event: Callable[[Event | Fired], None] = lambda _: None,
        held: Sequence[int] = (),
    ) -> None:
        """Starts the emulator.

        Args:
            folder: the folder that it may write to, removed when it stops; a temporary one by default.
            port: where it listens; a free port by default.
            on_event: called with the events of streams and schedules, from several threads.
            held: file descriptors that the emulator keeps open too, such as a lock to hold until everything has ended.

        Raises:
            ServerError: it could not be started.
        """
        self._temporary = None if folder else tempfile.mkdtemp(prefix="sluice-")
        self._on_event, self._stopping = on_event, threading.Event()
        self.stacks: list[Stack] = []
        self._outputs: dict[str, dict[str, Any]] = {}
        try:
            self.server = Server(folder or Path(self._temporary or "", "cloud"), port, held)
        except BaseException:
            self._remove_temporary()
            raise
        self.endpoint = self.server.endpoint
        self.since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._clouds: dict[tuple[str, str | None], Cloud] = {}
        emulator = (self.endpoint, self.server.token, self._cloud_of, self._show, self._stopping)
        self._mappings, self._timetable = StreamMappings(*emulator), Timetable(*emulator)
        self._rules = RuleTargets(*emulator)
        for follower in (self._mappings, self._timetable, self._rules):
            follower.start()

    def deploy(
        self,
        stack: str,
        *,
        root: Path = program.ROOT,
        config: dict[str, str] | None = None,
        functions_endpoint: str | None = None,
        on_created: Callable[[Resource], None] = lambda _: None,
    ) -> Stack:
        """Runs the program for a stack, creates its resources and starts what AWS would run for it.

        The program may refer to stacks that were deployed before.

        Args:
            stack: the stack's name.
            root: the folder of the program.
            config: its configuration; by default its file's.
            functions_endpoint: what functions call, and what invokes them: a fault proxy before the emulator. By
                default the emulator itself.
            on_created: called with each resource once it exists.

        Raises:
            ProgramError: there is no such stack, its settings are wrong, or the program failed.
            DeploymentError: a resource could not be created.
        """
        config = program.configuration(stack, root) if config is None else config
        cloud = self._cloud(region(config), functions_endpoint)
        deployment = Deployment(cloud, on_created, self._outputs)
        outputs = whole(program.run(stack, deployment, root=root, config=config))
        self._outputs[program.full_name(stack, root)] = outputs
        deployed = Stack(stack, outputs, deployment.graph, cloud, {}, [])
        self.stacks.append(deployed)
        self._run(deployed)
        return deployed

    def update(
        self, stack: Stack, *, root: Path = program.ROOT, config: dict[str, str] | None = None
    ) -> tuple[Stack, list[Change]]:
        """Runs the program of a deployed stack again, and changes the stack in place to match.

        Args:
            stack: the deployed stack.
            root: the folder of the program.
            config: its configuration; by default its file's.

        Returns:
            The stack as it is now, and the changes.

        Raises:
            ProgramError: its settings are wrong, or the program failed; nothing is changed.
            ReplacementError: something cannot be changed in place; nothing is changed.
            DeploymentError: a resource could not be created or changed.
        """
        config = program.configuration(stack.name, root) if config is None else config
        if region(config) != stack.cloud.region:
            raise ReplacementError(f"aws:region: the whole stack would be replaced, in {region(config)}")
        update = Update(stack.cloud, stack.graph, self._outputs)
        rehearsal = Rehearsal(stack.cloud.region, stack.graph, update)
        outputs = whole(program.run(stack.name, rehearsal, root=root, config=config))
        planned = changes(stack.graph, rehearsal.graph)
        refuse_replacements(planned)
        if not planned and outputs == stack.outputs:
            return stack, []
        try:
            outputs = whole(program.run(stack.name, update, root=root, config=config))
        except Exception:  # what was changed until then stays changed
            stack.graph.resources |= {urn: made for urn, made in update.graph.resources.items() if made.id}
            raise
        update.delete_the_rest()
        self._outputs[program.full_name(stack.name, root)] = outputs
        updated = stack._replace(outputs=outputs, graph=update.graph, pollers={}, schedules=[])
        self.stacks[self.stacks.index(stack)] = updated
        self._run(updated)
        return updated, planned

    def _run(self, deployed: Stack) -> None:
        """Runs the triggers that AWS would run for a stack."""
        self._mappings.look()
        for mapping in deployed.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping"):
            if ":dynamodb:" in mapping.inputs["eventSourceArn"]:
                deployed.pollers[mapping.name] = poller = self._mappings.poller(mapping.id)
                if poller.mapping.starting_position == "LATEST":
                    poller.wait_idle(_POSITION_SECONDS)  # what is written from now on is after the position
        self._timetable.look()
        schedules = deployed.graph.of_type("aws:scheduler/schedule:Schedule")
        deployed.schedules.extend(filter(None, (self._timetable.running(each.outputs["arn"]) for each in schedules)))
        self._rules.look()

    def stop(self) -> None:
        """Stops everything; returns when nothing runs and nothing is left.

        Raises:
            RuntimeError: a poller crashed while it ran; everything is stopped nevertheless.
        """
        self._stopping.set()
        broken: list[RuntimeError] = []
        try:
            self.server.stop()  # first: an invocation may take minutes more, and pollers wait for theirs
            for runner in (
                self._mappings,
                self._timetable,
                self._rules,
                *(runner for stack in self.stacks for runner in stack.runners),
            ):
                try:
                    runner.stop()
                except RuntimeError as error:
                    broken.append(error)
        finally:
            self._remove_temporary()
        if broken:
            raise broken[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _cloud(self, region: str, functions_endpoint: str | None) -> Cloud:
        key = (region, functions_endpoint)
        if key not in self._clouds:
            self._clouds[key] = Cloud(self.endpoint, region, functions_endpoint, token=self.server.token)
        return self._clouds[key]

    def _cloud_of(self, region: str, target: str) -> Cloud:
        """Clients that deliver to a target; a function is reached through the proxy that it uses itself."""
        if ":lambda:" not in target:
            return self._cloud(region, None)
        configuration = self._cloud(region, None).client("lambda").get_function_configuration(FunctionName=target)
        return self._cloud(region, configuration.get("Environment", {}).get("Variables", {}).get("AWS_ENDPOINT_URL"))

    def _show(self, event: Event | Fired) -> None:
        if not self._stopping.is_set():  # the emulator stops first; calls that fail then do not matter
            self._on_event(event)

    def _remove_temporary(self) -> None:
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)
