"""Each rule, broken by a small program, names the resource, the rule and the remedy."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from infra.bucket import Bucket
from infra.code import archive
from infra.function import Function
from infra.iam import policy_document
from infra.stream_pipeline import StreamPipeline
from infra.table import Table
from sluice.cloud.program.graph import Graph, Resource
from tests.infra.reading import HANDLER, OPERATIONS, TAGS, record
from tests.infra.streams import INSERTS
from tests.infra.strictness import differences, violations

BUCKET = "aws:s3/bucket:Bucket"


class Component(pulumi.ComponentResource):
    """A component whose children are what `build` makes of its name and the options of a child."""

    def __init__(self, name, build=lambda name, opts: None, outputs=None, opts=None):
        super().__init__("test:index:Component", name, None, opts)
        build(name, pulumi.ResourceOptions(parent=self))
        if outputs is not False:
            self.register_outputs({"name": name} if outputs is None else outputs)


def broken(build, **kwargs):
    """What the rules say of a program that makes one component."""
    return violations(record(lambda: Component("app", build, **kwargs)))


def child(token, **inputs):
    """A program that makes one resource, of whatever inputs, in wire form."""
    return broken(lambda name, opts: pulumi.CustomResource(token, f"{name}-it", inputs, opts))


def test_a_program_that_keeps_the_rules_has_no_violations():
    def build():
        bucket = Bucket("archive", {"operations": OPERATIONS})
        StreamPipeline(
            "stream",
            {
                "partition_key": {"name": "id"},
                "failures_bucket_arn": bucket.arn,
                "consumers": {"archiver": {"handler": HANDLER, "code": archive(HANDLER), "filters": [INSERTS]}},
                "operations": OPERATIONS,
            },
        )

    assert violations(record(build)) == []
    assert violations(record(build, preview=True)) == []


# ---- the tree


def test_two_resources_of_one_urn():
    def build(name, opts):
        for _ in range(2):
            aws.s3.Bucket(f"{name}-it", tags=TAGS, opts=opts)

    (found,) = broken(build)
    assert found.endswith("$aws:s3/bucket:Bucket::app-it: registered twice; give one of them another name")


def test_a_resource_without_a_component():
    assert violations(record(lambda: aws.s3.Bucket("it", tags=TAGS))) == [
        f"{BUCKET} it: has no component as parent; pass ResourceOptions(parent=self)"
    ]


def test_a_resource_without_a_parent():
    """Pulumi's SDK gives every resource the stack as parent; a graph of another origin may lack it."""
    graph = Graph()
    graph.add(Resource("urn:it", BUCKET, "it", "", True, {"tags": TAGS}, frozenset(), {}))
    assert violations(graph) == [f"{BUCKET} it: has no parent; register it within the program's stack"]


@pytest.mark.parametrize("name", ["it", "ap", "application", "other-app"])
def test_a_child_that_is_not_named_after_its_parent(name):
    assert broken(lambda _, opts: aws.s3.Bucket(name, tags=TAGS, opts=opts)) == [
        f'{BUCKET} {name}: is not named after its parent app; name it f"{{name}}-suffix"'
    ]


@pytest.mark.parametrize("name", ["app", "app-it"])
def test_a_child_that_is_named_after_its_parent(name):
    assert broken(lambda _, opts: aws.s3.Bucket(name, tags=TAGS, opts=opts)) == []


def test_a_component_within_a_component_is_named_after_it():
    assert broken(lambda _, opts: Component("it", opts=opts)) == [
        'test:index:Component it: is not named after its parent app; name it f"{name}-suffix"'
    ]


@pytest.mark.parametrize("outputs", [False, {}])
def test_a_component_without_outputs(outputs):
    assert broken(lambda name, opts: None, outputs=outputs) == [
        "test:index:Component app: registers no outputs; call register_outputs with what others use, once and last"
    ]


# ---- inputs


def test_an_input_that_pulumi_aws_does_not_know():
    (found,) = child(BUCKET, tags=TAGS, versioned=True)
    assert found.startswith(f"{BUCKET} app-it: input versioned: pulumi-aws does not know it; it knows ")
    assert "versioning" in found


def test_an_input_within_an_input_that_pulumi_aws_does_not_know():
    def build(name, opts):
        rules: Any = [{"id": "a", "status": "Enabled", "expiry": {"days": 1}}]
        aws.s3.BucketLifecycleConfiguration(f"{name}-it", bucket="b", rules=rules, opts=opts)

    (found,) = broken(build)
    assert "app-it: input rules[0].expiry: pulumi-aws does not know it; it knows abortIncomplete" in found


