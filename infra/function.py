"""A Lambda function with all that it needs in operation: its own role, its logs, its code, its alarms."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from handlers.shared.observability import DIMENSION, NAMESPACE
from infra.bucket import Bucket
from infra.code import zipped_bytes
from infra.component import Component
from infra.iam import Statement, allow, role_policy, trust
from infra.metrics import Metric, metric
from infra.names import ROLE_NAME, fitting
from infra.operations import LOG_RETENTION_DAYS, Operations
from sluice.packages import UPLOAD_BYTES

RUNTIME = aws.lambda_.Runtime.PYTHON3D14
"""The newest Python that Lambda and pulumi-aws both know."""

TIMEOUT_SECONDS = 60
MEMORY_MIB = 256

_MARGIN_SECONDS = 10
"""Handlers watch their remaining time and end before this, even those that work for as long as they may."""

_NAME = 64
"""Characters that Lambda allows in a function's name."""
_ENVIRONMENT_BYTES = 4096
"""Lambda's limit on environment variables, counted as JSON: quotes within a value count twice."""


class OwnAlarm(TypedDict):
    """An alarm on a metric that a function emits; it goes off at 1 or more in five minutes."""

    metric: str
    """Its name."""
    meaning: str
    """What has happened, for the person on call."""
    look: str
    """Where to look first."""
    essential: NotRequired[bool]
    """True: it reports a loss, and is made even where only essential alarms are wanted; False by default."""


class FunctionArgs(TypedDict):
    """Arguments of a function."""

    handler: str
    """Dotted path of the handler within its code, such as `handlers.archiver.handler.handle`."""
    code: pulumi.Input[pulumi.Archive]
    """Its code; `infra.code.archive` makes it from a handler and all that it imports."""
    description: NotRequired[str]
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables; names come from the handler's `environment` module."""
    settings: NotRequired[Mapping[str, str]]
    """The settings that make variables long: variable -> key of its setting, such as `imports.columns`."""
    statements: NotRequired[Sequence[Statement]]
    """What its role may do, besides writing its own logs."""
    timeout_seconds: NotRequired[int]
    """`TIMEOUT_SECONDS` by default."""
    memory_mib: NotRequired[int]
    """`MEMORY_MIB` by default; 1,769 is one core."""
    alarms: NotRequired[Mapping[str, OwnAlarm]]
    """Alarms on metrics that the function itself emits: kind -> alarm."""
    operations: NotRequired[Operations]


