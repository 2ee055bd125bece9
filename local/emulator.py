"""Where MiniStack differs from AWS and what is done about it: every deviation that is worked around stands here."""

import json
import os
from pathlib import Path
from typing import Any

_PASSED_ON = ("PATH", "LANG", "HOME", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")


def server_environment(port: int, scratch: Path) -> dict[str, str]:
    """The environment of the emulator's process. Little is passed on: it leaks into every function."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **kept,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # its default is every interface
        "AUTH": "true",  # its default is to let everyone in
        "IOT_MTLS_ENABLED": "0",  # its MQTT listener is open to every interface
        "TMPDIR": str(scratch),  # it leaves the folders of functions behind
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
    }


def registered_disabled(mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping of a stream as the emulator gets it: its own poller loses failed records, so it must not run."""
    return {**mapping, "Enabled": False}


_JUDGED_ON_EVERYTHING = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "ses:",
)
"""Actions, or their beginnings, that the emulator authorises on `*` only: it does not find the stream or identity in the request."""

_CONDITIONS_WRONGLY_DENIED = ("ses:FromAddress", "cloudwatch:namespace")


def enforceable(document: str) -> str:
    """A role's policy as the emulator can enforce it: the same actions; what it cannot judge, widened to `*`."""
    policy = json.loads(document)
    for statement in policy["Statement"]:
        if any(action.startswith(_JUDGED_ON_EVERYTHING) for action in statement["Action"]):
            statement["Resource"] = "*"
        conditions = statement.get("Condition", {})
        for operator, tests in conditions.items():
            conditions[operator] = {key: value for key, value in tests.items() if key not in _CONDITIONS_WRONGLY_DENIED}
        if not any(conditions.values()):
            statement.pop("Condition", None)
    return json.dumps(policy)


def without_tls(document: str) -> str | None:
    """A resource's policy without what refuses plain HTTP, which is what the loopback interface speaks; None if nothing is left."""
    policy = json.loads(document)
    policy["Statement"] = [
        statement
        for statement in policy["Statement"]
        if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
    ]
    return json.dumps(policy) if policy["Statement"] else None


def registered_off(schedule: dict[str, Any]) -> dict[str, Any]:
    """A schedule as the emulator gets it: its own ticks are coarse, and it leaves the scheduled time a placeholder."""
    return {**schedule, "State": "DISABLED"}
