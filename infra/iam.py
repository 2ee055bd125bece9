"""IAM policy documents as plain Python: exact actions on exact ARNs."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi


class Statement(TypedDict):
    """What a role may do: a statement of its policy."""

    sid: str
    """What it is for, in letters and digits."""
    actions: Sequence[str]
    """Such as `dynamodb:GetItem`; no wildcards."""
    resources: Sequence[pulumi.Input[str]]
    """The ARNs that the actions may be done on."""
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
    """Returns a statement for a role: `actions` on `resources`; `sid` says in letters what it is for."""
    statement: Statement = {"sid": sid, "actions": list(actions), "resources": list(resources)}
    return {**statement, "condition": condition} if condition else statement


def decrypt_tables(keys: Sequence[pulumi.Input[str]], table_arn: pulumi.Output[str]) -> list[Statement]:
    """Returns the statements for a role that reads or writes tables which customer-managed keys encrypt.

    DynamoDB decrypts a table's own key on behalf of whoever reads or writes it, or reads its stream.

    Args:
        keys: ARNs of the keys; without any there is no statement.
        table_arn: Tells the region, whose DynamoDB alone may use the keys for the role.
    """
    service = pulumi.Output.concat("dynamodb.", region_of(table_arn), ".amazonaws.com")
    condition = {"StringEquals": {"kms:ViaService": service}}
    return [allow("DecryptTables", ["kms:Decrypt"], list(dict.fromkeys(keys)), condition)] if keys else []


def role_policy(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Returns the JSON of the policy of a role that may do what the statements say."""
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
    """Returns a statement for a resource: nobody does any of `actions` over a plain connection.

    Args:
        actions: all that there are.
        resources: the resource, and what it holds.
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
    """Returns a statement for a resource: a service may do `action`, for those whom the condition names."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": [action],
        "Resource": [resource],
        "Condition": condition,
    }


def policy_document(statements: Sequence[PolicyStatement]) -> pulumi.Output[str]:
    """Returns the JSON of the policy of a resource."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def trust(service: str, account: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Returns the JSON of a trust policy that lets one AWS service assume a role.

    Args:
        service: such as `lambda.amazonaws.com`.
        account: the account that the service has to act for. A service that says for whom it acts could else be made to
            take on the role by another account's resource.
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
    """Returns the account that an ARN names."""
    return arn.apply(lambda text: text.split(":")[4])


def region_of(arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Returns the region that an ARN names."""
    return arn.apply(lambda text: text.split(":")[3])


def beside(arn: pulumi.Output[str], resource: str) -> pulumi.Output[str]:
    """Returns the ARN of another resource of the same service, region and account, such as `table/RA_*`."""
    return arn.apply(lambda text: ":".join([*text.split(":")[:5], resource]))
