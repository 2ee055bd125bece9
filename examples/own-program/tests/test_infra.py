"""The resources, with Pulumi's mocks: no cloud, no packages."""

import asyncio
import json
from typing import Any

import pulumi
import pytest

asyncio.set_event_loop(asyncio.new_event_loop())  # before the mocks, which would make a loop of their own


class Recorder(pulumi.runtime.Mocks):
    """Keeps the resources that are made."""

    def __init__(self) -> None:
        self.made: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Returns the outputs of a resource that others use."""
        self.made[args.name] = args
        arn = f"arn:aws:any:eu-north-1:123456789012:{args.name}"
        return f"{args.name}-id", {"arn": arn, "name": args.name, "streamArn": f"{arn}/stream", **args.inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], None]:
        """Returns nothing: the program looks nothing up."""
        raise NotImplementedError(args.token)


recorder = Recorder()
pulumi.runtime.set_mocks(recorder, project="warehouse", stack="test")

from infra.warehouse import Warehouse  # noqa: E402 after the mocks, as Pulumi requires


@pytest.fixture(scope="module")
def made() -> dict[str, pulumi.runtime.MockResourceArgs]:
    """Name -> resource."""

    @pulumi.runtime.test
    def build() -> None:
        Warehouse("shop", {"code": pulumi.AssetArchive({}), "operations": {"runbook_url": "https://wiki/shop/"}})

    build()
    return recorder.made


def test_new_orders_alone_reach_the_function(made: dict[str, pulumi.runtime.MockResourceArgs]) -> None:
    filters = made["shop-orders-writer-mapping"].inputs["filterCriteria"]["filters"]
    assert [json.loads(each["pattern"]) for each in filters] == [{"eventName": ["INSERT"]}]


def test_what_cannot_be_written_is_given_up_after_two_retries_and_kept(
    made: dict[str, pulumi.runtime.MockResourceArgs],
) -> None:
    mapping = made["shop-orders-writer-mapping"].inputs
    assert mapping["maximumRetryAttempts"] == 2
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"].endswith(":shop-failures")


def test_the_function_may_write_files_and_read_nothing(made: dict[str, pulumi.runtime.MockResourceArgs]) -> None:
    policy = json.loads(made["shop-orders-writer-policy"].inputs["policy"])
    allowed = {statement["Sid"]: statement["Action"] for statement in policy["Statement"]}
    assert allowed["WriteFiles"] == ["s3:PutObject"]
    assert not any(action == "s3:GetObject" for actions in allowed.values() for action in actions)


def test_alarms_point_to_the_teams_own_runbooks(made: dict[str, pulumi.runtime.MockResourceArgs]) -> None:
    alarms = [each.inputs for each in made.values() if each.typ.endswith(":MetricAlarm")]
    assert alarms
    assert all("Runbook: https://wiki/shop/" in alarm["alarmDescription"] for alarm in alarms)
