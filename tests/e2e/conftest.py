"""What end-to-end tests use: configurations for stacks, and roles with a permission less."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.cloud import Stack
from local.program import configuration


@pytest.fixture(scope="session")
def configured() -> Callable[..., dict[str, str]]:
    """`configured("stream", maximumRetryAttempts=1)`: the configuration of `local` with some settings replaced."""

    def configured(section: str, **settings: Any) -> dict[str, str]:
        config = configuration("local")
        key = f"sluice:{section}"
        return {**config, key: json.dumps({**json.loads(config[key]), **settings})}

    return configured


@pytest.fixture
def without() -> Callable[..., Any]:
    """`with without(stack, "notifier_function_name", "ses:")`: the function's role lacks such actions meanwhile."""

    @contextmanager
    def without(stack: Stack, function: str, action: str) -> Iterator[None]:
        iam, lambda_ = stack.cloud.client("iam"), stack.cloud.client("lambda")
        arn = lambda_.get_function_configuration(FunctionName=stack.outputs[function])["Role"]
        role = arn.rpartition("/")[2]
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        left = [one for one in policy["Statement"] if not any(each.startswith(action) for each in one["Action"])]
        assert len(left) < len(policy["Statement"])
        _put(iam, role, name, {**policy, "Statement": left})
        try:
            yield
        finally:
            _put(iam, role, name, policy)

    return without


def _put(iam: Any, role: str, name: str, policy: dict[str, Any]) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
