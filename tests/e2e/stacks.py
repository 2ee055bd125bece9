"""Stacks as end-to-end tests want them: other settings, a role with a permission less, what a function has logged."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from sluice.cloud.embedded import Stack
from sluice.cloud.program.execution import configuration
from sluice.target import Target


def configured(section: str, **settings: Any) -> dict[str, str]:
    """The configuration of `local` with some settings of a section replaced."""
    config, key = configuration("local"), f"sluice:{section}"
    return {**config, key: json.dumps({**json.loads(config[key]), **settings})}


def target(stack: Stack) -> Target:
    """The stack as commands see it."""
    return Target(stack.outputs, stack.cloud.endpoint)


def table(stack: Stack, name: str) -> Any:
    """A table, as boto3's resource."""
    session: Any = boto3.Session("test", "test", region_name=stack.cloud.region)
    return session.resource("dynamodb", endpoint_url=stack.cloud.endpoint).Table(name)


def role_of(stack: Stack, function: str) -> str:
    """The ARN of the role of the function that an output names."""
    configuration = stack.cloud.client("lambda").get_function_configuration(FunctionName=stack.outputs[function])
    return configuration["Role"]


@contextmanager
def without(stack: Stack, function: str, *actions: str) -> Iterator[None]:
    """Takes the statements with such actions, or beginnings of actions, from a function's role meanwhile."""
    iam, role = stack.cloud.client("iam"), role_of(stack, function).rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    left = [one for one in policy["Statement"] if not any(each.startswith(actions) for each in one["Action"])]
    assert len(left) < len(policy["Statement"]), f"{role} has no statement with {actions}"

    def put(statements: list[Any]) -> None:
        document = json.dumps({**policy, "Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

    put(left)
    try:
        yield
    finally:
        put(policy["Statement"])


def summaries(stack: Stack, function: str) -> list[dict[str, Any]]:
    """The line that each invocation of the function that an output names has logged."""
    name = stack.outputs[function]
    group = stack.cloud.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    pages = stack.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [event["message"].strip() for page in pages for event in page["events"]]
    return [json.loads(line) for line in lines if line.startswith('{"_aws"')]
