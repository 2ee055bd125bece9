from typing import Any

import pytest

from sluice import status as module
from sluice.log_entries import Entry
from sluice.mappings import Mapping
from sluice.status import FunctionStatus, PipelineStatus, status
from tests.sluice.scripted import Scripted

STREAM, QUEUE = "arn:aws:dynamodb:x:1:table/people/stream/1", "arn:aws:sqs:x:1:items"


def mapping(name: str, lag: int | None, backlog: int | None, state: str = "Enabled") -> Mapping:
    source = QUEUE if name == "importer-1" else STREAM
    return Mapping("1", name, name, source, state, "OK", lag, backlog, {})


@pytest.fixture
def told(monkeypatch):
    """`told(mappings, entries)`: how a stack does that has these."""

    def ask(fed: list[Mapping], entries: list[Entry], schedule: str = "ENABLED") -> Any:
        class Log:
            def __init__(self, _target: Any, function: Any, _start: int) -> None:
                own = [entry for entry in entries if entry.function == function.short]
                self.read = lambda: own
                self.started = {entry.request_id for entry in own}

        def messages(QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
            counts = ("5", "2") if QueueUrl == "https://q/items" else ("1", "0")
            return {"Attributes": dict(zip(AttributeNames, counts, strict=True))}

        monkeypatch.setattr(module, "mappings", lambda _: fed)
        monkeypatch.setattr(module, "Log", Log)
        return status(
            Scripted(
                {
                    "sqs.get_queue_attributes": messages,
                    "scheduler.get_schedule": {"State": schedule, "ScheduleExpression": "rate(1 hour)"},
                }
            )
        )

    return ask


def entry(kind: Any, request: str, function: str = "users/notifier") -> Entry:
    return Entry("2026-11-21T12:00:00.000Z", function, kind, request)


def test_invocations_are_counted_and_those_that_failed(told):
    entries = [
        entry("summary", "1"),
        entry("summary", "2"),
        entry("error", "2"),
        entry("error", "3"),
        entry("line", "4"),
    ]
    assert told([], entries).functions == [
        FunctionStatus("users/archiver", "archiver-1", 0, 0),
        FunctionStatus("users/notifier", "notifier-1", 4, 2),  # one of them says nothing of how it went
        FunctionStatus("items/importer", "importer-1", 0, 0),
        FunctionStatus("tables/reporter", "reporter-1", 0, 0),
    ]


def test_pipelines_tell_how_far_they_are_behind(told):
    fed = [mapping("archiver-1", 0, 0), mapping("notifier-1", 1500, 7), mapping("importer-1", None, None)]
    assert told(fed, []).pipelines == [
        PipelineStatus("stream/users", "Enabled", 1500, 7),
        PipelineStatus("import/items", "Enabled", None, 7, 1),
        PipelineStatus("report/tables", "Enabled", None, None, schedule="rate(1 hour)"),
    ]


def test_what_is_stopped_is_told(told):
    fed = [mapping("archiver-1", 0, 0), mapping("notifier-1", None, None, "Disabled")]
    states = [pipeline.state for pipeline in told(fed, [], "DISABLED").pipelines]
    assert states == ["Disabled", "No mapping", "Disabled"]
