"""IAM policy documents as plain Python: exact actions on exact ARNs."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi


class Statement(TypedDict):
    """A statement of a role's policy."""

    sid: str
    """Its purpose, in letters and digits."""
    actions: Sequence[str]
    """Such as `dynamodb:GetItem`; no wildcards."""
    resources: Sequence[pulumi.Input[str]]
    """The ARNs that the actions are allowed on."""
    condition: NotRequired[Mapping[str, Mapping[str, Any]]]
    """IAM's operators -> keys -> values, such as `{"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}`; none
    by default."""


class PolicyStatement(TypedDict):
    """A statement as IAM writes it."""

    Sid: str
    Effect: str
    Action: Sequence[str]
    Resource: NotRequired[Sequence[pulumi.Input[str]]]
    Principal: NotRequired[Any]
    Condition: NotRequired[Mapping[str, Mapping[str, Any]]]


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]],
    condition: Mapping[str, Mapping[str, Any]] | None = None,
) -> Statement:
    """Returns a statement for a role: `actions` on `resources`; `sid` names its purpose in letters."""
    statement: Statement = {"sid": sid, "actions": list(actions), "resources": list(resources)}
    return {**statement, "condition": condition} if condition else statement


def decrypt_tables(keys: Sequence[pulumi.Input[str]], table_arn: pulumi.Output[str]) -> list[Statement]:
    """Returns the statements for a role that reads or writes tables encrypted with customer-managed keys.

    DynamoDB decrypts a table's data key on behalf of whoever reads or writes the table, or reads its stream.

    Args:
        keys: ARNs of the keys; without keys there is no statement.
        table_arn: An ARN with the region whose DynamoDB alone may use the keys for the role.
    """
    service = pulumi.Output.concat("dynamodb.", region_of(table_arn), ".amazonaws.com")
    condition = {"StringEquals": {"kms:ViaService": service}}
    return [allow("DecryptTables", ["kms:Decrypt"], list(dict.fromkeys(keys)), condition)] if keys else []


def role_policy(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Returns the JSON of a role's policy with these statements."""
    return policy_document([_allowing(statement) for statement in statements])


def _allowing(statement: Statement) -> PolicyStatement:
    made: PolicyStatement = {
        "Sid": statement["sid"],
        "Effect": "Allow",
        "Action": statement["actions"],
        "Resource": statement["resources"],
    }
    condition = statement.get("condition")
    return {**made, "Condition": condition} if condition else made


def tls_only(actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> PolicyStatement:
    """Returns a statement for a resource that denies `actions` over connections without TLS.

    Args:
        actions: All actions on the resource.
        resources: The resource and its contents.
    """
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def allow_service(
    sid: str,
    service: str,
    action: str,
    resource: pulumi.Input[str],
    condition: Mapping[str, Mapping[str, Any]],
) -> PolicyStatement:
    """Returns a statement for a resource: a service may do `action`, on behalf of those that the condition names."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": [action],
        "Resource": [resource],
        "Condition": condition,
    }


def policy_document(statements: Sequence[PolicyStatement]) -> pulumi.Output[str]:
    """Returns the JSON of a resource's policy."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def trust(service: str, account: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Returns the JSON of a trust policy that lets one AWS service assume a role.

    Args:
        service: Such as `lambda.amazonaws.com`.
        account: The account that the service has to act for, for services that say it. Otherwise a resource of another
            account could make the service assume the role.
    """
    statement: PolicyStatement = {
        "Sid": "Assume",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Principal": {"Service": service},
    }
    if account is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return policy_document([statement])


def account_of(arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Returns the account of an ARN."""
    return arn.apply(lambda text: text.split(":")[4])


def region_of(arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Returns the region of an ARN."""
    return arn.apply(lambda text: text.split(":")[3])


def beside(arn: pulumi.Output[str], resource: str) -> pulumi.Output[str]:
    """Returns the ARN of another resource of the same service, region and account, such as `table/RA_*`."""
    return arn.apply(lambda text: ":".join([*text.split(":")[:5], resource]))
