"""A consumer of tables' streams: a function, a mapping for each table, and alarms on lag and lost records."""

import enum
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra import stream_defaults as defaults
from infra.component import Component
from infra.filters import checked_pattern
from infra.function import MEMORY_MIB, TIMEOUT_SECONDS, Function, OwnAlarm
from infra.iam import Statement, allow, decrypt_tables
from infra.metrics import Metric, metric
from infra.operations import Operations

FAILURES_PREFIX = "aws/lambda/"
"""The prefix for batches that exhausted their retries; the layout below it is Lambda's."""

MADE = "made"
"""The key of the table that a pipeline makes: no resource is named after it."""

_GIVEN_UP = "OnFailureDestinationDeliveredEventCount"
_FILTERS = 5
"""Filter patterns that Lambda allows per mapping, unless a quota is raised."""
_LATE_MILLISECONDS = 15 * 60 * 1000


class StartingPosition(enum.StrEnum):
    """Where a consumer starts to read a stream."""

    TRIM_HORIZON = "TRIM_HORIZON"
    """With the oldest record that is kept: on an existing table, up to 24 hours of past changes."""
    LATEST = "LATEST"
    """With the next change."""


class FeedArgs(TypedDict):
    """How a function is fed with records, and its resources; `ConsumerArgs` describes the fields."""

    batch_size: NotRequired[int]
    batch_window_seconds: NotRequired[int]
    starting_position: NotRequired[StartingPosition]
    parallelization_factor: NotRequired[int]
    maximum_retry_attempts: NotRequired[int]
    maximum_record_age_seconds: NotRequired[int]
    timeout_seconds: NotRequired[int]
    memory_mib: NotRequired[int]


class ConsumerArgs(FeedArgs):
    """A consumer of streams: a function and how it is fed.

    The inherited fields are repeated here, because the schema for other languages has no descriptions of those.
    """

    handler: str
    """Dotted path of the handler within the code, such as `handlers.archiver.handler.handle`."""
    code: pulumi.Input[pulumi.Archive]
    """The function's code; `infra.code.archive` makes it from a handler and all that it imports."""
    description: NotRequired[str]
    """The function's description in Lambda's console; none by default."""
    filters: Sequence[str]
    """Lambda's filter patterns, five at most; records that match any of them reach the function. A pattern is JSON,
    which `infra.filters.pattern` writes."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Its environment variables; none by default."""
    settings: NotRequired[Mapping[str, str]]
    """The settings that make variables long: variable -> key of its setting, such as `mail.onlyTo`, for the error when
    variables are too long; none by default."""
    statements: NotRequired[Sequence[Statement]]
    """What its role may do besides reading the streams and keeping failures; nothing by default."""
    timeout_seconds: NotRequired[int]
    """How long an invocation may take; 60 by default."""
    memory_mib: NotRequired[int]
    """Its memory, which also sets its share of a core; 256 by default."""
    alarms: NotRequired[Mapping[str, OwnAlarm]]
    """Alarms on metrics that the function itself emits: kind -> alarm; none by default."""
    batch_size: NotRequired[int]
    """The most records per invocation; 100 by default."""
    batch_window_seconds: NotRequired[int]
    """How long to wait for a batch to fill; 0 by default."""
    starting_position: NotRequired[StartingPosition]
    """Where it starts to read; `TRIM_HORIZON` by default."""
    parallelization_factor: NotRequired[int]
    """Batches of one shard in flight at once, up to 10; records of one key stay in order; 1 by default."""
    maximum_retry_attempts: NotRequired[int]
    """How often a failing batch is retried; 10 by default."""
    maximum_record_age_seconds: NotRequired[int]
    """How old a record may get while it is retried; 21,600 by default. Whichever limit is reached first ends the
    retries."""


