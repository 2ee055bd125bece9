"""The embedded cloud: the emulator, the stacks deployed into it, and what AWS would run for them."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

import boto3
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials, create_assume_role_refresher
from botocore.session import get_session

from local import program
from local.deployment import Deployment
from local.recording import Graph, Resource
from local.resources import Cloud
from local.schedules import Fired, Schedule
from local.server import Server
from local.streams.events import Event
from local.streams.mapping import StreamMapping
from local.streams.poller import StreamPoller

_LONGEST_INVOCATION_SECONDS = 900


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
    ) -> None:
        """Starts the emulator.

        Args:
            folder: what it may write to, removed when it stops; a temporary one by default.
            port: where it listens; a free port by default.
            on_event: told what happens on streams and schedules, from several threads.

        Raises:
            ServerError: it could not be started.
        """
        self._temporary = None if folder else tempfile.mkdtemp(prefix="sluice-")
        self._on_event = on_event
        self.stacks: list[Stack] = []
        try:
            self.server = Server(folder or Path(self._temporary or "", "cloud"), port)
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

        Args:
            stack: the stack's name.
            root: the folder of the program.
            config: its configuration; by default its file's.
            functions_endpoint: what functions call, and what invokes them: a fault proxy before the emulator. The emulator
                itself by default.
            on_created: told of each resource as it is there.

        Raises:
            ProgramError: there is no such stack, or its settings are wrong.
            DeploymentError: a resource could not be created.
        """
        config = program.configuration(stack, root) if config is None else config
        cloud = Cloud(self.endpoint, config.get("aws:region", "us-east-1"), functions_endpoint)
        deployment = Deployment(cloud, on_created)
        outputs = program.run(stack, deployment, root=root, config=config)
        made = Stack(stack, outputs, deployment.graph, cloud, {}, [])
        for mapping in made.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping"):
            if ":dynamodb:" in mapping.inputs["eventSourceArn"]:
                made.pollers[mapping.name] = self._poller(cloud, mapping.id)
        for schedule in made.graph.of_type("aws:scheduler/schedule:Schedule"):
            group, name = schedule.id.split("/")
            configuration = cloud.client("scheduler").get_schedule(GroupName=group, Name=name)
            made.schedules.append(Schedule(configuration, _invoking(cloud), cloud.client("sqs"), self._on_event))
        for runner in (*made.pollers.values(), *made.schedules):
            runner.start()
        self.stacks.append(made)
        return made

    def stop(self) -> None:
        """Stops everything; returns when nothing runs and nothing is left."""
        try:
            for stack in self.stacks:
                for runner in (*stack.pollers.values(), *stack.schedules):
                    runner.stop()
        finally:
            self.server.stop()
            self._remove_temporary()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _poller(self, cloud: Cloud, mapping_id: str) -> StreamPoller:
        configuration = cloud.client("lambda").get_event_source_mapping(UUID=mapping_id)
        mapping = StreamMapping.from_configuration(configuration)
        function = cloud.client("lambda").get_function_configuration(FunctionName=mapping.function_arn)
        role = _as_role(cloud, function["Role"])
        service = (mapping.on_failure or ":::").split(":")[2]
        return StreamPoller(
            mapping,
            streams=role.client("dynamodbstreams", endpoint_url=cloud.endpoint),
            lambda_=_invoking(cloud),
            destination=role.client(service, endpoint_url=cloud.endpoint) if service else None,
            on_event=self._on_event,
        )

    def _remove_temporary(self) -> None:
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _invoking(cloud: Cloud) -> Any:
    """A client that invokes functions once and waits as long as they may run."""
    once = Config(retries={"total_max_attempts": 1}, read_timeout=_LONGEST_INVOCATION_SECONDS, max_pool_connections=50)
    endpoint = cloud.functions_endpoint or cloud.endpoint
    return boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name=cloud.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=once,
    )


def _as_role(cloud: Cloud, role: str) -> boto3.Session:
    """A session with a function's role, as Lambda reads its stream; its credentials are renewed before they expire."""
    renew = create_assume_role_refresher(
        cloud.client("sts"), {"RoleArn": role, "RoleSessionName": "event-source-mapping"}
    )
    session = get_session()
    session.set_config_variable("region", cloud.region)
    session._credentials = DeferredRefreshableCredentials(renew, "sts-assume-role")  # noqa: SLF001 botocore's own way has no public name
    return boto3.Session(botocore_session=session)
