"""The import pipeline: a file put into a bucket is copied into a DynamoDB table, whatever its size."""

import json
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from handlers.importer import environment
from handlers.shared.variables import flag_text
from infra import import_defaults as defaults
from infra.bucket import Bucket
from infra.code import archive
from infra.component import Component
from infra.dashboard import Row, graph
from infra.function import Function
from infra.iam import Statement, allow
from infra.import_defaults import ColumnType
from infra.import_format import FormatArgs, variable
from infra.metrics import table_writes
from infra.object_events import deliver, rule_on_objects
from infra.operations import Operations
from infra.queue import Queue, QueueArgs
from infra.table import Key, Table

_RECEIVES = 5
_HOPS = 1000
_PACED_HOPS = 10_000
"""With a limit on write units, time is what an import is meant to take."""
_MIB = 1024 * 1024


class ImportBucketArgs(TypedDict):
    """A bucket that exists."""

    name: pulumi.Input[str]
    """Its name."""
    arn: pulumi.Input[str]
    """Its ARN."""


class ImportTableArgs(TypedDict):
    """A table that exists."""

    name: pulumi.Input[str]
    """Its name."""
    arn: pulumi.Input[str]
    """Its ARN."""


class ColumnArgs(TypedDict):
    """A column of CSV files."""

    type: ColumnType
    """What its cells are."""


class ImportTargetArgs(TypedDict):
    """The table of an import pipeline, made or given, and its keys; `ImportPipelineArgs` describes them."""

    table: NotRequired[ImportTableArgs]
    partition_key: Key
    sort_key: NotRequired[Key | None]


class ImportPipelineArgs(ImportTargetArgs):
    """What an import pipeline is."""

    table: NotRequired[ImportTableArgs]
    """An existing table, with the keys below; left out, the pipeline makes one."""
    partition_key: Key
    """The table's key."""
    sort_key: NotRequired[Key | None]
    """The table's second key; none by default."""
    bucket: NotRequired[ImportBucketArgs]
    """An existing bucket of the same account and region; left out, the pipeline makes one. It is heard through
    EventBridge, which has to be on for it; its own notifications are left alone."""
    prefix: NotRequired[str]
    """Where files are put in it: the only prefix that triggers an import; `incoming/` by default."""
    columns: NotRequired[Mapping[str, ColumnArgs]]
    """What is known of CSV columns, by name; the others, by default all, are strings."""
    ordered: NotRequired[bool]
    """Whether the rows of a file are written in its order, never in parallel; off by default."""
    chunk_mib: NotRequired[int]
    """Larger objects are split into pieces of this size; 32 by default."""
    gzip_limit_mib: NotRequired[int]
    """A compressed file that grows beyond this is refused; 102,400 by default."""
    transform: NotRequired[str | None]
    """A function between a row and its item, `package.module:function` from this repository's folder; see
    `handlers.importer.items.transform`. A `requirements.txt` beside its module pins the packages that it needs. None by
    default."""
    format: NotRequired[FormatArgs]
    """How files are written, where their names and their content do not tell; by default they do."""
    ignore: NotRequired[Sequence[str]]
    """Names of files that are no data, with `*`, `?` and `[...]` as in shells; with a slash at the end, folders; by
    default those that tools leave beside data, such as `_SUCCESS` and `*.crc`."""
    timeout_seconds: NotRequired[int]
    """How long an invocation may take; what is left then is continued by another; 120 by default."""
    maximum_concurrency: NotRequired[int]
    """How many pieces are imported at once, 2 to 1,000; 10 by default."""
    write_units_per_second: NotRequired[int]
    """What all of them may consume of the table's write units; 0, as much as the table takes, by default."""
    operations: NotRequired[Operations]
    """How it is watched, kept and paid for; cheap and disposable by default."""


