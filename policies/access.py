"""Access: nobody from outside, no more permissions than needed."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from handlers.importer.environment import REJECTED_PREFIX
from policies.documents import Statement, statements
from policies.model import Resource, Stack, may_be, resource_rule, stack_rule
from policies.resource_types import (
    BUCKET,
    BUCKET_OWNERSHIP,
    BUCKET_PUBLIC_ACCESS,
    FUNCTION_URL,
    PERMISSION,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
)

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@stack_rule("bucket-private", "Buckets block public access and know no access control lists")
def bucket_private(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Requires all four public access blocks, and an owner whose policies alone grant access."""
    for bucket in stack.of_type(BUCKET):
        blocks = stack.referring(bucket, BUCKET_PUBLIC_ACCESS, "bucket")
        if not any(all(may_be(block.value(name), True) for name in _BLOCKS) for block in blocks):
            yield bucket, "add a BucketPublicAccessBlock with all four blocks set"
        owners = stack.referring(bucket, BUCKET_OWNERSHIP, "bucket")
        if not any(may_be(owner.value("rule", "objectOwnership"), "BucketOwnerEnforced") for owner in owners):
            yield bucket, "add BucketOwnershipControls with BucketOwnerEnforced"


_LIMITS = {
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",  # as SNS writes it into the policy of a new topic
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalarn",
}
"""Condition keys, in lower case, that restrict a permission to an account or resource."""
_EXACT = {"StringEquals", "ArnEquals", "ArnLike", "StringLike"}

_TRUSTED_ALONE = {"lambda.amazonaws.com": "only those who may pass the role can give it to a function"}
"""Services that may assume a role without a condition on the account that they act for, and why."""


@resource_rule("no-public-access", "No policy allows everybody, or a service on behalf of anybody")
def no_public_access(resource: Resource) -> Iterator[str]:
    """A service acts for every AWS account, so a condition has to name the account or resource."""
    for statement in statements(resource):
        if not statement.allows or _limited(statement):
            continue
        for kind, principal in statement.principals:
            if principal == "*":
                yield f"{_named(statement)} allows everybody: name the principal"
            elif kind == "Service" and not (resource.type == ROLE and principal in _TRUSTED_ALONE):
                yield f"{_named(statement)} allows {principal} for any account: add a condition on aws:SourceAccount"


def _limited(statement: Statement) -> bool:
    return any(
        operator in _EXACT and key.lower() in _LIMITS and "*" not in values
        for (operator, key), values in statement.conditions.items()
    )


@resource_rule("no-public-function", "No function is open to the world", FUNCTION_URL, PERMISSION)
def no_public_function(resource: Resource) -> Iterator[str]:
    """Refuses a URL without authorisation and a permission for anybody."""
    if resource.type == FUNCTION_URL:
        if not may_be(resource.value("authorizationType"), "AWS_IAM"):
            yield "set authorization_type AWS_IAM"
    elif resource.value("principal") == "*":
        yield "name the principal"
    elif str(resource.value("principal")).endswith(".amazonaws.com") and not resource.value("sourceAccount"):
        arn = resource.value("sourceArn")
        if not arn or (isinstance(arn, str) and arn.split(":")[4:5] == [""]):
            yield "set source_account, or a source_arn that names an account: the service acts for all of them"


class Wildcard(NamedTuple):
    """An allowed `*`, and its reason."""

    effect: str
    actions: str
    """A regular expression for the actions."""
    resource: str
    """A regular expression for the resource."""
    reason: str