LAMBDA = "aws:lambda/function:Function"


@pytest.mark.parametrize(
    ("token", "inputs", "mistake"),
    [
        (BUCKET, {"forceDestroy": "yes"}, "forceDestroy: 'yes' is of type str, not bool"),
        (LAMBDA, {"timeout": "60"}, "timeout: '60' is of type str, not int"),
        (LAMBDA, {"timeout": 0.5}, "timeout: 0.5 is of type float, not int"),
        (LAMBDA, {"timeout": True}, "timeout: True is of type bool, not int"),
        (LAMBDA, {"handler": 1}, "handler: 1.0 is of type float, not str"),
        (LAMBDA, {"handler": pulumi.FileArchive(".")}, "is of type FileArchive, not str"),
        (LAMBDA, {"code": "code.zip"}, "code: 'code.zip' is of type str, not Archive"),
        (LAMBDA, {"architectures": "arm64"}, "architectures: 'arm64' is of type str, not list"),
        (LAMBDA, {"architectures": [1]}, "architectures[0]: 1.0 is of type float, not str"),
        (LAMBDA, {"tracingConfig": "Active"}, "tracingConfig: 'Active' is of type str, not dict"),
        (LAMBDA, {"tracingConfig": {"mode": 1}}, "tracingConfig.mode: 1.0 is of type float, not str"),
        (LAMBDA, {"environment": {"variables": ["A"]}}, "environment.variables: ['A'] is of type list, not Mapping"),
        (LAMBDA, {"environment": {"variables": {"A": 1}}}, "environment.variables.A: 1.0 is of type float, not str"),
        (LAMBDA, {"layers": [None]}, "layers[0]: is null; leave it out, or give the output of a resource that has one"),
    ],
)
def test_an_input_of_the_wrong_type(token, inputs, mistake):
    (found,) = child(token, tags=TAGS, **inputs)
    assert found.startswith(f"{token} app-it: input {next(iter(inputs))}")
    assert mistake in found


@pytest.mark.parametrize(
    ("token", "inputs", "path", "accepted"),
    [
        ("aws:dynamodb/table:Table", {"streamViewType": "NEW_AND_OLD_IMAGE"}, "streamViewType", "NEW_AND_OLD_IMAGES"),
        (
            "aws:dynamodb/table:Table",
            {"billingMode": "PAY_PER_REQUESTS"},
            "billingMode",
            "PAY_PER_REQUEST, PROVISIONED",
        ),
        ("aws:dynamodb/table:Table", {"attributes": [{"type": "STRING"}]}, "attributes[0].type", "B, N, S"),
        (LAMBDA, {"runtime": "python3.99"}, "runtime", "python3.14"),
        (LAMBDA, {"architectures": ["x86_64", "arm"]}, "architectures[1]", "arm64, x86_64"),
        (LAMBDA, {"tracingConfig": {"mode": "On"}}, "tracingConfig.mode", "Active, PassThrough"),
        (LAMBDA, {"loggingConfig": {"logFormat": "Json"}}, "loggingConfig.logFormat", "JSON, Text"),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {"comparisonOperator": "GreaterThanOrEqual"},
            "comparisonOperator",
            "GreaterThanOrEqualToThreshold",
        ),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"statistic": "Total"}, "statistic", "Average, Maximum"),
    ],
)
def test_a_value_that_aws_does_not_accept(token, inputs, path, accepted):
    (found,) = child(token, tags=TAGS, **inputs)
    assert found.startswith(f"{token} app-it: input {path}: AWS does not accept ")
    assert accepted in found.partition("it accepts ")[2]


@pytest.mark.parametrize(
    ("token", "inputs", "accepted"),
    [
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"versioningConfiguration": {"status": "Disabled"}},
            "Enabled, Suspended",
        ),
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"rules": [{"status": "Suspended"}]},
            "Disabled, Enabled",
        ),
        ("aws:s3/bucketOwnershipControls:BucketOwnershipControls", {"rule": {"objectOwnership": "X"}}, "ObjectWriter"),
    ],
    ids=["versioning", "lifecycle", "ownership"],
)
def test_an_enum_is_that_of_its_place(token, inputs, accepted):
    """S3 knows several members called `Status`, with other values each."""
    (found,) = child(token, **inputs)
    assert accepted in found.partition("it accepts ")[2]


def test_names_of_the_user_s_own_are_no_enums():
    assert child("aws:dynamodb/table:Table", name="status", hashKey="type", tags={**TAGS, "status": "mode"}) == []


