"""A consumer of a table's stream: a function, the mapping that feeds it, and alarms on what it leaves behind."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.bucket import Bucket
from infra.component import Component
from infra.filters import Filter, pattern
from infra.function import MEMORY_MIB, TIMEOUT_SECONDS, Function, OwnAlarm
from infra.iam import Statement, allow
from infra.metrics import Metric, metric
from infra.operations import Operations

FAILURES_PREFIX = "aws/lambda/"
"""Where Lambda puts batches that exhausted their retries; the layout below it is AWS's."""

_LATE_MILLISECONDS = 15 * 60 * 1000


class ConsumerArgs(TypedDict):
    """A consumer of a stream: a function and how it is fed."""

    handler: str
    """Dotted path of the handler, such as `handlers.archiver.handler.handle`."""
    description: str
    filters: Sequence[Filter]
    """Which records reach it: those that satisfy any of these."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    settings: NotRequired[Mapping[str, str]]
    """The setting that a variable holds, of those that grow with it: variable -> key, such as `stream.watch`."""
    statements: NotRequired[Sequence[Statement]]
    """What its role may do, besides reading the stream and keeping failures."""
    timeout_seconds: NotRequired[int]
    memory_mib: NotRequired[int]
    alarms: NotRequired[Mapping[str, OwnAlarm]]
    """Alarms on metrics that the function itself emits: kind -> what."""
    batch_size: NotRequired[int]
    """Records an invocation, at most; 100 by default."""
    batch_window_seconds: NotRequired[int]
    """How long to wait for a batch to fill; 0 by default."""
    starting_position: NotRequired[Literal["TRIM_HORIZON", "LATEST"]]
    """`TRIM_HORIZON` (the default) starts with the oldest record kept, `LATEST` with the next one."""
    parallelization_factor: NotRequired[int]
    """Batches of one shard in flight at once, 1 (the default) to 10; records of one key stay in order."""
    maximum_retry_attempts: NotRequired[int]
    """The pipeline's by default."""
    maximum_record_age_seconds: NotRequired[int]
    """The pipeline's by default."""


class StreamConsumer(Component):
    """A consumer of a stream (`sluice:index:StreamConsumer`).

    It makes:

    - a function, whose role may read this stream and put failures where they are kept;
    - a bounded event source mapping: partial batch responses, bisect, retries, record age, failures to S3 whole;
    - alarms on the age of the oldest record, on records given up (kept among the failures, dropped, or lost), and on a
      stream that nobody reads.
    """

    def __init__(
        self,
        name: str,
        args: ConsumerArgs,
        stream_arn: pulumi.Input[str],
        failures: Bucket,
        operations: Operations,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:index:StreamConsumer", name, operations, opts)
        self._args, self._stream_arn, self._failures = args, stream_arn, failures
        self.function = self._create_function()
        self.mapping = self._create_mapping()
        self._create_alarms()
        self.register_outputs({"functionName": self.function.name, "mappingId": self.mapping.uuid})

    def mapping_metric(self, name: str, label: str = "") -> Metric:
        """Returns one of the metrics of how this consumer is fed."""
        return metric("AWS/Lambda", name, {"EventSourceMappingUUID": self.mapping.uuid}, label)

    def given_up(self, label: str = "") -> Metric:
        """Returns the metric of the records that ran out of retries and lie among the failures."""
        return self.mapping_metric("OnFailureDestinationDeliveredEventCount", label)

    def _create_function(self) -> Function:
        args = self._args
        return Function(
            self._name,
            {
                "handler": args["handler"],
                "description": args["description"],
                "environment": args.get("environment", {}),
                "settings": args.get("settings", {}),
                "statements": [*args.get("statements", []), *self._statements()],
                "timeout_seconds": args.get("timeout_seconds", TIMEOUT_SECONDS),
                "memory_mib": args.get("memory_mib", MEMORY_MIB),
                "alarms": args.get("alarms", {}),
                "operations": self._operations,
            },
            self._child(),
        )

    def _statements(self) -> list[Statement]:
        """Returns what Lambda does on the function's behalf: reads the stream, keeps failures."""
        return [
            allow(
                "ReadStream",
                [
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ],
                [self._stream_arn],
            ),
            # The mapping's id is part of the key, and the mapping is made after the role.
            allow(
                "KeepFailures",
                ["s3:PutObject"],
                [pulumi.Output.concat(self._failures.arn, f"/{FAILURES_PREFIX}*")],
            ),
            allow("FindFailuresBucket", ["s3:ListBucket"], [self._failures.arn]),
        ]

    def _create_mapping(self) -> aws.lambda_.EventSourceMapping:
        args = self._args
        if not args["filters"]:
            raise ValueError(f"{self._name}: a consumer without filters; name the events that it takes")
        return aws.lambda_.EventSourceMapping(
            f"{self._name}-mapping",
            event_source_arn=self._stream_arn,
            function_name=self.function.arn,
            filter_criteria={"filters": [{"pattern": pattern(rule)} for rule in args["filters"]]},
            batch_size=args.get("batch_size", 100),
            maximum_batching_window_in_seconds=args.get("batch_window_seconds", 0),
            starting_position=args.get("starting_position", "TRIM_HORIZON"),
            parallelization_factor=args.get("parallelization_factor", 1),
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=args.get("maximum_retry_attempts"),
            maximum_record_age_in_seconds=args.get("maximum_record_age_seconds"),
            destination_config={"on_failure": {"destination_arn": self._failures.arn}},
            metrics_config={"metrics": ["EventCount"]},
            tags=self._operations.get("tags"),
            opts=self._child(self.function.policy),
        )

    def _create_alarms(self) -> None:
        self._alarm_on(
            "stream",
            "lag",
            self.function.metric("IteratorAge", statistic="Maximum"),
            "The oldest record is over 15 minutes behind: the function fails, is throttled or is too slow.",
            "Look at the function's other alarms and its log.",
            threshold=_LATE_MILLISECONDS,
        )
        self._alarm_on(
            "stream",
            "failed",
            self.given_up(),
            "Records ran out of retries and lie among the failures.",
            "Look at `python -m sluice failures`, which can send them again, and at the function's log.",
        )
        self._alarm_on(
            "stream",
            "dropped",
            self.mapping_metric("DroppedEventCount"),
            "Records ran out of retries and were dropped.",
            "Look at the function's log for why; the table still has its items as they are now.",
        )
        self._alarm_on(
            "stream",
            "undelivered",
            self.function.metric("DestinationDeliveryFailures"),
            "Records ran out of retries and could not be put among the failures.",
            f"Look at the role's statement KeepFailures and at the bucket's {FAILURES_PREFIX}.",
        )
        # Polls that find nothing count as 0; a mapping that has stopped has no polls. Twelve short periods, not a long
        # one: CloudWatch looks for older data before it takes a period for empty.
        self._alarm(
            "silent",
            {
                "metric": self.mapping_metric("PolledEventCount"),
                "silence": True,
                "periods": 12,
                "meaning": "Nothing has read the stream for an hour: its mapping has stopped. Changes last for 24.",
                "look": "Look at the state of the function's event source mapping.",
                "section": "stream",
            },
        )
