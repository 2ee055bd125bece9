"""The configuration of a stream mapping."""

from typing import Any

import pytest

from sluice.cloud.triggers.streams.mapping import StreamMapping
from tests.sluice.cloud.triggers.streams.fakes import BUCKET, FUNCTION, STREAM

RESPONSE = {
    "UUID": "uuid-1",
    "BatchSize": 50,
    "MaximumBatchingWindowInSeconds": 5,
    "ParallelizationFactor": 2,
    "EventSourceArn": STREAM,
    "FunctionArn": FUNCTION,
    "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
    "StartingPosition": "LATEST",
    "State": "Disabled",
    "MaximumRecordAgeInSeconds": 21600,
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 0,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": BUCKET}},
    "MetricsConfig": {"Metrics": ["EventCount"]},
    "ResponseMetadata": {"HTTPStatusCode": 202},
}


def test_a_configuration_has_the_names_of_the_api() -> None:
    assert StreamMapping.from_configuration(RESPONSE) == StreamMapping(
        "uuid-1",
        FUNCTION,
        STREAM,
        batch_size=50,
        maximum_batching_window_seconds=5,
        starting_position="LATEST",
        parallelization_factor=2,
        filters=('{"eventName": ["INSERT"]}',),
        bisect_on_error=True,
        maximum_retry_attempts=0,
        maximum_record_age_seconds=21600,
        report_batch_item_failures=True,
        on_failure=BUCKET,
    )


def test_what_a_configuration_leaves_out_is_lambdas_default() -> None:
    request = {"UUID": "uuid-1", "FunctionName": "archiver", "EventSourceArn": STREAM, "Enabled": False}
    assert StreamMapping.from_configuration(request) == StreamMapping("uuid-1", "archiver", STREAM)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"TumblingWindowInSeconds": 60}, "TumblingWindowInSeconds"),
        ({"Topics": ["t"]}, "Topics"),
        ({"UUID": None}, "without uuid"),
        ({"BatchSize": 0}, "batch_size 0: allowed are 1 to 10000"),
        ({"BatchSize": 10_001}, "batch_size 10001"),
        ({"MaximumBatchingWindowInSeconds": 301}, "maximum_batching_window_seconds 301"),
        ({"ParallelizationFactor": 11}, "parallelization_factor 11"),
        ({"MaximumRetryAttempts": -2}, "maximum_retry_attempts -2: allowed are 0 to 10000 or -1"),
        ({"MaximumRecordAgeInSeconds": 59}, "maximum_record_age_seconds 59"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "AT_TIMESTAMP"),
        ({"EventSourceArn": "arn:aws:kinesis:eu-north-1:0:stream/s"}, "not the ARN of a DynamoDB stream"),
        ({"FunctionResponseTypes": ["Other"]}, "Other"),
        ({"DestinationConfig": {"OnSuccess": {"Destination": BUCKET}}}, "OnSuccess"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "kafka://x"}}}, "not the ARN of a bucket"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-north-1:0:q"}}},
            "no other destination",
        ),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": "b"}'}]}}, "filter pattern"),
        ({"FilterCriteria": {"Filters": [{}]}}, "each filter has a Pattern"),
    ],
)
def test_what_lambda_or_the_embedded_cloud_cannot_do_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        StreamMapping.from_configuration(RESPONSE | change)
