import json
from typing import Any

import pulumi_aws as aws
import pytest

from infra.bucket import Bucket
from infra.iam import allow
from infra.stream_pipeline import StreamPipeline
from tests.infra.reading import HANDLER, OPERATIONS, PROTECTED, TAGS, TOPIC, dependencies, record, statements, types

KEY = {"partition_key": {"name": "userId"}}
CONSUMER = {"handler": HANDLER, "description": "Archives", "filters": [{"events": ["INSERT"]}]}


def pipeline(consumers=("archiver",), *, preview=False, operations=None, table=None, consumer=None, **args):
    """The graph of a pipeline whose consumers all have the arguments of `consumer` besides the required ones."""

    given: Any = {"operations": operations, **args} if operations else args
    fed: Any = {**CONSUMER, **(consumer or {})}

    def build():
        own: Any = {"table": table()} if table else KEY
        whole: Any = {"failures": Bucket("failures", {}), **own, **given}
        made = StreamPipeline("stream", whole)
        for name in consumers:
            made.subscribe(name, fed)

    return record(build, preview=preview)


def users(**args):
    """Makes a table of the program's own."""
    return lambda: aws.dynamodb.Table(
        "users",
        name="Users",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        **args,
    )


BOTH_IMAGES = {"stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES"}


# ---- the table


def test_a_pipeline_makes_a_table_with_a_stream_of_both_images():
    inputs = pipeline(table_name="Users").named("stream-table").inputs
    assert inputs["name"] == "Users"
    assert inputs["hashKey"] == "userId"
    assert (inputs["streamEnabled"], inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_a_pipeline_takes_an_existing_table():
    graph = pipeline(table=users(**BOTH_IMAGES))
    (table,) = graph.of_type("aws:dynamodb/table:Table")
    assert table.name == "users"
    assert graph.named("stream-archiver-mapping").inputs["eventSourceArn"] == table.outputs["streamArn"]
    (component,) = graph.of_type("sluice:index:StreamPipeline")
    assert component.outputs == {
        "tableName": "Users",
        "tableArn": table.outputs["arn"],
        "streamArn": table.outputs["streamArn"],
    }


@pytest.mark.parametrize("args", [KEY, {"table_name": "Users"}])
def test_an_existing_table_and_one_to_make_are_refused_together(args):
    with pytest.raises(
        ValueError, match="stream: give an existing table, or the key and name of one to make, not both"
    ):
        pipeline(table=users(**BOTH_IMAGES), **args)


def test_no_table_at_all_is_refused():
    def build():
        StreamPipeline("stream", {"failures": Bucket("failures", {})})

    with pytest.raises(ValueError, match="stream: give an existing table, or the partition_key of one to make"):
        record(build)


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({"stream_enabled": True, "stream_view_type": "NEW_IMAGE"}, "a stream of NEW_IMAGE"),
        ({"stream_enabled": False, "stream_view_type": "NEW_AND_OLD_IMAGES"}, "no stream"),
    ],
)
def test_a_table_without_both_images_is_refused(args, found, preview):
    with pytest.raises(
        ValueError, match=f"the table of stream has {found}: .* set stream_enabled and stream_view_type"
    ):
        pipeline(table=users(**args), preview=preview)


def test_a_table_without_a_stream_is_refused():
    with pytest.raises(ValueError, match="the table of stream has no stream"):
        pipeline(table=users())


def test_what_a_preview_does_not_know_of_a_table_is_left_to_the_update():
    assert pipeline(table=users(), preview=True).named("stream-archiver-mapping")


# ---- the mapping


def test_a_mapping_is_bounded_by_default():
    graph = pipeline()
    failures = graph.named("failures").outputs["arn"]
    assert graph.named("stream-archiver-mapping").inputs == {
        "batchSize": 100,
        "bisectBatchOnFunctionError": True,
        "destinationConfig": {"onFailure": {"destinationArn": failures}},
        "eventSourceArn": graph.named("stream-table").outputs["streamArn"],
        "filterCriteria": {"filters": [{"pattern": '{"eventName": ["INSERT"]}'}]},
        "functionName": graph.named("stream-archiver").outputs["arn"],
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "maximumBatchingWindowInSeconds": 0,
        "maximumRecordAgeInSeconds": 21_600,
        "maximumRetryAttempts": 10,
        "metricsConfig": {"metrics": ["EventCount"]},
        "parallelizationFactor": 1,
        "startingPosition": "TRIM_HORIZON",
    }


def test_a_consumer_sets_how_it_is_fed():
    consumer = {
        "batch_size": 10,
        "batch_window_seconds": 5,
        "starting_position": "LATEST",
        "parallelization_factor": 4,
        "maximum_retry_attempts": 3,
        "maximum_record_age_seconds": 60,
    }
    inputs = pipeline(consumer=consumer).named("stream-archiver-mapping").inputs
    assert inputs["batchSize"] == 10
    assert inputs["maximumBatchingWindowInSeconds"] == 5
    assert inputs["startingPosition"] == "LATEST"
    assert inputs["parallelizationFactor"] == 4
    assert inputs["maximumRetryAttempts"] == 3
    assert inputs["maximumRecordAgeInSeconds"] == 60


def test_each_rule_is_a_filter_of_its_own():
    rules = [{"events": ["INSERT"]}, {"events": ["MODIFY"], "new": {"email": {"type": "S", "exists": True}}}]
    filters = pipeline(consumer={"filters": rules}).named("stream-archiver-mapping").inputs["filterCriteria"]["filters"]
    assert [json.loads(held["pattern"])["eventName"] for held in filters] == [["INSERT"], ["MODIFY"]]


