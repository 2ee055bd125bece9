"""The event source mappings of a stack, with their states and lags."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click
from botocore.exceptions import ClientError

from sluice.cloudwatch import Metric, latest
from sluice.functions import functions
from sluice.target import UNANSWERED, Target

_SETTINGS = {
    "batch_size": "BatchSize",
    "maximum_batching_window_seconds": "MaximumBatchingWindowInSeconds",
    "parallelization_factor": "ParallelizationFactor",
    "starting_position": "StartingPosition",
    "bisect_on_error": "BisectBatchOnFunctionError",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_record_age_seconds": "MaximumRecordAgeInSeconds",
}


@dataclass(frozen=True)
class Mapping:
    """One mapping.

    Attributes:
        id: its UUID.
        function: the function that it feeds, `users/notifier`; the physical name if it belongs to no pipeline.
        function_name: the physical name.
        source: the ARN of the stream or queue.
        state: `Enabled`, `Disabled`, or a transition.
        last_processing_result: `OK` or what went wrong, in Lambda's words; empty before the first batch.
        lag_ms: the age of the oldest waiting change or message, in milliseconds; None if not known.
        backlog: how many records were read and are not done; None if not known.
        settings: its other settings.
    """

    id: str
    function: str
    function_name: str
    source: str
    state: str
    last_processing_result: str
    lag_ms: int | None
    backlog: int | None
    settings: dict[str, Any]

    @property
    def is_of_stream(self) -> bool:
        """Whether it reads a stream, and not a queue."""
        return ":dynamodb:" in self.source

    @property
    def source_name(self) -> str:
        """Its source, without the parts that all ARNs have: `table users`, `queue items`."""
        name = self.source.split(":", 5)[-1]
        return f"table {name.split('/')[1]}" if self.is_of_stream else f"queue {name}"

    def document(self) -> dict[str, Any]:
        """Returns it as one object, with its settings among the other fields."""
        document = asdict(self)
        return document | document.pop("settings")


def lag_text(milliseconds: int | None) -> str:
    """Returns a lag as text, such as `1.2 s`; a dash if it is not known."""
    return "-" if milliseconds is None else f"{milliseconds / 1000:,.1f} s"


def mappings(target: Target) -> list[Mapping]:
    """Returns the mappings of a stack's functions, in the order of its pipelines.

    For a program in the embedded cloud that exports no pipelines, these are all mappings.

    Raises:
        ClientError: Lambda may not be asked.
        click.ClickException: The embedded cloud does not answer.
    """
    found = list(_configurations(target))
    short = {function.name: function.short for function in functions(target)}
    return [
        Mapping(
            configuration["UUID"],
            short.get(name := _function_name(configuration), name),
            name,
            configuration["EventSourceArn"],
            configuration.get("State", ""),
            configuration.get("LastProcessingResult") or "",
            lag,
            backlog,
            _settings(configuration),
        )
        for configuration, (lag, backlog) in zip(found, _lags(target, found), strict=True)
    ]


def _configurations(target: Target) -> Iterator[dict[str, Any]]:
    own = [{"FunctionName": function.name} for function in functions(target)]
    pages = target.client("lambda").get_paginator("list_event_source_mappings")
    for which in own or ([{}] if target.endpoint else []):  # other mappings of an account do not belong to this stack
        for page in pages.paginate(**which):
            yield from page["EventSourceMappings"]


def _function_name(configuration: dict[str, Any]) -> str:
    return configuration["FunctionArn"].split(":function:")[-1]


def _settings(configuration: dict[str, Any]) -> dict[str, Any]:
    """The settings that the mapping has, by the names of the pipelines' settings."""
    destination = (configuration.get("DestinationConfig") or {}).get("OnFailure") or {}
    settings = {name: configuration.get(theirs) for name, theirs in _SETTINGS.items()}
    settings |= {
        "maximum_concurrency": (configuration.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        "filters": [each["Pattern"] for each in (configuration.get("FilterCriteria") or {}).get("Filters", [])],
        "report_batch_item_failures": "ReportBatchItemFailures" in (configuration.get("FunctionResponseTypes") or []),
        "on_failure": destination.get("Destination"),
    }
    return {name: value for name, value in settings.items() if value is not None}


def _lags(target: Target, found: list[dict[str, Any]]) -> list[tuple[int | None, int | None]]:
    """The lag of each mapping: in milliseconds, and in records."""
    if target.endpoint:
        return _known_here(target, found)
    try:
        values = latest(target, [_age(configuration) for configuration in found])
    except ClientError:  # without permission for metrics, mappings are shown without their lag
        return [(None, None)] * len(found)
    scales = [1 if ":dynamodb:" in configuration["EventSourceArn"] else 1000 for configuration in found]
    return [(None if age is None else int(age * scale), None) for age, scale in zip(values, scales, strict=True)]


def _age(configuration: dict[str, Any]) -> Metric:
    """The metric of the age of the next record or message: in milliseconds for a stream, in seconds for a queue."""
    source = configuration["EventSourceArn"]
    if ":dynamodb:" in source:
        return Metric("AWS/Lambda", "IteratorAge", "FunctionName", _function_name(configuration))
    return Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", source.rpartition(":")[2])


def _known_here(target: Target, found: list[dict[str, Any]]) -> list[tuple[int | None, int | None]]:
    """The lags in the embedded cloud, which runs the mappings of streams itself; a disabled one reads nothing."""
    from sluice.cloud.emulator.corrections import MAPPINGS
    from sluice.cloud.emulator.own_paths import UNREACHABLE, ask

    try:
        listed = ask(target.endpoint or "", MAPPINGS, target.token) if target.token else []
    except UNREACHABLE as error:
        raise click.ClickException(UNANSWERED.format(error)) from None
    lags = {mapping["UUID"]: mapping["Lag"] for mapping in listed if mapping["State"] == "Enabled"}
    return [_here(lags.get(configuration["UUID"])) for configuration in found]


def _here(lag: dict[str, Any] | None) -> tuple[int | None, int | None]:
    if lag is None:
        return None, None
    oldest = lag["oldest"]
    return 0 if oldest is None else max(0, int((time.time() - oldest) * 1000)), lag["records"]
