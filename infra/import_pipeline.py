"""The import pipeline: a file put into a bucket is copied into a DynamoDB table, whatever its size."""

import pulumi
import pulumi_aws as aws

from handlers.importer import environment
from infra import import_defaults as defaults
from infra.bucket import Bucket
from infra.component import Component
from infra.dashboard import Row, graph
from infra.function import Function
from infra.importer import (
    RECEIVES,
    ImportBucketArgs,
    ImportPipelineArgs,
    ImportTableArgs,
    importer,
    maximum_concurrency,
    timeout_seconds,
)
from infra.metrics import table_writes
from infra.object_events import deliver, rule_on_objects
from infra.queue import Queue, QueueArgs
from infra.table import Table


class ImportPipeline(Component):
    """An import pipeline (`sluice:index:ImportPipeline`).

    It makes:

    - a bucket that announces files below the prefix to a queue, or, for a given bucket, an EventBridge rule that does;
    - that queue, which only this bucket or rule may send to, and one for its dead letters;
    - a table, unless it is given one, and a ledger of imports;
    - a function fed by the queue, which may send itself the rest of a large file.
    """

    bucket_name: pulumi.Output[str]
    """The bucket that files are put into."""
    table_name: pulumi.Output[str]
    """The table that they are imported into."""
    table_arn: pulumi.Output[str]
    """The table's ARN."""
    prefix: str
    """The prefix of the bucket that files are put below."""

    def __init__(self, name: str, args: ImportPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:ImportPipeline", name, args.get("operations"), opts)
        self._args = args
        self.prefix = _checked_prefix(args.get("prefix", defaults.PREFIX))
        existing = args.get("bucket")
        bucket = existing or self._create_bucket()
        self._rule = self._create_rule(existing) if existing else None
        self.bucket_name = pulumi.Output.from_input(bucket["name"])
        self._bucket_arn = pulumi.Output.from_input(bucket["arn"])
        self.dead_letters = self._create_dead_letters()
        self.queue = self._create_queue()
        table = args.get("table") or self._create_table()
        self.table_name = pulumi.Output.from_input(table["name"])
        self.table_arn = pulumi.Output.from_input(table["arn"])
        self.ledger = self._create_ledger()
        self.function = self._create_function()
        self._create_recursion()
        self._create_mapping()
        if self._rule:
            opts = self._child(self.queue.policy, self.dead_letters.policy)
            deliver(f"{self._name}-target", self._rule, self.queue, self.dead_letters, opts)
        else:
            self._create_notification()
        self.dashboard_row = self._dashboard_row()
        self.register_outputs(
            {"bucketName": self.bucket_name, "tableName": self.table_name, "ledgerName": self.ledger.name}
        )

    def _dashboard_row(self) -> Row:
        function = self.function
        return {
            "title": self._name,
            "graphs": [
                graph(
                    "Rows",
                    function.own_metric(environment.ROWS_WRITTEN, "written"),
                    function.own_metric(environment.ROWS_REJECTED, "rejected"),
                ),
                graph(
                    "Failures",
                    function.metric("Errors", "errors"),
                    function.own_metric(environment.FILES_FAILED, "files failed"),
                    self.dead_letters.messages("dead letters"),
                ),
                graph("Lag (oldest message, s)", self.queue.age("waiting")),
                graph(
                    "Cost: milliseconds of the function, writes to the table",
                    function.metric("Duration", "importer"),
                    table_writes(self.table_name),
                ),
            ],
        }

    def _create_bucket(self) -> ImportBucketArgs:
        bucket = Bucket(
            f"{self._name}-files",
            {
                "lifecycle": [
                    {"prefix": self.prefix, "infrequent_access_days": 30},
                    {"prefix": environment.REJECTED_PREFIX, "expire_days": 90},
                ],
                "operations": self._operations,
            },
            self._child(),
        )
        return {"name": bucket.name, "arn": bucket.arn}

    def _create_rule(self, bucket: ImportBucketArgs) -> aws.cloudwatch.EventRule:
        return rule_on_objects(f"{self._name}-rule", bucket["name"], self.prefix, self._operations, self._child())

    def _rules(self) -> list[pulumi.Output[str]]:
        return [self._rule.arn] if self._rule else []

    def _create_dead_letters(self) -> Queue:
        args: QueueArgs = {"rules": self._rules(), "operations": self._operations}
        return Queue(f"{self._name}-dead-letters", args, self._child())

    def _create_queue(self) -> Queue:
        return Queue(
            f"{self._name}-queue",
            {
                # AWS's advice for queues that feed functions: a message must not reappear while it is processed.
                "visibility_timeout_seconds": 6 * timeout_seconds(self._args),
                "dead_letters": self.dead_letters,
                "receives": RECEIVES,
                "sources": [] if self._rule else [self._bucket_arn],
                "rules": self._rules(),
                "operations": self._operations,
            },
            self._child(),
        )

    def _create_table(self) -> ImportTableArgs:
        table = Table(
            f"{self._name}-table",
            {
                "partition_key": self._args["partition_key"],
                "sort_key": self._args.get("sort_key"),
                "warm_write_units": self._warm_write_units(),
                "operations": self._operations,
            },
            self._child(),
        )
        return {"name": table.name, "arn": table.arn}

    def _warm_write_units(self) -> int:
        units = int(self._args.get("warm_write_units", defaults.WARM_WRITE_UNITS))
        if mistake := defaults.warm_mistake(units):
            raise ValueError(f"warm_write_units {units}: allowed: {mistake}")
        return units

    def _create_ledger(self) -> Table:
        return Table(
            f"{self._name}-ledger",
            {
                "partition_key": {"name": "object"},
                "sort_key": {"name": "version"},
                "expires_by": "expires_at",
                # Ended imports, by how and when they ended. Only items of a file's version have both keys.
                # `sluice.ledger` queries it.
                "index": {"name": "ended", "partition_key": "status", "sort_key": "finished_at"},
                "operations": self._operations,
            },
            self._child(),
        )

    def _create_function(self) -> Function:
        args = importer(
            self._args,
            bucket_arn=self._bucket_arn,
            table_name=self.table_name,
            table_arn=self.table_arn,
            ledger=self.ledger,
            queue=self.queue,
            dead_letters=self.dead_letters,
        )
        return Function(f"{self._name}-importer", {**args, "operations": self._operations}, self._child())

    def _create_recursion(self) -> None:
        # Lambda stops a function that feeds its own queue after some 16 rounds; this one has its own limit.
        aws.lambda_.FunctionRecursionConfig(
            f"{self._name}-recursion",
            function_name=self.function.name,
            recursive_loop="Allow",
            opts=self._child(),
        )

    def _create_mapping(self) -> None:
        aws.lambda_.EventSourceMapping(
            f"{self._name}-mapping",
            event_source_arn=self.queue.arn,
            function_name=self.function.arn,
            batch_size=1,  # a message may take an invocation's whole time
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": maximum_concurrency(self._args)},
            metrics_config={"metrics": ["EventCount"]},
            tags=self._operations.get("tags"),
            opts=self._child(self.function.policy),
        )

    def _create_notification(self) -> None:
        aws.s3.BucketNotification(
            f"{self._name}-notification",
            bucket=self.bucket_name,
            queues=[{"queue_arn": self.queue.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": self.prefix}],
            opts=self._child(self.queue.policy),  # S3 sends a test message to the queue when this is made
        )


def _checked_prefix(prefix: str) -> str:
    if not defaults.keeps_rejects_apart(prefix):
        raise ValueError(
            f"prefix {prefix!r} could make the pipeline import its own rejects below {environment.REJECTED_PREFIX}, "
            f"endlessly: choose {defaults.ALLOWED_PREFIXES}"
        )
    return prefix