WILDCARDS = (
    Wildcard(
        "Deny",
        r"s3:\*",
        r"arn:aws[\w-]*:s3:::[^*/]+(/\*)?",
        "a refusal of plain connections is for every action and object",
    ),
    Wildcard("Deny", r"sqs:\*", r"arn:aws[\w-]*:sqs:[^*]+", "a refusal of plain connections is for every action"),
    Wildcard(
        "Allow",
        r"s3:(GetObject|GetObjectVersion|PutObject|AbortMultipartUpload)",
        r"arn:aws[\w-]*:s3:::[^*/]+/[^*]+/\*",
        "objects are named as they come; it is one bucket, and one prefix of it",
    ),
    Wildcard(
        "Allow",
        r"s3:DeleteObject",
        rf"arn:aws[\w-]*:s3:::[^*/]+/{REJECTED_PREFIX}\*",
        "an object that is imported again takes the place of what was rejected before; nothing else is ever deleted",
    ),
    Wildcard(
        "Allow",
        r"logs:(CreateLogStream|PutLogEvents)",
        r"arn:aws[\w-]*:logs:[^*]+:log-group:[^*:]+:log-stream:\*",
        "Lambda names the streams; it is the function's own log group",
    ),
    Wildcard("Allow", r"xray:Put(TraceSegments|TelemetryRecords)", r"\*", "X-Ray knows no resources for writing"),
    Wildcard("Allow", r"dynamodb:ListTables", r"\*", "ListTables knows no resources, and shows names only"),
    Wildcard(
        "Allow",
        r"dynamodb:(DescribeTable|Scan)",
        r"arn:aws[\w-]*:dynamodb:[^*]+:table/[^*]+\*",
        "the reporter counts whichever tables have a prefix; others make them",
    ),
    Wildcard(
        "Allow",
        r"ses:Send(Email|BulkEmail|BulkTemplatedEmail)",
        r"arn:aws[\w-]*:ses:[^*]+:identity/\*",
        "SES asks for the recipient's identity too where it is one of the account's, as it always is in the sandbox",
    ),
)
"""Every `*` in a policy document, with its reason."""


@resource_rule("no-wildcard", "No action or resource is a `*` without a listed reason")
def no_wildcard(resource: Resource) -> Iterator[str]:
    """Inverted members (`NotAction` and the like) count as a `*`: they are one with holes."""
    for statement in statements(resource):
        if statement.inverted and statement.allows:
            yield f"{_named(statement)} uses {', '.join(statement.inverted)}: name what is allowed"
        for action in statement.actions:
            for target in statement.resources or ("",):
                if ("*" in action or "*" in target) and not _exempt(statement.effect, action, target):
                    yield (
                        f"{_named(statement)}: {statement.effect} {action} on {target or 'itself'}: "
                        "name them exactly, or list them with a reason in policies/access.py"
                    )


def _exempt(effect: str, action: str, target: str) -> bool:
    return any(
        effect == exempt.effect and re.fullmatch(exempt.actions, action) and re.fullmatch(exempt.resource, target)
        for exempt in WILDCARDS
    )


@resource_rule("keys-through-a-service", "Roles use keys of KMS through one service, and only to decrypt", ROLE_POLICY)
def keys_through_a_service(resource: Resource) -> Iterator[str]:
    """Then code that has the role can decrypt nothing by itself, whatever else the key encrypts."""
    for statement in statements(resource):
        actions = [action for action in statement.actions if action.lower().startswith("kms:")]
        if not statement.allows or not actions:
            continue
        if others := [action for action in actions if action != "kms:Decrypt"]:
            yield f"{_named(statement)}: allow kms:Decrypt in place of {', '.join(others)}"
        if not any(
            operator == "StringEquals" and key.lower() == "kms:viaservice" and len(values) == 1
            for (operator, key), values in statement.conditions.items()
        ):
            yield f"{_named(statement)}: add a condition StringEquals on kms:ViaService, with one service"


@resource_rule(
    "no-managed-policy", "Roles have their own statements, and no managed policies", ROLE, ROLE_POLICY_ATTACHMENT
)
def no_managed_policy(resource: Resource) -> Iterator[str]:
    """AWS's managed policies are on `*`, and change without review."""
    if resource.type == ROLE_POLICY_ATTACHMENT or list(resource.value("managedPolicyArns") or ()):
        yield "write the statements that are needed into the role's RolePolicy"


def _named(statement: Statement) -> str:
    return f"statement {statement.sid}" if statement.sid else "a statement without a Sid"
