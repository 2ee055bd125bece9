"""The stream pipeline: a DynamoDB table whose changes reach Lambda functions, failures kept whole in S3."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.bucket import Bucket
from infra.component import Component
from infra.dashboard import Row, graph
from infra.filters import Filter, pattern
from infra.function import Function, OwnAlarm
from infra.iam import Statement, allow
from infra.metrics import Metric, metric
from infra.operations import Operations
from infra.table import Key, Table

_READERS_OF_A_SHARD = 2
"""A stream's shard serves two readers; a third is throttled, and throttles the others."""

FAILURES_PREFIX = "aws/lambda/"
"""Where Lambda puts batches that exhausted their retries; the layout below it is AWS's."""

_GIVEN_UP = "OnFailureDestinationDeliveredEventCount"
_LATE_MILLISECONDS = 15 * 60 * 1000


class StreamPipelineArgs(TypedDict):
    """What a stream pipeline is."""

    table: NotRequired[aws.dynamodb.Table]
    """An existing table with a stream of both images; left out, the pipeline makes one."""
    partition_key: NotRequired[Key]
    """The key of the table that the pipeline makes; required if it makes one."""
    table_name: NotRequired[str | None]
    """The physical name of the table that the pipeline makes; named automatically when left out."""
    failures: Bucket
    """Where batches go that exhausted their retries, whole."""
    maximum_retry_attempts: NotRequired[int]
    """How often a failing batch is tried again, unless its consumer says otherwise; 10 by default."""
    maximum_record_age_seconds: NotRequired[int]
    """How old a record may get while it is tried, unless its consumer says otherwise; 21,600 (six hours) by default.
    Whichever limit is reached first ends the retries."""
    operations: NotRequired[Operations]


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


