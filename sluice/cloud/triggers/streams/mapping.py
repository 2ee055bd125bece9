"""The configuration of an event source mapping, with the names and limits of the Lambda API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sluice.cloud.triggers.streams.filters import compile_filters

ENDLESS = -1
StartingPosition = Literal["TRIM_HORIZON", "LATEST"]

# Fields of CreateEventSourceMapping's request and response that do not affect how records flow.
_WITHOUT_EFFECT = frozenset(
    {
        "Enabled",
        "EventSourceMappingArn",
        "FunctionName",
        "LastModified",
        "LastProcessingResult",
        "LoggingConfig",
        "MetricsConfig",
        "ResponseMetadata",
        "State",
        "StateTransitionReason",
        "Tags",
    }
)
_FIELDS = {
    "UUID": "uuid",
    "FunctionArn": "function_arn",
    "EventSourceArn": "stream_arn",
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "maximum_batching_window_seconds",
    "StartingPosition": "starting_position",
    "ParallelizationFactor": "parallelization_factor",
    "BisectBatchOnFunctionError": "bisect_on_error",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "MaximumRecordAgeInSeconds": "maximum_record_age_seconds",
}
_COMPOUND = frozenset({"FilterCriteria", "FunctionResponseTypes", "DestinationConfig"})


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """One mapping from a DynamoDB stream to a function.

    Attributes:
        uuid: the mapping's id, which is part of the keys of failure objects.
        function_arn: ARN or name, as Invoke takes it.
        stream_arn: the stream that is read.
        batch_size: the most records in an invocation, 1 to 10,000.
        maximum_batching_window_seconds: how long to wait for a batch to fill, 0 to 300.
        starting_position: where to begin: the oldest record, or the next one.
        parallelization_factor: how many batches of a shard may run at once, 1 to 10.
        filters: patterns, as JSON text; a record passes if it matches any, or if there are none.
        bisect_on_error: halve a batch that fails.
        maximum_retry_attempts: 0 to 10,000, or -1 for no limit.
        maximum_record_age_seconds: 60 to 604,800, or -1 for no limit.
        report_batch_item_failures: heed the function's `batchItemFailures`.
        on_failure: ARN of the bucket for discarded records.

    Raises:
        ValueError: Lambda does not accept a value.
    """

    uuid: str
    function_arn: str
    stream_arn: str
    batch_size: int = 100
    maximum_batching_window_seconds: int = 0
    starting_position: StartingPosition = "TRIM_HORIZON"
    parallelization_factor: int = 1
    filters: tuple[str, ...] = ()
    bisect_on_error: bool = False
    maximum_retry_attempts: int = ENDLESS
    maximum_record_age_seconds: int = ENDLESS
    report_batch_item_failures: bool = False
    on_failure: str | None = None

    def __post_init__(self) -> None:
        _check("batch_size", self.batch_size, 1, 10_000)
        _check("maximum_batching_window_seconds", self.maximum_batching_window_seconds, 0, 300)
        _check("parallelization_factor", self.parallelization_factor, 1, 10)
        if self.maximum_retry_attempts != ENDLESS:
            _check("maximum_retry_attempts", self.maximum_retry_attempts, 0, 10_000, "or -1")
        if self.maximum_record_age_seconds != ENDLESS:
            _check("maximum_record_age_seconds", self.maximum_record_age_seconds, 60, 604_800, "or -1")
        if self.starting_position not in get_args(StartingPosition):
            raise ValueError(
                f"starting_position {self.starting_position!r}: a DynamoDB stream has TRIM_HORIZON and LATEST"
            )
        if ":dynamodb:" not in self.stream_arn or "/stream/" not in self.stream_arn:
            raise ValueError(f"stream_arn {self.stream_arn!r} is not the ARN of a DynamoDB stream")
        if self.on_failure is not None and self.on_failure.split(":")[2:3] != ["s3"]:
            raise ValueError(
                f"on_failure {self.on_failure!r} is not the ARN of a bucket: no other destination is run here"
            )
        compile_filters(self.filters)

    @property
    def function_name(self) -> str:
        """The function's name, for display."""
        return self.function_arn.split(":function:")[-1]

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> "StreamMapping":
        """Reads the response of CreateEventSourceMapping, or its request with the `UUID` added.

        Raises:
            ValueError: a setting is invalid, or not run by the embedded cloud (tumbling windows, for one).
        """
        known = _FIELDS.keys() | _COMPOUND | _WITHOUT_EFFECT
        unknown = sorted(name for name, value in configuration.items() if value and name not in known)
        if unknown:
            raise ValueError(f"mapping settings that the embedded cloud does not run: {', '.join(unknown)}")
        settings = {name: value for name, value in configuration.items() if value is not None}
        values: dict[str, Any] = {field: settings[name] for name, field in _FIELDS.items() if name in settings}
        values.setdefault("function_arn", settings.get("FunctionName"))
        missing = [name for name in ("uuid", "function_arn", "stream_arn") if not values.get(name)]
        if missing:
            raise ValueError(f"mapping configuration without {', '.join(missing)}")
        return cls(
            **values,
            filters=_filters(settings.get("FilterCriteria", {})),
            report_batch_item_failures=_reports_failures(settings.get("FunctionResponseTypes", [])),
            on_failure=_on_failure(settings.get("DestinationConfig", {})),
        )


def _check(name: str, value: int, least: int, most: int, otherwise: str = "") -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} {value}: allowed are {least} to {most} {otherwise}".rstrip())


def _filters(criteria: Mapping[str, Any]) -> tuple[str, ...]:
    filters = criteria.get("Filters") or []
    if not all(each.get("Pattern") for each in filters):
        raise ValueError("FilterCriteria: each filter has a Pattern")
    return tuple(each["Pattern"] for each in filters)


def _reports_failures(response_types: list[str]) -> bool:
    unknown = set(response_types) - {"ReportBatchItemFailures"}
    if unknown:
        raise ValueError(f"FunctionResponseTypes {sorted(unknown)}: Lambda knows ReportBatchItemFailures")
    return bool(response_types)


def _on_failure(destinations: Mapping[str, Any]) -> str | None:
    if (destinations.get("OnSuccess") or {}).get("Destination"):
        raise ValueError("DestinationConfig.OnSuccess: an event source mapping has a failure destination only")
    return (destinations.get("OnFailure") or {}).get("Destination") or None
