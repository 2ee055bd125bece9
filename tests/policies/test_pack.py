"""The policy pack as Pulumi's engine runs it: a process of its own, asked over gRPC. Only the CLI is missing."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as analyzer
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies import resource_types as types
from policies.model import UNKNOWN, Stack
from policies.rules import RULES
from sluice.cloud.program.execution import ROOT
from tests.policies.editing import drop, found, put
from tests.policies.forms import FORMS, dependent, unsettled
from tests.policies.recording import stack

ARCHIVE = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "0", "path": "code"}
"""How an archive travels to a policy pack."""


@pytest.fixture(scope="module")
def pack_of():
    """`pack_of("prod")`: a running pack, as Pulumi starts it for a stack."""
    running = []

    def start(name):
        environment = {
            **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            "PULUMI_PROJECT": "sluice",
            "PULUMI_STACK": name,
            "PULUMI_DRY_RUN": "true",
            "PULUMI_CONFIG": "{}",
        }
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", "."],
            cwd=ROOT / "policies",
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        port = int(process.stdout.readline())
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        running.append((process, channel))
        return analyzer_pb2_grpc.AnalyzerStub(channel)

    yield start
    for process, channel in running:
        channel.close()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def prod(pack_of):
    return pack_of("prod")


SHOWN = {"inputs": FORMS["inputs"], "preview": unsettled, "state": FORMS["state"]}
"""The forms as the engine hands them over: in a preview the pack sees what is unknown."""


def asked(registered, form="inputs"):
    """A stack as the engine hands it over at the end: what is known of each resource in one object."""
    made = SHOWN[form](registered)
    given = {resource.urn: resource for resource in registered.resources}
    return analyzer.AnalyzeStackRequest(
        resources=[
            analyzer.AnalyzerResource(
                type=resource.type,
                name=resource.name,
                urn=resource.urn,
                properties=struct({**resource.inputs, **identity(given[resource.urn])}),
                options=analyzer.AnalyzerResourceOptions(protect=resource.protected),
                dependencies=sorted(resource.dependencies),
                propertyDependencies={
                    name: analyzer.AnalyzerPropertyDependencies(urns=sorted(resource.dependencies))
                    for name in dependent(registered, given[resource.urn])
                },
            )
            for resource in made.resources
        ]
    )


def identity(resource):
    """What AWS adds that others refer to, under names that the pack looks at, and the inputs, which go before it."""
    names = ("id", "name", "bucket", "arn", "streamArn", "url", "uuid")
    return {**dict(zip(names, sorted(resource.handles), strict=False)), **resource.inputs}


def struct(properties):
    return json_format.ParseDict({name: wire(value) for name, value in properties.items()}, struct_pb2.Struct())


def wire(value):
    if value is UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, dict):
        return {name: wire(item) for name, item in value.items()}
    if isinstance(value, list):
        return [wire(item) for item in value]
    return value if isinstance(value, (str, bool, float, int, type(None))) else ARCHIVE


def told(answer):
    return [(each.policyName, each.message.partition("\n")[2], each.enforcementLevel) for each in answer.diagnostics]


def test_the_pack_has_a_policy_for_every_rule(prod):
    info = prod.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == "sluice"
    assert [policy.name for policy in info.policies] == [rule.name for rule in RULES]
    assert {policy.enforcementLevel for policy in info.policies} == {analyzer.MANDATORY}


@pytest.mark.parametrize("name", ["dev", "local"])
def test_it_advises_where_things_are_tried_out(pack_of, name):
    info = pack_of(name).GetAnalyzerInfo(empty_pb2.Empty())
    assert {policy.enforcementLevel for policy in info.policies} == {analyzer.ADVISORY}


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("preview", [False, True])
def test_prod_passes_as_a_whole(prod, preview, form):
    assert told(prod.AnalyzeStack(asked(stack("prod", preview=preview), form))) == []


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("preview", [False, True])
def test_each_resource_of_prod_passes_before_it_is_made(prod, preview, form):
    for resource in SHOWN[form](stack("prod", preview=preview)).resources:
        assert told(prod.Analyze(request(resource))) == []


def request(resource):
    return analyzer.AnalyzeRequest(
        type=resource.type,
        name=resource.name,
        urn=resource.urn,
        properties=struct(resource.inputs),
        options=analyzer.AnalyzerResourceOptions(protect=resource.protected),
    )


def test_a_resource_that_breaks_a_rule_is_refused_with_its_name_and_the_remedy(prod):
    queue = found(stack("prod"), types.QUEUE, "sluice-prod-import-items-queue")
    inputs = {name: value for name, value in queue.inputs.items() if name != "sqsManagedSseEnabled"}
    assert told(prod.Analyze(request(replace(queue, inputs=inputs)))) == [
        (
            "queue-encrypted",
            "aws:sqs/queue:Queue sluice-prod-import-items-queue: queue-encrypted: set sqs_managed_sse_enabled=True",
            analyzer.MANDATORY,
        )
    ]


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("preview", [False, True])
def test_a_stack_that_breaks_a_rule_is_refused_at_the_resource(prod, preview, form):
    without: Stack = drop(types.ALARM, "sluice-prod-stream-users-archiver-errors")(stack("prod", preview=preview))
    answer = prod.AnalyzeStack(asked(without, form))
    assert [name for name, *_ in told(answer)] == ["function-alarms"]
    assert answer.diagnostics[0].urn == found(without, types.FUNCTION, "sluice-prod-stream-users-archiver").urn


@pytest.mark.parametrize("preview", [False, True])
def test_what_the_provider_would_compute_is_not_taken_for_given(prod, preview):
    """A queue that feeds a function has no redrive policy: in a preview the engine shows an unknown one."""
    edited = put(types.QUEUE, "sluice-prod-import-items-queue", "redrivePolicy", None)(stack("prod", preview=preview))
    rules = [name for name, *_ in told(prod.AnalyzeStack(asked(edited, "preview")))]
    assert "failure-destination" in rules


def test_protection_is_seen_by_the_pack(prod):
    edited = put(types.TABLE, "sluice-prod-import-items-table", "deletionProtectionEnabled", False)(stack("prod"))
    assert [name for name, *_ in told(prod.AnalyzeStack(asked(edited)))] == ["protected"]


def test_the_packs_own_requirements_are_those_of_the_lock_files():
    locked = {line.split(" ")[0] for line in (ROOT / "requirements-dev.txt").read_text().splitlines() if "==" in line}
    wanted = {line for line in (ROOT / "policies/requirements.txt").read_text().splitlines() if "==" in line}
    assert wanted <= locked


def test_the_pack_is_a_python_project_with_an_environment_of_its_own():
    project = yaml.safe_load(Path(ROOT / "policies/PulumiPolicy.yaml").read_text())
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
