"""What end-to-end tests use: stacks deployed behind a fault proxy, and the archive read back."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.target import Target
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
        return archive(self.target)


def archive(target: Target) -> list[dict[str, Any]]:
    s3, bucket = target.client("s3"), target["archive_bucket_name"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="changes/")
    keys = [held["Key"] for page in pages for held in page.get("Contents", [])]
    bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    lines = [json.loads(line, parse_float=Decimal) for body in bodies for line in body.splitlines()]
    return sorted(lines, key=lambda line: line["sequence_number"])


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