class StreamPipeline(Component):
    """A stream pipeline (`sluice:index:StreamPipeline`).

    It makes:

    - a table with a stream of both images, unless it is given one;
    - for each consumer (`subscribe`), two at most, what `StreamConsumer` lists.
    """

    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]

    def __init__(self, name: str, args: StreamPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:StreamPipeline", name, args.get("operations"), opts)
        self._args = args
        self._consumers: list[StreamConsumer] = []
        table = self._existing_table() or self._create_table()
        self.table_name, self.table_arn = table.name, table.arn
        self.stream_arn = _stream_of_both_images(name, table)
        self.register_outputs({"tableName": self.table_name, "tableArn": self.table_arn, "streamArn": self.stream_arn})

    def subscribe(self, consumer: str, args: ConsumerArgs) -> "StreamConsumer":
        """Adds a consumer.

        Args:
            consumer: its name, such as `archiver`; its resources are named after the pipeline and this.
            args: the function and how it is fed.

        Raises:
            ValueError: a third consumer, no filter, or one that can never match.
        """
        if len(self._consumers) == _READERS_OF_A_SHARD:
            taken = " and ".join(made.consumer for made in self._consumers)
            raise ValueError(
                f"{self._name} cannot take {consumer}: {taken} read its stream, and a shard serves two readers. "
                "Take the archive's objects instead, which are announced through EventBridge"
            )
        bounds: ConsumerArgs = {
            "maximum_retry_attempts": self._args.get("maximum_retry_attempts", 10),
            "maximum_record_age_seconds": self._args.get("maximum_record_age_seconds", 21_600),
            **args,
        }
        made = StreamConsumer(
            f"{self._name}-{consumer}", consumer, bounds, self, self._args["failures"], self._operations
        )
        self._consumers.append(made)
        return made

    def dashboard_row(self) -> Row:
        """What a dashboard shows of the pipeline."""
        consumers, table = self._consumers, {"TableName": self.table_name}
        return {
            "title": "Stream",
            "graphs": [
                graph(
                    "Records that reached a function",
                    *(made.mapping_metric("InvokedEventCount", made.consumer) for made in consumers),
                ),
                graph(
                    "Failures",
                    *(made.function.metric("Errors", f"{made.consumer} errors") for made in consumers),
                    *(made.mapping_metric(_GIVEN_UP, f"{made.consumer} given up") for made in consumers),
                ),
                graph(
                    "Lag (ms)",
                    *(made.function.metric("IteratorAge", made.consumer, "Maximum") for made in consumers),
                ),
                graph(
                    "Cost: milliseconds of functions, writes to the table",
                    *(made.function.metric("Duration", made.consumer) for made in consumers),
                    metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", table, "table writes"),
                ),
            ],
        }

    def _existing_table(self) -> aws.dynamodb.Table | None:
        table = self._args.get("table")
        if table is not None and (self._args.get("partition_key") or self._args.get("table_name")):
            raise ValueError(f"{self._name}: give an existing table, or the key and name of one to make, not both")
        return table

    def _create_table(self) -> aws.dynamodb.Table:
        if "partition_key" not in self._args:
            raise ValueError(f"{self._name}: give an existing table, or the partition_key of one to make")
        made = Table(
            f"{self._name}-table",
            {
                "partition_key": self._args["partition_key"],
                "table_name": self._args.get("table_name"),
                "stream": True,
                "operations": self._operations,
            },
            self._child(),
        )
        return made.table


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
        consumer: str,
        args: ConsumerArgs,
        pipeline: StreamPipeline,
        failures: Bucket,
        operations: Operations,
    ) -> None:
        super().__init__("sluice:index:StreamConsumer", name, operations, pulumi.ResourceOptions(parent=pipeline))
        self.consumer = consumer
        self._args, self._stream_arn, self._failures = args, pipeline.stream_arn, failures
        self.function = self._create_function()
        self.mapping = self._create_mapping()
        self._create_alarms()
        self.register_outputs({"functionName": self.function.name, "mappingId": self.mapping.uuid})

    def mapping_metric(self, name: str, label: str = "") -> Metric:
        """One of the metrics of how this consumer is fed."""
        return metric("AWS/Lambda", name, {"EventSourceMappingUUID": self.mapping.uuid}, label)

    def _create_function(self) -> Function:
        args = self._args
        return Function(
            self._name,
            {
                "handler": args["handler"],
                "description": args["description"],
                "environment": args.get("environment", {}),
                "settings": args.get("settings", {}),
                "statements": [*args.get("statements", []), *self._reading()],
                "timeout_seconds": args.get("timeout_seconds", 60),
                "memory_mib": args.get("memory_mib", 256),
                "alarms": args.get("alarms", {}),
                "operations": self._operations,
            },
            self._child(),
        )

    def _reading(self) -> list[Statement]:
        """What Lambda does on the function's behalf: reads the stream, keeps failures."""
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
            "lag",
            self.function.metric("IteratorAge", statistic="Maximum"),
            "The oldest record is over 15 minutes behind: the function fails, is throttled or is too slow.",
            "Look at the function's other alarms and its log.",
            threshold=_LATE_MILLISECONDS,
        )
        self._alarm_on(
            "failed",
            self.mapping_metric(_GIVEN_UP),
            "Records ran out of retries and lie among the failures.",
            "Look at `python -m sluice failures`, which can send them again, and at the function's log.",
        )
        self._alarm_on(
            "dropped",
            self.mapping_metric("DroppedEventCount"),
            "Records ran out of retries and were dropped.",
            "Look at the function's log for why; the table still has its items as they are now.",
        )
        self._alarm_on(
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

    def _alarm_on(self, kind: str, metric: Metric, meaning: str, look: str, threshold: float = 1) -> None:
        self._alarm(
            kind,
            {"metric": metric, "meaning": meaning, "look": look, "section": "stream", "threshold": threshold},
        )


def _stream_of_both_images(pipeline: str, table: aws.dynamodb.Table) -> pulumi.Output[str]:
    """The ARN of a table's stream; fails, in a preview too, unless the stream has both images."""

    def check(view: list[Any]) -> None:
        enabled, view_type = view
        if not enabled or view_type != "NEW_AND_OLD_IMAGES":
            found = f"a stream of {view_type}" if enabled and view_type else "no stream"
            raise ValueError(
                f"the table of {pipeline} has {found}: consumers need both images; set stream_enabled and "
                "stream_view_type NEW_AND_OLD_IMAGES"
            )

    # Known before the ARN is, and kept apart from it: what is not known yet is not checked.
    checked = pulumi.Output.all(table.stream_enabled, table.stream_view_type).apply(check)
    return pulumi.Output.all(table.stream_arn, checked).apply(lambda known: known[0])
