import difflib
from pathlib import Path

import pytest
import yaml

from sluice.cloud.program.execution import ROOT, stacks
from tests.infra.picture import deviations, picture, text
from tests.infra.strictness import differences, violations

STACKS = stacks()
SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("stack", STACKS)
def test_the_graph_keeps_every_rule(graph_of, stack):
    assert violations(graph_of(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_registers_what_an_update_registers(graph_of, stack):
    assert differences(graph_of(stack, preview=True), graph_of(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_graph_is_the_one_that_was_reviewed(graph_of, stack, request):
    """A change of the resources shows as a change of the snapshots: prod whole, of the others what is another there."""
    path, production = SNAPSHOTS / f"{stack}.txt", picture(graph_of("prod"))
    others = deviations(production, picture(graph_of(stack)), names=("prod", stack))
    shown = text(production) if stack == "prod" else others
    if request.config.getoption("--snapshot"):
        path.write_text(shown)
    if shown != path.read_text():
        lines = difflib.unified_diff(path.read_text().splitlines(), shown.splitlines(), path.name, "now", lineterm="")
        pytest.fail(
            f"the graph has changed; if that is meant, write it: pytest {__file__} --snapshot\n" + "\n".join(lines),
            pytrace=False,
        )


DATA = {"aws:dynamodb/table:Table", "aws:s3/bucket:Bucket"}
"""Types of resources that hold data."""


def data(graph):
    return [resource for resource in graph.resources.values() if resource.type in DATA]


def values(graph, kind, name):
    """The values of an input over all resources of a type."""
    found = [resource.inputs.get(name) for resource in graph.of_type(kind)]
    assert found
    return found


EXPENDABLE = {"sluice-prod-marks"}
"""Tables that can be lost: without marks a record that is delivered again is mailed again, and nothing else happens."""


def test_production_keeps_its_data(graph_of):
    graph = graph_of("prod")
    kept = {held.name for held in data(graph) if held.options.get("protect") and held.options.get("retain_on_delete")}
    assert {held.name for held in data(graph)} - kept == EXPENDABLE
    assert not any(values(graph, "aws:s3/bucket:Bucket", "forceDestroy"))
    tables = {table.name: table.inputs for table in graph.of_type("aws:dynamodb/table:Table")}
    assert {name for name, inputs in tables.items() if not inputs["deletionProtectionEnabled"]} == EXPENDABLE
    assert {name for name, inputs in tables.items() if not inputs["pointInTimeRecovery"]["enabled"]} == EXPENDABLE
    versioned = values(graph, "aws:s3/bucketVersioning:BucketVersioning", "bucket")
    assert sorted(versioned) == sorted(bucket.name for bucket in graph.of_type("aws:s3/bucket:Bucket"))


NO_GUARD = {"aws:s3/bucketNotification:BucketNotification"}
"""Types that belong to kept data and guard nothing: without the stack nobody is there to be told."""


def belonging(graph, kept):
    """What is a resource of its own for AWS's provider, and a setting of kept data for everybody else."""
    service = kept.type.split("/")[0]
    return [
        held
        for held in graph.resources.values()
        if held.custom and kept.urn in held.dependencies and held.type.split("/")[0] == service
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_kept_keeps_its_guards(graph_of, stack):
    graph = graph_of(stack)
    kept = [held for held in graph.resources.values() if held.options.get("retain_on_delete") and held.type in DATA]
    assert bool(kept) == (stack == "prod")
    guards = {guard.urn: guard for held in kept for guard in belonging(graph, held)}
    lost = {guard.type for guard in guards.values() if not guard.options.get("retain_on_delete")}
    assert lost == (NO_GUARD if kept else set())
    for bucket in kept:
        if bucket.type == "aws:s3/bucket:Bucket":
            assert {guard.type.partition(":")[2] for guard in belonging(graph, bucket)} - {
                "s3/bucketNotification:BucketNotification"
            } == {
                "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                "s3/bucketOwnershipControls:BucketOwnershipControls",
                "s3/bucketPolicy:BucketPolicy",
                "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                "s3/bucketVersioning:BucketVersioning",
            }


def test_development_goes_without_a_trace(graph_of):
    graph = graph_of("dev")
    assert not any(held.options.keys() & {"protect", "retain_on_delete"} for held in graph.resources.values())
    assert not any(values(graph, "aws:dynamodb/table:Table", "deletionProtectionEnabled"))
    assert not any(held["enabled"] for held in values(graph, "aws:dynamodb/table:Table", "pointInTimeRecovery"))
    assert all(values(graph, "aws:s3/bucket:Bucket", "forceDestroy"))


@pytest.mark.parametrize(("stack", "mode", "days"), [("prod", "Active", 365), ("dev", "PassThrough", 7)])
def test_functions_are_traced_and_logged_as_the_stack_wants(graph_of, stack, mode, days):
    graph = graph_of(stack)
    assert {held["mode"] for held in values(graph, "aws:lambda/function:Function", "tracingConfig")} == {mode}
    assert set(values(graph, "aws:cloudwatch/logGroup:LogGroup", "retentionInDays")) == {days}


def test_the_engine_is_one_that_knows_what_pulumi_yaml_says():
    """A setting of `type: object` needs 3.187.0; an older engine says nothing of it that a reader understands."""
    assert yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["requiredPulumiVersion"] == ">=3.187.0"


@pytest.mark.parametrize(("stack", "every"), [("dev", "rate(1 hour)"), ("staging", "rate(1 hour)")])
def test_the_reports_of_a_stack_leave_room_in_the_sandbox(graph_of, stack, every):
    """SES's sandbox takes 200 mails a day; a report every five minutes is 288."""
    (schedule,) = graph_of(stack).of_type("aws:scheduler/schedule:Schedule")
    assert schedule.inputs["scheduleExpression"] == every
