"""The stream pipeline: a DynamoDB table whose changes reach Lambda functions, failures kept whole in S3."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra import stream_defaults as defaults
from infra.bucket import Bucket
from infra.component import Component
from infra.dashboard import Row, graph
from infra.metrics import table_writes
from infra.operations import Operations
from infra.stream_consumer import ConsumerArgs, StreamConsumer
from infra.table import Key, Table

_READERS_OF_A_SHARD = 2
"""A stream's shard serves two readers; a third is throttled, and throttles the others."""


class StreamPipelineArgs(TypedDict):
    """What a stream pipeline is; `infra.stream_defaults` says what holds for what is left out."""

    table: NotRequired[aws.dynamodb.Table]
    """An existing table with a stream of both images; left out, the pipeline makes one."""
    partition_key: NotRequired[Key]
    """The key of the table that the pipeline makes; required if it makes one."""
    table_name: NotRequired[str | None]
    """The physical name of the table that the pipeline makes; named automatically when left out."""
    failures: Bucket
    """Where batches go that exhausted their retries, whole."""
    maximum_retry_attempts: NotRequired[int]
    """How often a failing batch is tried again, unless its consumer says otherwise."""
    maximum_record_age_seconds: NotRequired[int]
    """How old a record may get while it is tried, unless its consumer says otherwise. Whichever limit is reached first
    ends the retries."""
    operations: NotRequired[Operations]


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
        self._consumers: dict[str, StreamConsumer] = {}
        table = self._existing_table() or self._create_table()
        self.table_name, self.table_arn = table.name, table.arn
        self.stream_arn = _stream_of_both_images(name, table)
        self.register_outputs({"tableName": self.table_name, "tableArn": self.table_arn, "streamArn": self.stream_arn})

    def subscribe(self, name: str, args: ConsumerArgs) -> StreamConsumer:
        """Adds a consumer.

        Args:
            name: such as `archiver`; its resources are named after the pipeline and this.
            args: the function and how it is fed.

        Raises:
            ValueError: a third consumer, no filter, or one that can never match.
        """
        if len(self._consumers) == _READERS_OF_A_SHARD:
            raise ValueError(
                f"{self._name} cannot take {name}: {' and '.join(self._consumers)} read its stream, and a shard serves "
                "two readers. Take the archive's objects instead, which are announced through EventBridge"
            )
        bounds: ConsumerArgs = {
            "maximum_retry_attempts": self._args.get("maximum_retry_attempts", defaults.MAXIMUM_RETRY_ATTEMPTS),
            "maximum_record_age_seconds": self._args.get(
                "maximum_record_age_seconds", defaults.MAXIMUM_RECORD_AGE_SECONDS
            ),
            **args,
        }
        self._consumers[name] = StreamConsumer(
            f"{self._name}-{name}", bounds, self.stream_arn, self._args["failures"], self._operations, self._child()
        )
        return self._consumers[name]

    def dashboard_row(self) -> Row:
        """Returns what a dashboard shows of the pipeline."""
        consumers = self._consumers.items()
        return {
            "title": "Stream",
            "graphs": [
                graph(
                    "Records that reached a function",
                    *(consumer.mapping_metric("InvokedEventCount", name) for name, consumer in consumers),
                ),
                graph(
                    "Failures",
                    *(consumer.function.metric("Errors", f"{name} errors") for name, consumer in consumers),
                    *(consumer.given_up(f"{name} given up") for name, consumer in consumers),
                ),
                graph(
                    "Lag (ms)",
                    *(consumer.function.metric("IteratorAge", name, "Maximum") for name, consumer in consumers),
                ),
                graph(
                    "Cost: milliseconds of functions, writes to the table",
                    *(consumer.function.metric("Duration", name) for name, consumer in consumers),
                    table_writes(self.table_name),
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
        return Table(
            f"{self._name}-table",
            {
                "partition_key": self._args["partition_key"],
                "table_name": self._args.get("table_name"),
                "stream": True,
                "operations": self._operations,
            },
            self._child(),
        ).table


def _stream_of_both_images(pipeline: str, table: aws.dynamodb.Table) -> pulumi.Output[str]:
    """Returns the ARN of a table's stream.

    Raises:
        ValueError: in a preview too, if the stream lacks an image.
    """

    def check(view: list[Any]) -> None:
        enabled, view_type = view
        if not enabled or view_type != "NEW_AND_OLD_IMAGES":
            stream = f"a stream of {view_type}" if enabled and view_type else "no stream"
            raise ValueError(
                f"the table of {pipeline} has {stream}: consumers need both images; set stream_enabled and "
                "stream_view_type NEW_AND_OLD_IMAGES"
            )

    # Known before the ARN is, and kept apart from it: what is not known yet is not checked.
    check_of_images = pulumi.Output.all(table.stream_enabled, table.stream_view_type).apply(check)
    return pulumi.Output.all(table.stream_arn, check_of_images).apply(lambda values: values[0])
