"""What end-to-end tests use: stacks deployed behind a fault proxy, and the archive read back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.target import Target
from sluice.trail import lines_of
from tests.clients import table


@dataclass
class Deployed:
    """A stack and the proxy that stands before its functions."""

    stack: Stack
    faults: FaultProxy

    @property
    def target(self) -> Target:
        return Target(self.stack.outputs, self.stack.cloud.endpoint)

    def table(self) -> Any:
        """The stream's table, as a user of boto3 sees it."""
        return table(self.stack.cloud.endpoint, self.stack.output("streams.users.tables.0.name"))

    def archive(self) -> list[dict[str, Any]]:
        """Every line of the archive, in order of the stream."""
        return lines_of(self.target)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def deploy() -> Iterator[Callable[..., Deployed]]:
    """`deploy(*rules, stack="local")`: a stack in a cloud of its own, its functions behind a proxy with these rules."""
    with ExitStack() as stacks:

        def deploy(*rules: Rule, stack: str = "local", seed: int = 2) -> Deployed:
            cloud = stacks.enter_context(EmbeddedCloud())
            proxy = stacks.enter_context(FaultProxy(cloud.endpoint, list(rules), seed=seed))
            return Deployed(cloud.deploy(stack, functions_endpoint=proxy.endpoint), proxy)

        yield deploy
