"""A Lambda function with all that it needs to be run for years: its own role, its logs, its code, its alarms."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from handlers.shared.observability import DIMENSION, NAMESPACE
from infra.alarms import alarm
from infra.code import ROOT, stage
from infra.dashboard import Metric, metric
from infra.iam import Statement, allow, policy_document, trust
from infra.operations import Operations

RUNTIME = aws.lambda_.Runtime.PYTHON3D14
"""The newest Python that Lambda and pulumi-aws both know."""


class OwnAlarm(TypedDict):
    """An alarm on a metric that a function emits; it goes off at 1 or more in five minutes."""

    metric: str
    meaning: str
    """What it means, for whoever is woken."""


class FunctionArgs(TypedDict):
    """What a function is."""

    handler: str
    """Dotted path of the handler, such as `handlers.archiver.handler.handle`."""
    root: NotRequired[str]
    """The folder that the path starts from, where the handler is another project's; this repository by default. Its code
    is staged in `.build` there."""
    description: str
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables; names come from the handler's `environment` module."""
    statements: NotRequired[Sequence[Statement]]
    """What its role may do, besides writing its own logs."""
    timeout_seconds: NotRequired[int]
    """60 by default."""
    memory_mib: NotRequired[int]
    """256 by default; 1,769 is one core."""
    alarms: NotRequired[Mapping[str, OwnAlarm]]
    """Alarms on metrics that the function itself emits: kind -> what."""
    operations: NotRequired[Operations]


class Function(pulumi.ComponentResource):
    """A function (`sluice:index:Function`).

    It makes:

    - an IAM role with one inline policy: exactly the given statements, its own log streams and, when traced, X-Ray;
    - a log group with retention;
    - a Lambda function on arm64, its code an archive of exactly what its handler imports, its logs as JSON;
    - alarms on errors, on throttles and on a duration near the timeout.
    """

    function: aws.lambda_.Function
    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Function", name, None, opts)
        self._name, self._args, self._operations = name, args, args.get("operations", {})
        self._timeout_seconds = args.get("timeout_seconds", 60)
        self.role = self._create_role()
        self.log_group = self._create_log_group()
        self.policy = self._create_policy()
        self.function = self._create_function()
        self.name, self.arn = self.function.name, self.function.arn
        self._create_alarms()
        self.register_outputs({"name": self.name, "arn": self.arn})

    def metric(self, name: str, label: str = "", statistic: str = "Sum") -> Metric:
        """One of Lambda's metrics of this function, for a dashboard."""
        return metric("AWS/Lambda", name, {"FunctionName": self.name}, label, statistic)

    def own_metric(self, name: str, label: str = "") -> Metric:
        """One of the metrics that the function itself emits, for a dashboard."""
        return metric(NAMESPACE, name, {DIMENSION: self.name}, label)

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

    def _create_role(self) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-role",
            description=f"What {self._name} may do",
            assume_role_policy=trust("lambda.amazonaws.com"),
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            retention_in_days=self._operations.get("log_retention_days", 30),
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_policy(self) -> aws.iam.RolePolicy:
        logs = allow(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [self.log_group.arn.apply(lambda arn: f"{arn.removesuffix(':*')}:log-stream:*")],
        )
        # X-Ray's write actions know no resources: AWS accepts them on `*` only.
        traces = allow("WriteTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])
        return aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=self.role.name,
            policy=policy_document(
                [
                    *self._args.get("statements", []),
                    logs,
                    *([traces] if self._operations.get("tracing") else []),
                ]
            ),
            opts=self._child(),
        )

    def _create_function(self) -> aws.lambda_.Function:
        environment = self._args.get("environment")
        return aws.lambda_.Function(
            self._name,
            description=self._args["description"],
            role=self.role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=self._args["handler"],
            code=pulumi.FileArchive(str(self._stage_code())),
            timeout=self._timeout_seconds,
            memory_size=self._args.get("memory_mib", 256),
            # AWS forgets an environment without variables, and every later update would find a difference.
            environment={"variables": environment} if environment else None,
            logging_config={"log_format": "JSON", "log_group": self.log_group.name},
            tracing_config={"mode": "Active" if self._operations.get("tracing") else "PassThrough"},
            tags=self._operations.get("tags"),
            opts=self._child(self.policy),
        )

    def _stage_code(self) -> Path:
        root = Path(self._args.get("root", ROOT))
        return stage(self._args["handler"], root, root / ".build")

    def _create_alarms(self) -> None:
        used_up = "Invocations are refused: the account's or the function's concurrency is used up."
        near = f"Invocations come near the timeout of {self._timeout_seconds} s."
        self._create_alarm("errors", self.metric("Errors"), "Invocations fail: an exception, a timeout or a crash.")
        self._create_alarm("throttles", self.metric("Throttles"), used_up)
        longest = self.metric("Duration", statistic="Maximum")
        self._create_alarm("duration", longest, near, threshold=0.9 * self._timeout_seconds * 1000)
        for kind, own in self._args.get("alarms", {}).items():
            self._create_alarm(kind, self.own_metric(own["metric"]), own["meaning"])

    def _create_alarm(self, kind: str, watched: Metric, meaning: str, threshold: float = 1) -> None:
        look = "Look at its log group and at `python -m sluice failures`"
        alarm(
            f"{self._name}-{kind}",
            {
                "description": f"{meaning} {look}; docs/operating.md#function-{kind} ({self._name}).",
                "namespace": watched["namespace"],
                "metric": watched["name"],
                "dimensions": watched["dimensions"],
                "statistic": watched["statistic"],
                "threshold": threshold,
            },
            self,
            self._operations,
        )
