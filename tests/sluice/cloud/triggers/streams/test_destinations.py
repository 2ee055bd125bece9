"""The failure documents, and where they go."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.triggers.streams.batches import Batch, Discarded, Response
from sluice.cloud.triggers.streams.destinations import deliver
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import Record
from tests.sluice.cloud.triggers.streams.fakes import BUCKET, FUNCTION, STREAM, Cloud, refusal

CREATED = 1_573_690_399.0
RECORDS = [Record("800", CREATED, 0, b'{"eventID":"1"}'), Record("900", CREATED + 1, 0, b'{"eventID":"2"}')]
RESPONSE = Response("316aa6d0", 200, "$LATEST", "Unhandled", b"{}")
DISCARDED = Discarded(Batch(RECORDS, 2, 3, RESPONSE), "RetryAttemptsExhausted", CREATED + 30.717)
# The example of the Lambda developer guide.
DOCUMENT = {
    "requestContext": {
        "requestId": "316aa6d0",
        "functionArn": FUNCTION,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 3,
    },
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "version": "1.0",
    "timestamp": "2019-11-14T00:13:49.717Z",
    "DDBStreamBatchInfo": {
        "shardId": "shard-0",
        "startSequenceNumber": "800",
        "endSequenceNumber": "900",
        "approximateArrivalOfFirstRecord": "2019-11-14T00:13:19Z",
        "approximateArrivalOfLastRecord": "2019-11-14T00:13:20Z",
        "batchSize": 2,
        "streamArn": STREAM,
    },
}


def send(bucket: Any, discarded: Discarded = DISCARDED) -> str:
    return deliver(bucket, StreamMapping("uuid-1", FUNCTION, STREAM, on_failure=BUCKET), "shard-0", discarded)


def test_a_bucket_gets_the_metadata_and_the_whole_event_as_a_string() -> None:
    bucket = Cloud().bucket
    where = send(bucket)
    ((key, document),) = bucket.objects.items()
    assert where == f"s3://archive/{key}"
    assert json.loads(document.pop("payload")) == {"Records": [{"eventID": "1"}, {"eventID": "2"}]}
    assert document == DOCUMENT


def test_a_bucket_that_may_not_be_listed_gets_nothing() -> None:
    def deny(**request: str) -> None:
        raise refusal("403", "HeadBucket", 403)

    bucket = Cloud().bucket
    bucket.head_bucket = deny
    with pytest.raises(ClientError):
        send(bucket)
    assert bucket.objects == {}


def test_the_key_of_an_object_is_laid_out_as_lambda_does() -> None:
    bucket = Cloud().bucket
    send(bucket)
    (key,) = bucket.objects
    day = r"2019/11/14/2019-11-14T00\.13\.49"
    assert re.fullmatch(rf"aws/lambda/uuid-1/shard-0/{day}-[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", key)


def test_records_that_never_reached_the_function_have_no_response() -> None:
    bucket = Cloud().bucket
    send(bucket, Discarded(Batch(RECORDS), "RecordAgeExceeded", CREATED))
    (document,) = bucket.objects.values()
    assert "responseContext" not in document
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["requestContext"]["approximateInvokeCount"] == 0


def test_after_a_partial_response_no_function_error_is_claimed() -> None:
    bucket = Cloud().bucket
    response = Response("r", 200, "$LATEST", None, b"{}")
    send(bucket, Discarded(Batch(RECORDS, 0, 1, response), "RetryAttemptsExhausted", CREATED))
    (document,) = bucket.objects.values()
    assert document["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