class StreamConsumer(Component):
    """A consumer of streams (`sluice:index:StreamConsumer`).

    It makes:

    - a function, whose role may read these streams and store failures;
    - for each stream an event source mapping with partial batch responses, bisecting, limits on retries and record age,
      and whole failed batches in S3;
    - alarms on the age of the oldest record, on records given up (kept among the failures, dropped, or lost), and on a
      stream that nobody reads.
    """

    def __init__(
        self,
        name: str,
        args: ConsumerArgs,
        streams: Mapping[str, pulumi.Input[str]],
        kms_keys: Sequence[pulumi.Input[str]],
        failures_bucket_arn: pulumi.Input[str],
        operations: Operations,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Makes the consumer.

        Args:
            name: Its resources are named after it.
            args: The function and how it is fed.
            streams: Name for a table -> the ARN of its stream.
            kms_keys: ARNs of the keys that encrypt them, other than DynamoDB's own.
            failures_bucket_arn: The bucket for whole batches that exhausted their retries.
            operations: How it is monitored.
            opts: As of every resource.

        Raises:
            ValueError: There is no filter, or one can never match.
        """
        super().__init__("sluice:index:StreamConsumer", name, operations, opts)
        self._args, self._streams, self._kms_keys = args, streams, kms_keys
        self._failures_bucket_arn = failures_bucket_arn
        self.function = self._create_function()
        self.mappings = {table: self._create_mapping(table, stream) for table, stream in streams.items()}
        self._create_alarms()
        self.register_outputs({"functionName": self.function.name, "functionArn": self.function.arn})

    def delivered(self, label: str) -> list[Metric]:
        """Returns the metrics of the records that reached the function, one for each table."""
        return self._mapping_metrics("InvokedEventCount", label)

    def given_up(self, label: str) -> list[Metric]:
        """Returns the metrics of the records that ran out of retries and are among the failures, one for each table."""
        return self._mapping_metrics(_GIVEN_UP, label)

    def _mapping_metrics(self, name: str, label: str) -> list[Metric]:
        return [_mapping_metric(mapping, name, label + _suffix(table)) for table, mapping in self.mappings.items()]

    def _create_function(self) -> Function:
        args = self._args
        return Function(
            self._name,
            {
                "handler": args["handler"],
                "code": args["code"],
                "description": args.get("description", ""),
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
        """Returns the permissions for what Lambda does on the function's behalf: reads the streams, keeps failures."""
        bucket, streams = self._failures_bucket_arn, list(self._streams.values())
        return [
            allow(
                "ReadStream",
                [
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ],
                streams,
            ),
            *decrypt_tables(self._kms_keys, pulumi.Output.from_input(streams[0])),
            # The mapping's id is part of the key, and the mapping is made after the role.
            allow("KeepFailures", ["s3:PutObject"], [pulumi.Output.concat(bucket, f"/{FAILURES_PREFIX}*")]),
            allow("FindFailuresBucket", ["s3:ListBucket"], [bucket]),
        ]

    def _create_mapping(self, table: str, stream_arn: pulumi.Input[str]) -> aws.lambda_.EventSourceMapping:
        args = self._args
        if not 0 < len(args["filters"]) <= _FILTERS:
            raise ValueError(
                f"{self._name}: a consumer with {len(args['filters'])} filters; give it 1 to {_FILTERS}, which name "
                "the events that it takes"
            )
        return aws.lambda_.EventSourceMapping(
            f"{self._name}-mapping{_suffix(table)}",
            event_source_arn=stream_arn,
            function_name=self.function.arn,
            filter_criteria={"filters": [{"pattern": checked_pattern(text)} for text in args["filters"]]},
            batch_size=int(args.get("batch_size", defaults.BATCH_SIZE)),
            maximum_batching_window_in_seconds=int(args.get("batch_window_seconds", defaults.BATCH_WINDOW_SECONDS)),
            starting_position=StartingPosition(args.get("starting_position", "TRIM_HORIZON")).value,
            parallelization_factor=int(args.get("parallelization_factor", defaults.PARALLELIZATION_FACTOR)),
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=int(args.get("maximum_retry_attempts", defaults.MAXIMUM_RETRY_ATTEMPTS)),
            maximum_record_age_in_seconds=int(
                args.get("maximum_record_age_seconds", defaults.MAXIMUM_RECORD_AGE_SECONDS)
            ),
            destination_config={"on_failure": {"destination_arn": self._failures_bucket_arn}},
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
            "undelivered",
            self.function.metric("DestinationDeliveryFailures"),
            "Records ran out of retries and could not be put among the failures.",
            f"Look at the role's statement KeepFailures and at the bucket's {FAILURES_PREFIX}.",
            essential=True,
        )
        for table, mapping in self.mappings.items():
            self._create_alarms_on(mapping, _suffix(table))

    def _create_alarms_on(self, mapping: aws.lambda_.EventSourceMapping, suffix: str) -> None:
        """Makes the alarms on one table's mapping; `suffix` distinguishes them from another table's."""
        self._alarm_on(
            "stream",
            "failed",
            _mapping_metric(mapping, _GIVEN_UP),
            "Records ran out of retries and lie among the failures.",
            "Look at `python -m sluice failures`, which can send them again, and at the function's log.",
            suffix=suffix,
            essential=True,
        )
        self._alarm_on(
            "stream",
            "dropped",
            _mapping_metric(mapping, "DroppedEventCount"),
            "Records ran out of retries and were dropped.",
            "Look at the function's log for why; the table still has its items as they are now.",
            suffix=suffix,
            essential=True,
        )
        # Polls that find nothing count as 0; a stopped mapping does not poll. Twelve short periods, not one long one:
        # CloudWatch looks for older data before it treats a period as empty.
        self._alarm(
            "silent",
            {
                "metric": _mapping_metric(mapping, "PolledEventCount"),
                "silence": True,
                "periods": 12,
                "meaning": "Nothing has read the stream for an hour: its mapping has stopped. Changes last for 24.",
                "look": "Look at the state of the function's event source mapping.",
                "section": "stream",
                "suffix": suffix,
                "essential": True,
            },
        )


def _suffix(table: str) -> str:
    """Returns the suffix that distinguishes the resources of one table from another's."""
    return "" if table == MADE else f"-{table}"


def _mapping_metric(mapping: aws.lambda_.EventSourceMapping, name: str, label: str = "") -> Metric:
    return metric("AWS/Lambda", name, {"EventSourceMappingUUID": mapping.uuid}, label)
