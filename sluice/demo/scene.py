"""The scene of all parts of the demo: a deployed stack behind a fault proxy, and checks that are shown."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.program.execution import configuration
from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target
from sluice.terminal import plural, say, status

_TABLES = ["Users", "Members"]
"""The stream's tables: two, like those of a team that already has tables."""


class Scene:
    """A running stack and the checks made on it.

    Attributes:
        stack: the stack.
        faults: the proxy between its functions and the emulator.
        target: the same stack, as commands see it.
        checked: how many checks were made.
        failed: how many of them did not hold.
    """

    def __init__(self, stack: Stack, faults: FaultProxy) -> None:
        self.stack, self.faults = stack, faults
        self.target = Target(stack.outputs, stack.cloud.endpoint)
        self.checked = self.failed = 0

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Scene"]:
        """Starts the embedded cloud, deploys the stack `local`, and stops everything at the end."""
        started = time.monotonic()
        with EmbeddedCloud() as cloud, FaultProxy(cloud.endpoint, []) as faults:
            with status("Deploying the stack local ..."):
                config = configuration("local")
                streams = {**json.loads(config.get("sluice:streams", "{}")), "users": {"tables": _TABLES}}
                config["sluice:streams"] = json.dumps(streams)
                with _no_warnings():
                    stack = cloud.deploy("local", config=config, functions_endpoint=faults.endpoint)
            count = sum(resource.custom for resource in stack.graph.resources.values())
            seconds = time.monotonic() - started
            say(
                f"The program that `pulumi up` deploys runs here: {plural(count, 'resource')} in {seconds:.1f} s, "
                f"IAM enforced, {cloud.endpoint}"
            )
            yield cls(stack, faults)

    def pipeline(self, section: str) -> Pipeline:
        """The stack's pipeline of a kind: `streams`, `imports` or `reports`."""
        return pipelines(self.target, section)[0]

    def tables(self) -> list[Any]:
        """The two tables of the stream, as boto3's resource."""
        return [self.table(made["name"]) for made in self.pipeline("streams")["tables"]]

    def table(self, name: str) -> Any:
        """A DynamoDB table, as boto3's resource."""
        import boto3

        session: Any = boto3.Session("test", "test", region_name=self.target["region"])
        return session.resource("dynamodb", endpoint_url=self.stack.cloud.endpoint).Table(name)

    def settle(self) -> None:
        """Waits until the streams are done."""
        with status("Waiting for the streams ..."):
            self.stack.wait_idle(120)

    def check(self, promise: str, *, holds: bool, evidence: object = "") -> None:
        """Shows a promise and whether it held, with the evidence if not."""
        self.checked += 1
        self.failed += not holds
        mark = ("ok  ", "green") if holds else ("FAIL", "red")
        say("  ", mark, f" {promise}" + ("" if holds or evidence == "" else f": found {evidence!r}"))


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Suppresses Pulumi's warnings: that a team's own tables have no room for other readers does not matter here."""
    logger = logging.getLogger("pulumi")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
