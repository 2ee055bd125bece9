"""The deviations of MiniStack from AWS, with their workarounds.

Those that can be corrected only within its process are in `sluice/cloud/emulator/corrections.py`.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PASSED_ON = ("PATH", "LANG", "HOME", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")


def server_environment(port: int, scratch: Path, name: str) -> dict[str, str]:
    """The environment of the emulator's process. Little is passed on, because it leaks into every function.

    Args:
        port: where it listens.
        scratch: where it may write.
        name: the name by which it identifies itself (`identity`).
    """
    inherited = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **inherited,
        "AWS_CONFIG_FILE": os.devnull,  # functions would read the file in the home folder
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # by default it listens on every interface
        "AUTH": "true",  # by default it lets everyone in
        "IOT_MTLS_ENABLED": "0",  # its MQTT listener is open to every interface
        "TMPDIR": str(scratch),  # it leaves the folders of functions behind
        "MINISTACK_EDITION": name,  # the only text of ours in its health: another server may hold the port
        "LAMBDA_EXECUTOR": "local",
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
    }


def identity(health: Any) -> str:
    """The name of the server that gave an answer about its health."""
    return str(health.get("edition", "")) if isinstance(health, dict) else ""


_JUDGED_ON_EVERYTHING = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "ses:",
)
"""Prefixes of actions that it authorises on `*` only: it does not find the stream or identity in the request."""

_CONDITIONS_WRONGLY_DENIED = ("ses:FromAddress", "cloudwatch:namespace")


ASKED_BESIDE = {"sqs:SendMessage": "sqs:SendMessageBatch"}
"""Action in AWS -> the action, unknown to AWS, that the emulator requires in its place."""


def enforceable(document: str) -> str:
    """A role's policy as the emulator can enforce it: the same actions, on `*` where it cannot judge the resource."""
    policy = json.loads(document)
    policy["Statement"] = [part for statement in policy["Statement"] for part in _enforceable(statement)]
    return json.dumps(policy)


def _enforceable(statement: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A statement, split in two if the emulator can judge only some of its actions."""
    judged = [action for action in statement["Action"] if not action.startswith(_JUDGED_ON_EVERYTHING)]
    widened = [action for action in statement["Action"] if action.startswith(_JUDGED_ON_EVERYTHING)]
    rest = _without_wrong_conditions(statement)
    if judged:
        yield {**rest, "Action": judged + [ASKED_BESIDE[action] for action in judged if action in ASKED_BESIDE]}
    if widened:
        # The ids of a policy's statements must differ.
        sid = {"Sid": f"{rest['Sid']}OnAll"} if judged and "Sid" in rest else {}
        yield {**rest, **sid, "Action": widened, "Resource": "*"}


def _without_wrong_conditions(statement: Mapping[str, Any]) -> dict[str, Any]:
    conditions = {
        operator: {key: value for key, value in tests.items() if key not in _CONDITIONS_WRONGLY_DENIED}
        for operator, tests in statement.get("Condition", {}).items()
    }
    condition = {operator: tests for operator, tests in conditions.items() if tests}
    rest = {name: value for name, value in statement.items() if name != "Condition"}
    return {**rest, "Condition": condition} if condition else rest


def without_tls(document: str) -> str | None:
    """A resource's policy without the statements that refuse plain HTTP, which the loopback interface uses.

    Returns:
        None if nothing is left of it.
    """
    policy = json.loads(document)
    policy["Statement"] = [statement for statement in policy["Statement"] if not _refuses_http(statement)]
    return json.dumps(policy) if policy["Statement"] else None


def _refuses_http(statement: Mapping[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in statement.get("Condition", {}).get("Bool", {})


def tap_name(rule: str, target_id: str) -> str:
    """The name of the queue that stands in for the target of a rule.

    The emulator itself delivers an event once and forgets it if that fails: it has no retries, failure destinations or
    dead letters, and checks no permission.
    """
    return f"tap-{hashlib.sha256(f'{rule}/{target_id}'.encode()).hexdigest()[:32]}"
