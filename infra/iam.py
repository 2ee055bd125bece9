"""IAM policy documents as plain Python: exact actions on exact ARNs."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi


class Statement(TypedDict):
    """One statement of an IAM policy document."""

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
    statement: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    return {**statement, "Condition": condition} if condition else statement


def tls_only(actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> Statement:
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
) -> Statement:
    """Returns a statement for a resource: a service may do `action`, for those whom the condition names."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": [action],
        "Resource": [resource],
        "Condition": condition,
    }


def policy_document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Returns the JSON of a policy document."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def trust(service: str, account: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Returns the JSON of a trust policy that lets one AWS service assume a role.

    Args:
        service: such as `lambda.amazonaws.com`.
        account: the account that the service has to act for. A service that says for whom it acts could else be made to
            take on the role by another account's resource.
    """
    statement: Statement = {
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
