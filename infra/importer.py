"""The function of an import pipeline: its environment, its permissions, its alarms."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from handlers.importer import environment
from handlers.shared.variables import flag_text
from infra import import_columns, import_settings
from infra import import_defaults as defaults
from infra.code import archive
from infra.function import FunctionArgs
from infra.iam import Statement, allow, decrypt_tables
from infra.import_columns import ColumnArgs
from infra.import_format import FormatArgs
from infra.operations import Operations
from infra.queue import Queue
from infra.table import Key, Table

RECEIVES = 5
"""How often a message is received before it becomes a dead letter."""
_HOPS = 1000
_PACED_HOPS = 10_000
"""Used with a limit on write units, which makes imports take longer."""
_MIB = 1024 * 1024


class ImportBucketArgs(TypedDict):
    """An existing bucket."""

    name: pulumi.Input[str]
    """Its name."""
    arn: pulumi.Input[str]
    """Its ARN."""


class ImportTableArgs(TypedDict):
    """An existing table."""

    name: pulumi.Input[str]
    """Its name."""
    arn: pulumi.Input[str]
    """Its ARN."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """The ARN of the key that encrypts it; left out where that is DynamoDB's own."""


class ImportTargetArgs(TypedDict):
    """The table of an import pipeline, made or given, and its keys; `ImportPipelineArgs` describes them."""

    table: NotRequired[ImportTableArgs]
    partition_key: Key
    sort_key: NotRequired[Key | None]


class ImportPipelineArgs(ImportTargetArgs):
    """Arguments of an import pipeline."""

    table: NotRequired[ImportTableArgs]
    """An existing table, with the keys below; left out, the pipeline makes one."""
    partition_key: Key
    """The table's partition key."""
    sort_key: NotRequired[Key | None]
    """The table's sort key; none by default."""
    bucket: NotRequired[ImportBucketArgs]
    """An existing bucket of the same account and region; left out, the pipeline makes one. Its files are announced
    through EventBridge, which has to be on for it; its own notifications are left alone."""
    prefix: NotRequired[str]
    """The only prefix of the bucket that triggers imports; `incoming/` by default."""
    columns: NotRequired[Mapping[str, ColumnArgs]]
    """Columns by their names in files; all others keep their names, and are strings in CSV files. None by default."""
    constants: NotRequired[Mapping[str, Any]]
    """Attribute -> its value in all items, whatever a row has: a text, a number or a boolean. None by default."""
    ordered: NotRequired[bool]
    """Whether the rows of a file are written in order, never in parallel; off by default."""
    chunk_mib: NotRequired[int]
    """Larger objects are split into chunks of this size; 32 by default."""
    gzip_limit_mib: NotRequired[int]
    """A compressed file that unpacks to more than this is refused; 102,400 by default."""
    transform: NotRequired[str | None]
    """A function that makes the item of a row, `package.module:function` from this repository's folder; see
    `handlers.importer.items.transform`. A `requirements.txt` beside its module pins the packages that it needs. None by
    default."""
    format: NotRequired[FormatArgs]
    """How files are written; by default told from their names and content."""
    ignore: NotRequired[Sequence[str]]
    """Names of files that are not data, with `*`, `?` and `[...]` as in shells; names that end with a slash are
    folders; by default those that tools leave beside data, such as `_SUCCESS` and `*.crc`."""
    timeout_seconds: NotRequired[int]
    """How long an invocation may take; another one continues with the rest; 120 by default."""
    maximum_concurrency: NotRequired[int]
    """How many chunks are imported at once, 2 to 1,000; 10 by default."""
    warm_write_units: NotRequired[int]
    """The warm throughput of the table that is made, in write units a second, 4,000 or more; 0, that of any new table,
    by default."""
    write_units_per_second: NotRequired[int]
    """The table's write units that all chunks together may consume; 0, as many as the table takes, by default."""
    operations: NotRequired[Operations]
    """How it is monitored, protected and paid for; cheap and disposable by default."""