class Function(Component):
    """A function (`sluice:index:Function`).

    It makes:

    - an IAM role with one inline policy: exactly the given statements, its own log streams and, when traced, X-Ray;
    - a log group with retention;
    - a Lambda function on arm64, its logs as JSON;
    - a bucket for its code, where that is a folder too large to be sent with a request;
    - alarms on errors, on throttles, on a duration near the timeout, and on metrics of its own.
    """

    function: aws.lambda_.Function
    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Function", name, args.get("operations"), opts)
        self._args = args
        self._timeout_seconds = int(args.get("timeout_seconds", TIMEOUT_SECONDS))
        self.role = self._create_role()
        self.log_group = self._create_log_group()
        self.policy = self._create_policy()
        self.function = self._create_function()
        self.name, self.arn = self.function.name, self.function.arn
        self._create_alarms()
        self.register_outputs({"name": self.name, "arn": self.arn})

    def metric(self, name: str, label: str = "", statistic: str = "Sum") -> Metric:
        """Returns one of Lambda's metrics of this function."""
        return metric("AWS/Lambda", name, {"FunctionName": self.name}, label, statistic)

    def own_metric(self, name: str, label: str = "") -> Metric:
        """Returns one of the metrics that the function itself emits."""
        return metric(NAMESPACE, name, {DIMENSION: self.name}, label)

    def _create_role(self) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-role",
            name=fitting(f"{self._name}-role", ROLE_NAME),
            description=f"What {self._name} may do",
            assume_role_policy=trust("lambda.amazonaws.com"),
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            retention_in_days=int(self._operations.get("log_retention_days", LOG_RETENTION_DAYS)),
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_policy(self) -> aws.iam.RolePolicy:
        logs = allow(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [self.log_group.arn.apply(lambda arn: f"{arn.removesuffix(':*')}:log-stream:*")],
        )
        # X-Ray's write actions cannot be restricted to resources: AWS accepts them on `*` only.
        traces = allow("WriteTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])
        return aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=self.role.name,
            policy=role_policy(
                [
                    *self._args.get("statements", []),
                    logs,
                    *([traces] if self._operations.get("tracing") else []),
                ]
            ),
            opts=self._child(),
        )

    def _create_function(self) -> aws.lambda_.Function:
        variables = self._args.get("environment")
        # Values not known before an update cannot be counted, but these are short names and ARNs; settings are known.
        environment = pulumi.Output.all(**variables).apply(self._bounded, True) if variables else None
        return aws.lambda_.Function(
            self._name,
            name=fitting(self._name, _NAME),
            description=self._args.get("description"),
            role=self.role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=self._args["handler"],
            **self._code(),
            timeout=self._timeout_seconds,
            memory_size=int(self._args.get("memory_mib", MEMORY_MIB)),
            # AWS drops an environment without variables, and every later update would show a difference.
            environment={"variables": environment} if environment else None,
            logging_config={"log_format": "JSON", "log_group": self.log_group.name},
            tracing_config={"mode": "Active" if self._operations.get("tracing") else "PassThrough"},
            tags=self._operations.get("tags"),
            opts=self._child(self.policy),
        )

    def _bounded(self, variables: dict[str, Any]) -> dict[str, Any]:
        texts = {name: value if isinstance(value, str) else "" for name, value in variables.items()}
        sizes = {name: _json_bytes(text) for name, text in texts.items()}
        if (size := _json_bytes(texts)) > _ENVIRONMENT_BYTES:
            largest = max(sizes, key=sizes.__getitem__)
            setting = self._args.get("settings", {}).get(largest)
            holds = f"{largest}, which holds the setting {setting}," if setting else largest
            raise pulumi.RunError(
                f"the environment of {self._name} takes {size:,} bytes and Lambda has {_ENVIRONMENT_BYTES:,}: "
                f"{holds} takes {sizes[largest]:,}. Shorten it"
            )
        return variables

    def _code(self) -> dict[str, Any]:
        """Returns the arguments for the function's code."""
        code = self._args["code"]
        if not isinstance(code, pulumi.FileArchive) or zipped_bytes(Path(code.path)) <= UPLOAD_BYTES:
            return {"code": code}
        stored = self._create_stored_code(Path(code.path).name, code)
        return {"s3_bucket": stored.bucket, "s3_key": stored.key}

    def _create_stored_code(self, name: str, archive: pulumi.FileArchive) -> aws.s3.BucketObjectv2:
        # Code can be recreated: unlike data, it need not be kept or protected.
        bucket = Bucket(f"{self._name}-code", {"operations": {**self._operations, "protect": False}}, self._child())
        return aws.s3.BucketObjectv2(
            f"{self._name}-archive",
            bucket=bucket.name,
            key=f"{name}.zip",
            source=archive,
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_alarms(self) -> None:
        self._alarm_on(
            "function",
            "errors",
            self.metric("Errors"),
            "Invocations fail: an exception, a timeout or a crash.",
            "Look at its log for the reason, and at `python -m sluice failures` for what failed for good.",
        )
        self._alarm_on(
            "function",
            "throttles",
            self.metric("Throttles"),
            "Invocations are refused: the concurrency of the account or the function is used up.",
            "Look at the concurrency of all functions of the account.",
        )
        margin = min(_MARGIN_SECONDS, self._timeout_seconds / 10)
        self._alarm_on(
            "function",
            "duration",
            self.metric("Duration", statistic="Maximum"),
            f"Invocations come within {margin:g} s of the timeout of {self._timeout_seconds} s, when Lambda ends them.",
            "Look at the summary lines in its log for what takes long.",
            threshold=(self._timeout_seconds - margin) * 1000,
        )
        for kind, own in self._args.get("alarms", {}).items():
            self._alarm_on(
                "function",
                kind,
                self.own_metric(own["metric"]),
                own["meaning"],
                own["look"],
                essential=own.get("essential", False),
            )


def _json_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