def test_a_mapping_comes_after_the_policy_of_its_role():
    graph = pipeline()
    assert "stream-archiver-policy" in dependencies(graph, graph.named("stream-archiver-mapping"))


def test_a_filter_that_can_never_match_is_refused():
    with pytest.raises(ValueError, match="can never match"):
        pipeline(consumer={"filters": [{"events": []}]})


def test_a_consumer_without_filters_is_refused():
    with pytest.raises(ValueError, match="stream-archiver: a consumer without filters; name the events"):
        pipeline(consumer={"filters": []})


def test_a_third_consumer_is_refused():
    with pytest.raises(ValueError) as caught:
        pipeline(consumers=["archiver", "notifier", "indexer"])
    assert str(caught.value) == (
        "stream cannot take indexer: archiver and notifier read its stream, and a shard serves two readers. "
        "Take the archive's objects instead, which are announced through EventBridge"
    )


def test_two_consumers_have_a_function_and_a_mapping_each():
    graph = pipeline(consumers=["archiver", "notifier"])
    assert {made.name for made in graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")} == {
        "stream-archiver-mapping",
        "stream-notifier-mapping",
    }
    for consumer in ("archiver", "notifier"):
        mapping, function = graph.named(f"stream-{consumer}-mapping"), graph.named(f"stream-{consumer}")
        assert mapping.inputs["functionName"] == function.outputs["arn"]


# ---- the function


def test_the_role_may_read_this_stream_and_keep_failures():
    graph = pipeline(consumer={"statements": [allow("Own", ["s3:PutObject"], ["arn:aws:s3:::archive/*"])]})
    failures, logs = (graph.named(name).outputs["arn"] for name in ("failures", "stream-archiver-logs"))
    found = statements(graph.named("stream-archiver-policy"))
    assert {sid: (statement["Action"], statement["Resource"]) for sid, statement in found.items()} == {
        "Own": (["s3:PutObject"], ["arn:aws:s3:::archive/*"]),
        "ReadStream": (
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
            [graph.named("stream-table").outputs["streamArn"]],
        ),
        "KeepFailures": (["s3:PutObject"], [f"{failures}/aws/lambda/*"]),
        "FindFailuresBucket": (["s3:ListBucket"], [failures]),
        "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], [f"{logs}:log-stream:*"]),
    }


def test_a_consumer_sets_its_function():
    consumer = {"timeout_seconds": 30, "memory_mib": 512, "environment": {"A": "1"}}
    inputs = pipeline(consumer=consumer).named("stream-archiver").inputs
    assert (inputs["timeout"], inputs["memorySize"], inputs["environment"]) == (30, 512, {"variables": {"A": "1"}})


# ---- alarms


@pytest.mark.parametrize(
    ("kind", "metric", "statistic", "threshold", "dimension", "value"),
    [
        ("lag", "IteratorAge", "Maximum", 900_000, "FunctionName", "stream-archiver"),
        ("dropped", "DroppedEventCount", "Sum", 1, "EventSourceMappingUUID", "stream-archiver-mapping-uuid"),
        (
            "failed",
            "OnFailureDestinationDeliveredEventCount",
            "Sum",
            1,
            "EventSourceMappingUUID",
            "stream-archiver-mapping-uuid",
        ),
        ("undelivered", "DestinationDeliveryFailures", "Sum", 1, "FunctionName", "stream-archiver"),
    ],
)
def test_an_alarm_goes_off(kind, metric, statistic, threshold, dimension, value):
    inputs = dict(pipeline(operations=OPERATIONS).named(f"stream-archiver-{kind}").inputs)
    assert f"docs/operating.md#stream-{kind} (stream-archiver)" in inputs.pop("alarmDescription")
    assert inputs == {
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "dimensions": {dimension: value},
        "evaluationPeriods": 1,
        "metricName": metric,
        "namespace": "AWS/Lambda",
        "period": 300,
        "statistic": statistic,
        "tags": TAGS,
        "threshold": threshold,
        "treatMissingData": "notBreaching",
    }


def test_an_alarm_goes_off_when_nobody_has_read_the_stream_for_an_hour():
    graph = pipeline(operations=OPERATIONS)
    inputs = dict(graph.named("stream-archiver-silent").inputs)
    assert "docs/operating.md#stream-silent (stream-archiver)" in inputs.pop("alarmDescription")
    assert inputs == {
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
        "comparisonOperator": "LessThanThreshold",
        "dimensions": {"EventSourceMappingUUID": graph.named("stream-archiver-mapping").outputs["uuid"]},
        "evaluationPeriods": 12,
        "metricName": "PolledEventCount",
        "namespace": "AWS/Lambda",
        "period": 300,
        "statistic": "SampleCount",
        "tags": TAGS,
        "threshold": 1,
        "treatMissingData": "breaching",
    }


# ---- operations


def test_operations_reach_the_table_and_the_function():
    graph = pipeline(operations=PROTECTED)
    assert graph.named("stream-table").inputs["deletionProtectionEnabled"] is True
    assert graph.named("stream-archiver").inputs["tracingConfig"] == {"mode": "Active"}
    assert graph.named("stream-archiver-logs").inputs["retentionInDays"] == 365
    assert graph.named("stream-archiver-mapping").inputs["tags"] == TAGS


def test_a_consumer_belongs_to_its_pipeline():
    graph = pipeline()
    assert types(graph, "stream") == {
        "stream-archiver": "sluice:index:StreamConsumer",
        "stream-table": "sluice:index:Table",
    }


def test_a_consumer_tells_others_its_function_and_mapping():
    (component,) = pipeline().of_type("sluice:index:StreamConsumer")
    assert component.outputs == {"functionName": "stream-archiver", "mappingId": "stream-archiver-mapping-uuid"}