class ImportPipeline(Component):
    """An import pipeline (`sluice:index:ImportPipeline`).

    It makes:

    - a bucket that announces files below the prefix to a queue; given one, an EventBridge rule that does;
    - that queue, which only this bucket or rule may send to, and one for its dead letters;
    - a table, unless it is given one, and a ledger of imports;
    - a function fed by the queue, which may send itself the rest of a large file.
    """

    bucket_name: pulumi.Output[str]
    """The bucket that files are put into."""
    table_name: pulumi.Output[str]
    """The table that they are imported into."""
    table_arn: pulumi.Output[str]
    """Its ARN."""
    prefix: str
    """Where they are put in the bucket."""

    def __init__(self, name: str, args: ImportPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:ImportPipeline", name, args.get("operations"), opts)
        self._args = args
        self.prefix = _checked_prefix(args.get("prefix", defaults.PREFIX))
        self._timeout_seconds = int(args.get("timeout_seconds", defaults.TIMEOUT_SECONDS))
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
                # AWS's advice for queues that feed functions: a message must not come back while it is worked on.
                "visibility_timeout_seconds": 6 * self._timeout_seconds,
                "dead_letters": self.dead_letters,
                "receives": _RECEIVES,
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
                "operations": self._operations,
            },
            self._child(),
        )
        return {"name": table.name, "arn": table.arn}

    def _create_ledger(self) -> Table:
        return Table(
            f"{self._name}-ledger",
            {
                "partition_key": {"name": "object"},
                "sort_key": {"name": "version"},
                "expires_by": "expires_at",
                # What has ended, which nothing but a file's version has: how, and when. `sluice.ledger` asks it.
                "index": {"name": "ended", "partition_key": "status", "sort_key": "finished_at"},
                "operations": self._operations,
            },
            self._child(),
        )

    def _create_function(self) -> Function:
        args, sort_key, rejected = self._args, self._args.get("sort_key"), environment.REJECTED_PREFIX
        transform = self._args.get("transform") or ""
        return Function(
            f"{self._name}-importer",
            {
                "handler": environment.HANDLER,
                "code": archive(environment.HANDLER, functions=[transform] if transform else []),
                "description": "Imports files from S3 into a DynamoDB table",
                "environment": {
                    environment.TABLE: self.table_name,
                    environment.PARTITION_KEY: args["partition_key"]["name"],
                    environment.SORT_KEY: sort_key["name"] if sort_key else "",
                    environment.COLUMNS: json.dumps(_types(args.get("columns", {}))),
                    environment.LEDGER: self.ledger.name,
                    environment.QUEUE_URL: self.queue.url,
                    environment.DEAD_LETTER_QUEUE_URL: self.dead_letters.url,
                    environment.RECEIVES: str(_RECEIVES),
                    environment.PREFIX: self.prefix,
                    environment.ORDERED: flag_text(args.get("ordered", False)),
                    environment.CHUNK_BYTES: str(int(args.get("chunk_mib", defaults.CHUNK_MIB)) * _MIB),
                    environment.GZIP_LIMIT_BYTES: str(int(args.get("gzip_limit_mib", defaults.GZIP_LIMIT_MIB)) * _MIB),
                    environment.WRITE_UNITS: self._write_units(),
                    environment.HOP_LIMIT: str(_HOPS if self._write_units() == "0" else _PACED_HOPS),
                    environment.TRANSFORM: transform,
                    environment.FORMAT: variable(args.get("format", {})),
                    environment.IGNORE: json.dumps(list(args.get("ignore", defaults.IGNORE))),
                },
                "settings": {
                    environment.COLUMNS: "columns",
                    environment.FORMAT: "format",
                    environment.IGNORE: "ignore",
                },
                "alarms": {
                    "rejects": {
                        "metric": environment.ROWS_REJECTED,
                        "meaning": "Rows were rejected; the others were imported.",
                        "look": f"Look below {rejected} of the import bucket for them and their reasons.",
                    },
                    "failed-files": {
                        "metric": environment.FILES_FAILED,
                        "meaning": "Files could not be imported.",
                        "look": "Look at `python -m sluice imports`, which says which and why.",
                    },
                },
                "statements": self._statements(),
                "timeout_seconds": self._timeout_seconds,
                "memory_mib": 512,
                "operations": self._operations,
            },
            self._child(),
        )

    def _write_units(self) -> str:
        """Returns one worker's share of the limit; `0` where there is none.

        Raises:
            ValueError: The limit is too low to be shared.
        """
        limit = int(self._args.get("write_units_per_second", defaults.WRITE_UNITS_PER_SECOND))
        workers = int(self._args.get("maximum_concurrency", defaults.MAXIMUM_CONCURRENCY))
        if mistake := defaults.limit_mistake(limit, workers):
            raise ValueError(f"write_units_per_second {limit}: allowed: {mistake}")
        return f"{limit / workers:.3f}" if limit else "0"

    def _statements(self) -> list[Statement]:
        within = pulumi.Output.concat(self._bucket_arn, "/")
        return [
            allow(
                "ReadFiles",
                ["s3:GetObject", "s3:GetObjectVersion"],
                [pulumi.Output.concat(within, self.prefix, "*")],
            ),
            # Without it S3 answers 403 for an object that is gone, as it does for one that is forbidden.
            allow("TellGoneFromForbidden", ["s3:ListBucket"], [self._bucket_arn]),
            allow(
                "KeepRejects",
                ["s3:PutObject", "s3:DeleteObject"],
                [pulumi.Output.concat(within, environment.REJECTED_PREFIX, "*")],
            ),
            allow("WriteItems", ["dynamodb:BatchWriteItem"], [self.table_arn]),
            allow(
                "KeepLedger",
                [
                    "dynamodb:ConditionCheckItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:UpdateItem",
                ],
                [self.ledger.arn],
            ),
            allow(
                "ReceiveWork",
                ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                [self.queue.arn],
            ),
            allow("HandOn", ["sqs:SendMessage"], [self.queue.arn, self.dead_letters.arn]),
        ]

    def _create_recursion(self) -> None:
        # Lambda stops a function that feeds its own queue after some 16 rounds; this one's have their own limit.
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
            batch_size=1,  # a message is a piece of work that may take an invocation's whole time
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={
                "maximum_concurrency": int(self._args.get("maximum_concurrency", defaults.MAXIMUM_CONCURRENCY))
            },
            metrics_config={"metrics": ["EventCount"]},
            tags=self._operations.get("tags"),
            opts=self._child(self.function.policy),
        )

    def _create_notification(self) -> None:
        aws.s3.BucketNotification(
            f"{self._name}-notification",
            bucket=self.bucket_name,
            queues=[{"queue_arn": self.queue.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": self.prefix}],
            opts=self._child(self.queue.policy),  # S3 tries the queue when it is told of it
        )


def _types(columns: Mapping[str, ColumnArgs]) -> dict[str, str]:
    # In order: programs in other languages hand maps over in any, and each would be a change of the function.
    return {name: ColumnType(column["type"]).value for name, column in sorted(columns.items())}


def _checked_prefix(prefix: str) -> str:
    if not defaults.keeps_rejects_apart(prefix):
        raise ValueError(
            f"prefix {prefix!r} could make the pipeline import its own rejects below {environment.REJECTED_PREFIX}, "
            f"for ever: choose {defaults.ALLOWED_PREFIXES}"
        )
    return prefix
