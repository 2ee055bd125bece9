"""Policy documents as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi


def document(*statements: Mapping[str, Any]) -> pulumi.Output[str]:
    """Returns a policy document."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(sid: str, actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> dict[str, Any]:
    """Returns a statement for a role: these actions on these resources."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def trust(principal: Mapping[str, str]) -> pulumi.Output[str]:
    """Returns the document that lets a principal, such as `{"Service": "lambda.amazonaws.com"}`, assume a role."""
    return document({"Sid": "Assume", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": principal})
