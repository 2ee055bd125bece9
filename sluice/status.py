"""The status of a running stack: its functions with invocations and errors, its pipelines with lag and backlog."""

from dataclasses import asdict, dataclass
from typing import Any

from sluice.functions import functions
from sluice.log_entries import Invocations
from sluice.logs import Log
from sluice.mappings import Mapping, mappings
from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target

ENABLED = "Enabled"


@dataclass(frozen=True)
class FunctionStatus:
    """A function: its short name, its physical name, how often it ran and how often it failed."""

    function: str
    name: str
    invocations: int
    errors: int


@dataclass(frozen=True)
class PipelineStatus:
    """A pipeline.

    Attributes:
        pipeline: `stream/users`.
        state: `Enabled`, or the state of the first mapping or schedule that is not.
        lag_ms: the age of the oldest waiting change, in milliseconds; None if not known.
        backlog: records, or messages of an import's queue, that are not done; None for a report.
        dead_letters: messages of an import that failed for good; None for other kinds.
        schedule: when a report runs, such as `rate(5 minutes)`; None for other kinds.
    """

    pipeline: str
    state: str
    lag_ms: int | None
    backlog: int | None
    dead_letters: int | None = None
    schedule: str | None = None


@dataclass(frozen=True)
class Status:
    """The status of a stack."""

    functions: list[FunctionStatus]
    pipelines: list[PipelineStatus]

    def document(self) -> dict[str, Any]:
        """Returns it as one object."""
        return asdict(self)


def status(target: Target) -> Status:
    """Returns the status of a stack that runs here, where logs begin with the stack.

    Raises:
        ClientError, BotoCoreError, click.ClickException: the embedded cloud does not answer.
    """
    return Status(_functions(target), pipeline_statuses(target, mappings(target)))


def pipeline_statuses(target: Target, fed: list[Mapping]) -> list[PipelineStatus]:
    """Returns the statuses of the pipelines of a stack that runs here or in AWS.

    Args:
        target: the stack.
        fed: its mappings.

    Raises:
        ClientError, BotoCoreError: it does not answer, or may not be asked.
    """
    return [
        *(_stream(pipeline, fed) for pipeline in pipelines(target, "streams")),
        *(_import(pipeline, fed) for pipeline in pipelines(target, "imports")),
        *(_report(pipeline) for pipeline in pipelines(target, "reports")),
    ]


def _functions(target: Target) -> list[FunctionStatus]:
    found = []
    for function in functions(target):
        log, invocations = Log(target, function, 0), Invocations()
        for entry in log.read():
            invocations.add(entry)
        invocations.begin(log.started)
        found.append(FunctionStatus(function.short, function.name, invocations.count, invocations.failed))
    return found


def _stream(pipeline: Pipeline, fed: list[Mapping]) -> PipelineStatus:
    names = (pipeline["archiver_function_name"], pipeline["notifier_function_name"])
    own = [mapping for mapping in fed if mapping.function_name in names]
    lags = [mapping.lag_ms for mapping in own if mapping.lag_ms is not None]
    backlogs = [mapping.backlog for mapping in own if mapping.backlog is not None]
    return PipelineStatus(str(pipeline), _state(own), max(lags, default=None), sum(backlogs) if backlogs else None)


def _import(pipeline: Pipeline, fed: list[Mapping]) -> PipelineStatus:
    own = [mapping for mapping in fed if mapping.function_name == pipeline["function_name"]]
    lag = own[0].lag_ms if own else None
    waiting, dead = (_messages(pipeline, pipeline[queue]) for queue in ("queue_url", "dead_letter_queue_url"))
    return PipelineStatus(str(pipeline), _state(own), lag, waiting, dead)


def _report(pipeline: Pipeline) -> PipelineStatus:
    schedule = pipeline.client("scheduler").get_schedule(Name=pipeline["schedule_name"])
    state, expression = schedule["State"].capitalize(), schedule["ScheduleExpression"]
    return PipelineStatus(str(pipeline), state, None, None, schedule=expression)


def _state(own: list[Mapping]) -> str:
    return next((mapping.state for mapping in own if mapping.state != ENABLED), ENABLED if own else "No mapping")


def _messages(pipeline: Pipeline, queue: str) -> int:
    """How many messages a queue has, including those in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = pipeline.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)
    return sum(int(count) for name, count in answer["Attributes"].items() if name in names)
