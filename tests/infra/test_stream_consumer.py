import json

import pytest

from infra.filters import pattern
from infra.iam import allow
from tests.infra.reading import OPERATIONS, TAGS, TOPIC, dependencies, statements
from tests.infra.streams import pipeline

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
    rules = [
        pattern({"events": ["INSERT"]}),
        pattern({"events": ["MODIFY"], "new": {"email": {"type": "S", "exists": True}}}),
    ]
    filters = pipeline(consumer={"filters": rules}).named("stream-archiver-mapping").inputs["filterCriteria"]["filters"]
    assert [json.loads(held["pattern"])["eventName"] for held in filters] == [["INSERT"], ["MODIFY"]]


def test_a_mapping_comes_after_the_policy_of_its_role():
    graph = pipeline()
    assert "stream-archiver-policy" in dependencies(graph, graph.named("stream-archiver-mapping"))


def test_a_filter_that_can_never_match_is_refused():
    with pytest.raises(ValueError, match="can never match"):
        pipeline(consumer={"filters": ['{"eventName": []}']})


@pytest.mark.parametrize("number", [0, 6])
def test_a_consumer_without_filters_and_one_with_more_than_lambda_takes_are_refused(number):
    with pytest.raises(ValueError, match=f"stream-archiver: a consumer with {number} filters; give it 1 to 5"):
        pipeline(consumer={"filters": ['{"eventName": ["INSERT"]}'] * number})


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


# ---- the component


def test_a_consumer_tells_others_its_function():
    graph = pipeline()
    (component,) = graph.of_type("sluice:index:StreamConsumer")
    arn = graph.named("stream-archiver").outputs["arn"]
    assert component.outputs == {"functionName": "stream-archiver", "functionArn": arn}


# ---- patterns that others wrote


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("INSERT", "the filter 'INSERT' is not a JSON object"),
        ("[]", "the filter '\\[\\]' is not a JSON object"),
        ('{"eventName": ["UPDATE"]}', "unknown events 'UPDATE' can never match"),
        (json.dumps({"dynamodb": {"NewImage": {"a" * 4096: {"S": ["b"]}}}}), "Lambda allows 4096"),
    ],
)
def test_a_pattern_that_lambda_would_not_take_is_refused(text, mistake):
    with pytest.raises(ValueError, match=mistake):
        pipeline(consumer={"filters": [text]})
