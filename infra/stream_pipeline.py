"""The stream pipeline: DynamoDB tables whose changes reach Lambda functions, with whole failed batches kept in S3."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from infra.component import Component
from infra.dashboard import Row, graph
from infra.metrics import table_writes
from infra.operations import Operations
from infra.stream_consumer import MADE, ConsumerArgs, StreamConsumer
from infra.table import Key, Table

_READERS_OF_A_SHARD = 2
"""A stream's shard serves two readers; a third is throttled, and throttles the others."""


class SourceTableArgs(TypedDict):
    """An existing table with a stream of new and old images."""

    name: pulumi.Input[str]
    """Its name."""
    arn: pulumi.Input[str]
    """Its ARN."""
    stream_arn: pulumi.Input[str]
    """The ARN of its stream."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """The ARN of the key that encrypts it and its stream; left out where that is DynamoDB's own."""


class StreamTablesArgs(TypedDict):
    """The tables of a stream pipeline: one to make, or given ones; `StreamPipelineArgs` describes them."""

    partition_key: NotRequired[Key]
    sort_key: NotRequired[Key | None]
    table_name: NotRequired[str | None]
    tables: NotRequired[Mapping[str, SourceTableArgs]]


class StreamPipelineArgs(StreamTablesArgs):
    """Arguments of a stream pipeline: tables, and the functions that their changes reach."""

    failures_bucket_arn: pulumi.Input[str]
    """The bucket for whole batches that exhausted their retries, below `aws/lambda/`."""
    consumers: Mapping[str, ConsumerArgs]
    """The functions, two at most, by name, such as `archiver`. Their resources are named after the pipeline and this
    name."""
    partition_key: NotRequired[Key]
    """The partition key of the table that the pipeline makes; required unless it is given tables, and then left out."""
    sort_key: NotRequired[Key | None]
    """The sort key of the table that the pipeline makes; none by default."""
    table_name: NotRequired[str | None]
    """The physical name of the table that the pipeline makes; named automatically when left out."""
    tables: NotRequired[Mapping[str, SourceTableArgs]]
    """Existing tables, by names that their mappings get; each consumer reads all of them. A changed name makes a new
    mapping, which starts over. Left out, the pipeline makes a table."""
    operations: NotRequired[Operations]
    """How it is monitored, protected and paid for; cheap and disposable by default."""


class StreamPipeline(Component):
    """A stream pipeline (`sluice:index:StreamPipeline`).

    It makes:

    - a table with a stream of both images, unless it is given tables;
    - for each consumer what `StreamConsumer` lists.
    """

    tables: pulumi.Output[Mapping[str, SourceTableArgs]]
    """Its tables: those that it was given, or the one that it made, under the key `made`."""

    def __init__(self, name: str, args: StreamPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Makes the pipeline.

        Raises:
            ValueError: Neither a table to make nor given ones, or both; more consumers than a shard serves; a consumer
                without a filter, or with one that can never match.
        """
        super().__init__("sluice:index:StreamPipeline", name, args.get("operations"), opts)
        self._args = args
        self._check_readers()
        self.table = self._create_table()
        self.sources = self._sources()
        self.tables = pulumi.Output.from_input(self.sources)
        self.consumers = {consumer: self._create_consumer(consumer) for consumer in args["consumers"]}
        self.dashboard_row = self._dashboard_row()
        self.register_outputs({"tables": self.tables})

    def _check_readers(self) -> None:
        names = list(self._args["consumers"])
        if len(names) > _READERS_OF_A_SHARD:
            raise ValueError(
                f"{self._name} cannot take {names[2]}: {names[0]} and {names[1]} read its streams, and a shard serves "
                "two readers. Take the archive's objects instead, which are announced through EventBridge"
            )

    def _create_table(self) -> Table | None:
        args = self._args
        if args.get("tables"):
            if args.get("partition_key") or args.get("sort_key") or args.get("table_name"):
                raise ValueError(f"{self._name}: give existing tables, or the key and name of one to make, not both")
            return None
        if "partition_key" not in args:
            raise ValueError(f"{self._name}: give existing tables, or the partition_key of one to make")
        return Table(
            f"{self._name}-table",
            {
                "partition_key": args["partition_key"],
                "sort_key": args.get("sort_key"),
                "table_name": args.get("table_name"),
                "stream": True,
                "operations": self._operations,
            },
            self._child(),
        )

    def _sources(self) -> dict[str, SourceTableArgs]:
        if self.table is None:
            return dict(self._args.get("tables", {}))
        table = self.table.table
        return {MADE: {"name": table.name, "arn": table.arn, "stream_arn": table.stream_arn}}

    def _create_consumer(self, consumer: str) -> StreamConsumer:
        return StreamConsumer(
            f"{self._name}-{consumer}",
            self._args["consumers"][consumer],
            {label: source["stream_arn"] for label, source in self.sources.items()},
            [source["kms_key_arn"] for source in self.sources.values() if "kms_key_arn" in source],
            self._args["failures_bucket_arn"],
            self._operations,
            self._child(),
        )

    def _dashboard_row(self) -> Row:
        consumers = self.consumers.items()
        return {
            "title": self._name,
            "graphs": [
                graph(
                    "Records that reached a function",
                    *(each for name, consumer in consumers for each in consumer.delivered(name)),
                ),
                graph(
                    "Failures",
                    *(consumer.function.metric("Errors", f"{name} errors") for name, consumer in consumers),
                    *(each for name, consumer in consumers for each in consumer.given_up(f"{name} given up")),
                ),
                graph(
                    "Lag (ms)",
                    *(consumer.function.metric("IteratorAge", name, "Maximum") for name, consumer in consumers),
                ),
                graph(
                    "Cost: milliseconds of functions, writes to the tables",
                    *(consumer.function.metric("Duration", name) for name, consumer in consumers),
                    *(table_writes(source["name"]) for source in self.sources.values()),
                ),
            ],
        }