# ---- policies


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [None]}, "policy.Statement[0].Resource[0]"),
        ({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": None}, "policy.Statement[0].Resource"),
        ({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": []}, "policy.Statement[0].Resource"),
        ({"Effect": "Allow", "Action": [""], "Resource": ["*"]}, "policy.Statement[0].Action[0]"),
        ({"Effect": "Deny", "Condition": {"Bool": {"aws:x": None}}}, "policy.Statement[0].Condition.Bool.aws:x"),
    ],
    ids=["null in a list", "null", "nothing", "an empty text", "null in a condition"],
)
def test_a_policy_with_a_hole(statement, path):
    def build(name, opts):
        aws.iam.RolePolicy(f"{name}-it", role="r", policy=policy_document([statement]), opts=opts)

    assert broken(build) == [
        f"aws:iam/rolePolicy:RolePolicy app-it: input {path}: is empty, so AWS refuses the policy; "
        "give the output of a resource that has one"
    ]


def test_a_policy_without_statements():
    def build(name, opts):
        aws.iam.RolePolicy(f"{name}-it", role="r", policy=policy_document([]), opts=opts)

    (found,) = broken(build)
    assert "input policy.Statement: is empty" in found


def test_a_policy_that_is_no_json():
    (found,) = broken(lambda name, opts: aws.sns.TopicPolicy(f"{name}-it", arn="a", policy="allow all", opts=opts))
    assert found.endswith("app-it: input policy: is no JSON; make it with policy_document")


# ---- the order of things


def mapping(depends_on):
    """What the rules say of a mapping that depends on some of the parts of two functions."""

    def build(name, opts):
        made = {
            kind: Function(
                f"{name}-{kind}", {"handler": HANDLER, "code": archive(HANDLER), "operations": OPERATIONS}, opts
            )
            for kind in ("own", "other")
        }
        aws.lambda_.EventSourceMapping(
            f"{name}-it",
            function_name=made["own"].arn,
            event_source_arn="arn:aws:dynamodb:eu-north-1:123456789012:table/t/stream/l",
            starting_position="LATEST",
            tags=TAGS,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=depends_on(**made))),
        )

    return broken(build)


@pytest.mark.parametrize(
    "depends_on",
    [lambda own, other: [], lambda own, other: [other.policy], lambda own, other: [own.role]],
    ids=["nothing", "the policy of another role", "the role alone"],
)
def test_a_mapping_that_may_come_before_its_policy(depends_on):
    assert mapping(depends_on) == [
        "aws:lambda/eventSourceMapping:EventSourceMapping app-it: does not depend on its role's policy; "
        "pass depends_on=[function.policy], or AWS may refuse it"
    ]


def test_a_mapping_that_comes_after_its_policy():
    assert mapping(lambda own, other: [own.policy]) == []


# ---- previews


def previewed(build):
    """How a preview of a program differs from its update."""
    return differences(record(build, preview=True), record(build))


@pytest.mark.parametrize(
    ("only", "where"), [(True, "a preview"), (False, "an update")], ids=["preview only", "update only"]
)
def test_a_resource_that_only_one_of_preview_and_update_registers(only, where):
    def build():
        Component("always")
        if pulumi.runtime.is_dry_run() is only:
            Component("app")

    (found,) = previewed(build)
    assert found.endswith(
        f"::app: registered in {where} only; register the same whatever pulumi.runtime.is_dry_run() says"
    )


def test_a_resource_whose_inputs_differ_between_preview_and_update():
    def build():
        Table("app", {"partition_key": {"name": "id"}, "stream": pulumi.runtime.is_dry_run()})

    (found,) = previewed(build)
    assert found.endswith(
        "::app: a preview registers other inputs than an update; let them depend on settings and outputs only"
    )


def test_a_resource_whose_values_differ_between_preview_and_update():
    def build():
        key = "preview" if pulumi.runtime.is_dry_run() else "update"
        Table("app", {"partition_key": {"name": "id"}, "expires_by": key})

    (found,) = previewed(build)
    assert "::app: a preview registers other inputs than an update" in found


def test_a_resource_whose_options_differ_between_preview_and_update():
    def build():
        Component("app", opts=pulumi.ResourceOptions(protect=pulumi.runtime.is_dry_run()))

    (found,) = previewed(build)
    assert "::app: a preview registers other options than an update" in found


def test_what_only_aws_can_say_is_no_difference():
    def build():
        bucket = Bucket("app", {})
        Component("note", outputs={"arn": bucket.arn})

    assert previewed(build) == []
