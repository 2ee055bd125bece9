"""A Lambda function with its own role, its logs and its alarms."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from alarms import Watch, alarm
from documents import allow, document, trust

_TIMEOUT_SECONDS = 60
_MARGIN_SECONDS = 6
_LOG_RETENTION_DAYS = 30


class FunctionArgs(TypedDict):
    """Arguments of a function."""

    handler: str
    """Dotted path of the handler within the code."""
    code: pulumi.Archive
    description: str
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    statements: Sequence[Mapping[str, Any]]
    """What its role may do besides writing its own logs."""
    watch: Watch


class Function(pulumi.ComponentResource):
    """A function (`roster:index:Function`).

    It makes:

    - a role, whose policy allows the given statements and its own log streams;
    - a log group with retention, the function, and alarms on errors, throttles and long invocations.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    policy: aws.iam.RolePolicy

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("roster:index:Function", name, None, opts)
        child, watch = pulumi.ResourceOptions(parent=self), args["watch"]
        role = aws.iam.Role(
            f"{name}-role",
            description=f"What {name} may do",
            assume_role_policy=trust({"Service": "lambda.amazonaws.com"}),
            tags=watch.tags,
            opts=child,
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=_LOG_RETENTION_DAYS, tags=watch.tags, opts=child
        )
        streams = logs.arn.apply(lambda arn: f"{arn.removesuffix(':*')}:log-stream:*")
        may_log = allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])
        self.policy = aws.iam.RolePolicy(
            f"{name}-policy", role=role.name, policy=document(*args["statements"], may_log), opts=child
        )
        function = aws.lambda_.Function(
            name,
            description=args["description"],
            role=role.arn,
            runtime=aws.lambda_.Runtime.PYTHON3D14,
            architectures=["arm64"],
            handler=args["handler"],
            code=args["code"],
            timeout=_TIMEOUT_SECONDS,
            memory_size=256,
            environment={"variables": args.get("environment", {})},
            logging_config={"log_format": "JSON", "log_group": logs.name},
            tracing_config={"mode": "PassThrough"},
            tags=watch.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy]),
        )
        self.name, self.arn = function.name, function.arn
        self._watch(name, watch, child)
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _watch(self, name: str, watch: Watch, child: pulumi.ResourceOptions) -> None:
        of = {"FunctionName": self.name}
        alarm(f"{name}-errors", "AWS/Lambda Errors", of, "Invocations fail: look at the log.", watch, child)
        alarm(f"{name}-throttles", "AWS/Lambda Throttles", of, "Invocations are refused.", watch, child)
        alarm(
            f"{name}-duration",
            "AWS/Lambda Duration",
            of,
            f"Invocations come within {_MARGIN_SECONDS} s of the timeout.",
            watch,
            child,
            threshold=(_TIMEOUT_SECONDS - _MARGIN_SECONDS) * 1000,
        )
