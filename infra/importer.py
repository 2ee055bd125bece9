"""The function of an import pipeline: what it is told, what it may do, what its alarms watch."""

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
"""How often a message is tried before it is a dead letter."""
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
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Of the key that encrypts it; left out where that is DynamoDB's own."""


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
    """What is known of columns, by what files call them; the others, by default all, keep their names, and are strings
    in CSV files."""
    constants: NotRequired[Mapping[str, Any]]
    """Attribute -> what it is in all items, in place of what a row has: a text, a number or a boolean. None by
    default."""
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
    warm_write_units: NotRequired[int]
    """Write units a second that the table that is made takes from the first one on, 4,000 or more; 0, what a new table
    takes, by default."""
    write_units_per_second: NotRequired[int]
    """What all of them may consume of the table's write units; 0, as much as the table takes, by default."""
    operations: NotRequired[Operations]
    """How it is watched, kept and paid for; cheap and disposable by default."""


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
        args: What the pipeline is.
        bucket_arn: Where the files are, and the rejects.
        table_name: Where the items are written.
        table_arn: Likewise.
        ledger: Where imports are kept.
        queue: What feeds it, and takes what it leaves.
        dead_letters: What takes messages that fail for good.

    Raises:
        ValueError: The format is one that no file could have, or the limit of write units is too low to be shared.
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
    if found:  # settings know no keys of a table that is looked up, so that a team may well meet this
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
        # Without it S3 answers 403 for an object that is gone, as it does for one that is forbidden.
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
