"""The embedded cloud: the emulator, the stacks deployed into it, and what AWS would run for them."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from local import program
from local.clients import Cloud
from local.delivery import Target
from local.deployment import Deployment
from local.emulator import tap_name
from local.recording import Graph, Resource
from local.rules import RuleTarget
from local.schedules import Fired, Schedule
from local.server import Server
from local.streams.events import Event
from local.streams.mapping import StreamMapping
from local.streams.poller import StreamPoller


class Stack(NamedTuple):
    """A stack that was deployed."""

    name: str
    outputs: dict[str, Any]
    graph: Graph
    cloud: Cloud
    """Clients in the stack's region."""
    pollers: dict[str, StreamPoller]
    """Logical name of a stream's mapping -> what runs it."""
    schedules: list[Schedule]
    rule_targets: list[RuleTarget]

    @property
    def runners(self) -> list[StreamPoller | Schedule | RuleTarget]:
        """All that runs for it."""
        return [*self.pollers.values(), *self.schedules, *self.rule_targets]

    def wait_idle(self, seconds: float = 60) -> None:
        """Returns when everything written to the streams so far is handled.

        Raises:
            TimeoutError: it is not, after so many seconds.
        """
        for name, poller in self.pollers.items():
            if not poller.wait_idle(seconds):
                raise TimeoutError(f"{name} still has {poller.lag} records to handle after {seconds} s")


class EmbeddedCloud:
    """The emulator and the stacks in it; use it in a `with` block, at whose end nothing is left."""

    def __init__(
        self,
        folder: Path | None = None,
        port: int | None = None,
        on_event: Callable[[Event | Fired], None] = lambda _: None,
        held: Sequence[int] = (),
    ) -> None:
        """Starts the emulator.

        Args:
            folder: what it may write to, removed when it stops; a temporary one by default.
            port: where it listens; a free port by default.
            on_event: told what happens on streams and schedules, from several threads.
            held: file descriptors that the emulator keeps open too: a lock that is held until all has ended.

        Raises:
            ServerError: it could not be started.
        """
        self._temporary = None if folder else tempfile.mkdtemp(prefix="sluice-")
        self._on_event, self._stopping = on_event, False
        self.stacks: list[Stack] = []
        self._outputs: dict[str, dict[str, Any]] = {}
        try:
            self.server = Server(folder or Path(self._temporary or "", "cloud"), port, held)
        except BaseException:
            self._remove_temporary()
            raise
        self.endpoint = self.server.endpoint

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
            on_created: told of each resource as it is there.

        Raises:
            ProgramError: there is no such stack, its settings are wrong, or the program failed.
            DeploymentError: a resource could not be created.
        """
        config = program.configuration(stack, root) if config is None else config
        cloud = Cloud(self.endpoint, config.get("aws:region", "us-east-1"), functions_endpoint, token=self.server.token)
        deployment = Deployment(cloud, on_created, self._outputs)
        outputs = program.run(stack, deployment, root=root, config=config)
        self._outputs[program.full_name(stack, root)] = outputs
        made = Stack(stack, outputs, deployment.graph, cloud, {}, [], [])
        self.stacks.append(made)
        for mapping in made.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping"):
            if ":dynamodb:" in mapping.inputs["eventSourceArn"]:
                made.pollers[mapping.name] = self._start_poller(cloud, mapping.id)
        for schedule in made.graph.of_type("aws:scheduler/schedule:Schedule"):
            made.schedules.append(self._start_schedule(cloud, schedule.id))
        for target in made.graph.of_type("aws:cloudwatch/eventTarget:EventTarget"):
            made.rule_targets.append(_start_rule_target(cloud, target))
        return made

    def stop(self) -> None:
        """Stops everything; returns when nothing runs and nothing is left.

        Raises:
            RuntimeError: a poller broke while it ran; all is stopped nevertheless.
        """
        self._stopping = True
        broken: list[RuntimeError] = []
        try:
            self.server.stop()  # first: an invocation may have minutes to go, and pollers wait for theirs
            for runner in (runner for stack in self.stacks for runner in stack.runners):
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

    def _start_poller(self, cloud: Cloud, mapping_id: str) -> StreamPoller:
        configuration = cloud.client("lambda").get_event_source_mapping(UUID=mapping_id)
        mapping = StreamMapping.from_configuration(configuration)
        function = cloud.client("lambda").get_function_configuration(FunctionName=mapping.function_arn)
        role = cloud.as_role(function["Role"])
        destination = mapping.on_failure.split(":")[2] if mapping.on_failure else None
        poller = StreamPoller(
            mapping,
            streams=role.client("dynamodbstreams"),
            lambda_=cloud.invoking(),
            destination=role.client(destination) if destination else None,
            on_event=self._tell,
        )
        poller.start()
        return poller

    def _start_schedule(self, cloud: Cloud, schedule_id: str) -> Schedule:
        group, name = schedule_id.split("/")
        configuration = cloud.client("scheduler").get_schedule(GroupName=group, Name=name)
        schedule = Schedule(configuration, cloud.invoking(), cloud.client("sqs"), self._tell)
        schedule.start()
        return schedule

    def _tell(self, event: Event | Fired) -> None:
        if not self._stopping:  # the emulator goes first; that calls fail then is nobody's concern
            self._on_event(event)

    def _remove_temporary(self) -> None:
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _start_rule_target(cloud: Cloud, resource: Resource) -> RuleTarget:
    events, sqs = cloud.client("events"), cloud.client("sqs")
    rule, target_id = resource.inputs["rule"], resource.outputs["targetId"]
    targets = {target["Id"]: target for target in events.list_targets_by_rule(Rule=rule)["Targets"]}
    target = Target({**targets[target_id], "Arn": resource.inputs["arn"]}, cloud.invoking(), sqs)
    tap = sqs.get_queue_url(QueueName=tap_name(rule, target_id))["QueueUrl"]
    runner = RuleTarget(events.describe_rule(Name=rule)["Arn"], target, tap, cloud.client("lambda"), sqs)
    runner.start()
    return runner
