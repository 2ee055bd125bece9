from typing import Any

import pytest

from sluice import mappings as module
from sluice.cloud.emulator import own_paths
from sluice.mappings import mappings
from tests.sluice.scripted import REFUSAL, Scripted

STREAM = "arn:aws:dynamodb:eu-north-1:1:table/people/stream/2026"
QUEUE = "arn:aws:sqs:eu-north-1:1:items"


def of_stream(id_: str = "1", function: str = "notifier-1", **more: Any) -> dict[str, Any]:
    return {
        "UUID": id_,
        "FunctionArn": f"arn:aws:lambda:eu-north-1:1:function:{function}",
        "EventSourceArn": STREAM,
        "State": "Enabled",
        "LastProcessingResult": "OK",
        "BatchSize": 100,
        **more,
    }


def target(*configurations: dict[str, Any], metrics: Any = None, **more: Any) -> Scripted:
    def listed(FunctionName: str = "") -> dict[str, Any]:
        own = [each for each in configurations if each["FunctionArn"].endswith(f":{FunctionName}") or not FunctionName]
        return {"EventSourceMappings": own}

    answers = {"lambda.list_event_source_mappings": listed, "cloudwatch.get_metric_data": metrics}
    return Scripted(answers, **more)


def values(*ages: float) -> dict[str, Any]:
    return {"MetricDataResults": [{"Id": f"m{place}", "Values": [age]} for place, age in enumerate(ages)]}


def test_a_mapping_of_a_stream_is_told_with_its_settings_and_the_age_of_its_records():
    filters = {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}
    on_failure = {"OnFailure": {"Destination": "arn:aws:s3:::archive"}}
    (told,) = mappings(target(of_stream(FilterCriteria=filters, DestinationConfig=on_failure), metrics=values(1500.0)))
    assert told.document() == {
        "id": "1",
        "function": "users/notifier",
        "function_name": "notifier-1",
        "source": STREAM,
        "state": "Enabled",
        "last_processing_result": "OK",
        "lag_ms": 1500,
        "backlog": None,
        "batch_size": 100,
        "filters": ['{"eventName": ["INSERT"]}'],
        "report_batch_item_failures": False,
        "on_failure": "arn:aws:s3:::archive",
    }


def test_a_queues_lag_is_the_age_of_its_oldest_message_in_seconds():
    on_queue = of_stream(function="importer-1", EventSourceArn=QUEUE, ScalingConfig={"MaximumConcurrency": 10})
    asked = target(on_queue, metrics=values(3.0))
    (told,) = mappings(asked)
    assert (told.function, told.lag_ms, told.settings["maximum_concurrency"]) == ("items/importer", 3000, 10)
    (query,) = asked.asked[-1][1]["MetricDataQueries"]
    assert query["MetricStat"]["Metric"] == {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "items"}],
    }


def test_without_metrics_or_leave_to_read_them_there_is_no_lag():
    assert [each.lag_ms for each in mappings(target(of_stream(), metrics={"MetricDataResults": []}))] == [None]
    assert [each.lag_ms for each in mappings(target(of_stream(), metrics=REFUSAL))] == [None]


def test_mappings_of_others_in_the_account_are_left_out():
    others = of_stream("2", "somebody-elses")
    assert mappings(target(others)) == []
    assert mappings(target(others, outputs={"region": "eu-north-1"})) == []


@pytest.fixture
def here(monkeypatch):
    """`here(lag, state)`: the embedded cloud, and what it knows of the mapping."""

    def known(lag: dict[str, Any] | None, state: str = "Enabled") -> Scripted:
        monkeypatch.setattr(own_paths, "ask", lambda *_: [{"UUID": "1", "State": state, "Lag": lag}])
        monkeypatch.setattr(module.time, "time", lambda: 1000.0)
        cloud = target(of_stream(), endpoint="http://127.0.0.1:1")
        cloud.token = "token"
        return cloud

    return known


@pytest.mark.parametrize(
    ("lag", "state", "told"),
    [
        ({"records": 7, "oldest": 997.5}, "Enabled", (2500, 7)),
        ({"records": 0, "oldest": None}, "Enabled", (0, 0)),
        (None, "Enabled", (None, None)),
        ({"records": 0, "oldest": None}, "Disabled", (None, None)),
    ],
    ids=["behind", "idle", "unknown", "disabled"],
)
def test_the_embedded_cloud_knows_how_far_it_is_behind(here, lag, state, told):
    (mapping,) = mappings(here(lag, state))
    assert (mapping.lag_ms, mapping.backlog) == told


def test_of_a_program_without_pipelines_all_mappings_of_the_embedded_cloud_are_told():
    asked = target(of_stream(function="theirs"), outputs={}, endpoint="http://127.0.0.1:1")
    assert [each.function for each in mappings(asked)] == ["theirs"]