def importer(
    args: ImportPipelineArgs,
    *,
    bucket_arn: pulumi.Output[str],
    table_name: pulumi.Output[str],
    table_arn: pulumi.Output[str],
    ledger: Table,
    queue: Queue,
    dead_letters: Queue,
) -> FunctionArgs:
    """Returns the function that imports.

    Args:
        args: The pipeline's arguments.
        bucket_arn: The bucket of the files and the rejects.
        table_name: The table that items are written into.
        table_arn: Its ARN.
        ledger: The table of imports.
        queue: The queue that feeds it, and that it sends the rest of its work to.
        dead_letters: The queue of messages that failed for good.

    Raises:
        ValueError: No file could have the format, or the limit on write units is too low to be shared.
        pulumi.RunError: Columns, constants and the table's keys contradict each other.
    """
    sort_key, prefix = args.get("sort_key"), args.get("prefix", defaults.PREFIX)
    transform, write_units = args.get("transform") or "", _write_units(args)
    return {
        "handler": environment.HANDLER,
        "code": archive(
            environment.HANDLER,
            functions=[transform] if transform else [],
            files={import_settings.NAME: _settings_file(args)},
        ),
        "description": "Imports files from S3 into a DynamoDB table",
        "environment": {
            environment.TABLE: table_name,
            environment.PARTITION_KEY: args["partition_key"]["name"],
            environment.SORT_KEY: sort_key["name"] if sort_key else "",
            environment.SETTINGS: import_settings.NAME,
            environment.LEDGER: ledger.name,
            environment.QUEUE_URL: queue.url,
            environment.DEAD_LETTER_QUEUE_URL: dead_letters.url,
            environment.RECEIVES: str(RECEIVES),
            environment.PREFIX: prefix,
            environment.ORDERED: flag_text(args.get("ordered", False)),
            environment.CHUNK_BYTES: str(int(args.get("chunk_mib", defaults.CHUNK_MIB)) * _MIB),
            environment.GZIP_LIMIT_BYTES: str(int(args.get("gzip_limit_mib", defaults.GZIP_LIMIT_MIB)) * _MIB),
            environment.WRITE_UNITS: write_units,
            environment.HOP_LIMIT: str(_HOPS if write_units == "0" else _PACED_HOPS),
            environment.TRANSFORM: transform,
        },
        "alarms": {
            "rejects": {
                "metric": environment.ROWS_REJECTED,
                "meaning": "Rows were rejected; the others were imported.",
                "look": f"Look below {environment.REJECTED_PREFIX} of the import bucket for them and their reasons.",
                "essential": True,
            },
            "failed-files": {
                "metric": environment.FILES_FAILED,
                "meaning": "Files could not be imported.",
                "look": "Look at `python -m sluice imports`, which shows which and why.",
                "essential": True,
            },
        },
        "statements": [
            *_on_files(bucket_arn, prefix),
            allow("WriteItems", ["dynamodb:BatchWriteItem"], [table_arn]),
            *decrypt_tables(_keys_of(args.get("table")), table_arn),
            *_on_work(ledger, queue, dead_letters),
        ],
        "timeout_seconds": timeout_seconds(args),
        "memory_mib": 512,
    }


def _keys_of(table: ImportTableArgs | None) -> list[pulumi.Input[str]]:
    return [table["kms_key_arn"]] if table and "kms_key_arn" in table else []


def _settings_file(args: ImportPipelineArgs) -> str:
    columns, constants = args.get("columns", {}), args.get("constants", {})
    keys = [key["name"] for key in (args["partition_key"], args.get("sort_key")) if key]
    found = [
        *(
            f"columns: allowed: {mistake}"
            for mistake in import_columns.mistakes(columns, keys, keys_come_from_columns=not args.get("transform"))
        ),
        *(f"set: allowed: {mistake}" for mistake in import_columns.mistakes_of_constants(constants, columns, keys)),
    ]
    if found:  # settings do not know the keys of a table that is looked up, so users can run into this
        raise pulumi.RunError("\n".join(["an import has mistakes in its settings:", *found]))
    return import_settings.settings_file(
        columns, constants, args.get("format", {}), args.get("ignore", defaults.IGNORE)
    )


def timeout_seconds(args: ImportPipelineArgs) -> int:
    """Returns how long an invocation may take."""
    return int(args.get("timeout_seconds", defaults.TIMEOUT_SECONDS))


def maximum_concurrency(args: ImportPipelineArgs) -> int:
    """Returns how many pieces are imported at once."""
    return int(args.get("maximum_concurrency", defaults.MAXIMUM_CONCURRENCY))


def _write_units(args: ImportPipelineArgs) -> str:
    """Returns one worker's share of the limit; `0` where there is none.

    Raises:
        ValueError: The limit is too low to be shared.
    """
    limit = int(args.get("write_units_per_second", defaults.WRITE_UNITS_PER_SECOND))
    workers = maximum_concurrency(args)
    if mistake := defaults.limit_mistake(limit, workers):
        raise ValueError(f"write_units_per_second {limit}: allowed: {mistake}")
    return f"{limit / workers:.3f}" if limit else "0"


def _on_files(bucket_arn: pulumi.Output[str], prefix: str) -> list[Statement]:
    within = pulumi.Output.concat(bucket_arn, "/")
    return [
        allow(
            "ReadFiles",
            ["s3:GetObject", "s3:GetObjectVersion"],
            [pulumi.Output.concat(within, prefix, "*")],
        ),
        # Without it S3 answers 403 for a deleted object, as it does for a forbidden one.
        allow("TellGoneFromForbidden", ["s3:ListBucket"], [bucket_arn]),
        allow(
            "KeepRejects",
            ["s3:PutObject", "s3:DeleteObject"],
            [pulumi.Output.concat(within, environment.REJECTED_PREFIX, "*")],
        ),
    ]


def _on_work(ledger: Table, queue: Queue, dead_letters: Queue) -> list[Statement]:
    return [
        allow(
            "KeepLedger",
            [
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            [ledger.arn],
        ),
        allow(
            "ReceiveWork",
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            [queue.arn],
        ),
        allow("HandOn", ["sqs:SendMessage"], [queue.arn, dead_letters.arn]),
    ]
