import tempfile
from pathlib import Path
from typing import Any

import pytest

from sluice.cloud import embedded as module
from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.server import ServerError
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.cloud.program.execution import ProgramError
from sluice.cloud.program.graph import Graph
from sluice.cloud.resources.deployment import DeploymentError
from sluice.cloud.triggers.streams import events

pytestmark = pytest.mark.e2e


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def dev(embedded_cloud):
    return embedded_cloud.deploy("dev")


def put(stack, user_id):
    stack.cloud.client("dynamodb").put_item(
        TableName=stack.output("streams.users.tables.0.name"), Item={"userId": {"S": user_id}}
    )


def test_a_stack_runs_what_aws_would_run_for_it(temporary):
    told = []
    with EmbeddedCloud(on_event=told.append) as cloud:
        stack = cloud.deploy("local")
        put(stack, "u-1")
        stack.wait_idle()
        bucket = stack.outputs["archive_bucket_name"]
        assert stack.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix="changes/")["KeyCount"] == 1
    assert [event for event in told if isinstance(event, events.Delayed)] == []  # also none of the end
    functions = {event.function for event in told if isinstance(event, events.Invoked)}
    assert functions == {
        stack.output("streams.users.archiver_function_name"),
        stack.output("streams.users.notifier_function_name"),
    }
    assert list(temporary.iterdir()) == []


def test_whole_numbers_among_the_outputs_are_integers_as_pulumi_shows_them(dev):
    assert str(dev.outputs["contract"]) == "2"


def test_functions_write_their_logs_into_their_own_log_groups(dev):
    put(dev, "u-1")
    dev.wait_idle()
    logs = dev.cloud.client("logs")
    group = dev.graph.named("sluice-dev-stream-users-archiver-logs").outputs["name"]
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert any('"RecordsArchived": 1' in message for message in messages)


def test_two_stacks_live_side_by_side(embedded_cloud, dev):
    prod = embedded_cloud.deploy("prod")

    def archived():
        buckets = [stack.outputs["archive_bucket_name"] for stack in (dev, prod)]
        return [dev.cloud.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] for bucket in buckets]

    dev.wait_idle()
    in_dev, in_prod = archived()
    put(prod, "u-2")
    dev.wait_idle()
    prod.wait_idle()
    assert archived() == [in_dev, in_prod + 1]


def test_waiting_for_what_does_not_come_to_an_end_is_an_error(embedded_cloud):
    never = Rule("throttle", service="lambda", operation="Invoke")
    with FaultProxy(embedded_cloud.endpoint, [never]) as proxy:
        stack = embedded_cloud.deploy("staging", functions_endpoint=proxy.endpoint)
        put(stack, "u-1")
        with pytest.raises(TimeoutError, match=r"-mapping still has 1 records to handle after 0.2 s"):
            stack.wait_idle(0.2)
        proxy.rules = []
        stack.wait_idle()


def test_a_stack_that_cannot_be_deployed_leaves_nothing(temporary, monkeypatch):
    def refuse(*_):
        raise ValueError("refused")

    monkeypatch.setattr("sluice.cloud.resources.deployment.create", refuse)
    with pytest.raises(DeploymentError, match="refused"), EmbeddedCloud() as cloud:
        cloud.deploy("local")
    assert list(temporary.iterdir()) == []
    assert not cloud.server.alive


def test_an_unknown_stack_is_refused(embedded_cloud):
    with pytest.raises(ProgramError, match="no stack nope"):
        embedded_cloud.deploy("nope")


def test_an_emulator_that_does_not_start_leaves_no_folder(temporary, monkeypatch):
    def refuse(*_):
        raise ServerError("no")

    monkeypatch.setattr(module, "Server", refuse)
    with pytest.raises(ServerError):
        EmbeddedCloud()
    assert list(temporary.iterdir()) == []


def test_a_folder_of_the_callers_is_used_and_removed(tmp_path):
    folder = tmp_path / "mine"
    with EmbeddedCloud(folder):
        assert (folder / "ministack.log").exists()
    assert not Path(folder).exists()


class BrokenPoller:
    def stop(self):
        raise RuntimeError("it broke")


def test_a_poller_that_broke_is_told_when_all_is_stopped():
    cloud = EmbeddedCloud()
    pollers: Any = {"mapping": BrokenPoller()}
    cloud.stacks.append(Stack("sample", {}, Graph(), Cloud(cloud.endpoint, "eu-north-1"), pollers, []))
    with pytest.raises(RuntimeError, match="it broke"):
        cloud.stop()
    assert not cloud.server.alive
