"""The stream pipeline, deployed: changes of the table through boto3 in, the audit trail in S3 out."""

import itertools
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.faults.rules import Rule
from sluice.failures.stream import redrive_stream, stream_failures

USER = {
    "userId": "u-1",
    "name": 'Zoë "Ž" <b>O\'Neil</b> שלום 🦉',
    "balance": Decimal("12345678901234567890.123456789"),
    "roles": {"admin", "owner"},
    "address": {"city": "Århus", "lines": ["1", None, True]},
    "photo": b"\x00\xff",
}


def to_archiver(request):
    return "archiver" in request.target


def is_poisoned(request):
    return to_archiver(request) and b"poisoned" in request.body


def test_the_audit_trail_holds_what_was_inserted_and_removed_with_both_images(deploy):
    deployed = deploy()
    table = deployed.table()
    table.put_item(Item=USER)
    table.update_item(
        Key={"userId": "u-1"}, UpdateExpression="SET address.city = :city", ExpressionAttributeValues={":city": "Malmö"}
    )
    table.delete_item(Key={"userId": "u-1"})
    deployed.stack.wait_idle()
    inserted, removed = deployed.archive()
    archived = {**USER, "roles": ["admin", "owner"], "photo": "AP8="}
    assert inserted.keys() == {"event_id", "event", "table", "at", "sequence_number", "keys", "old", "new", "by"}
    assert (inserted["event"], removed["event"]) == ("INSERT", "REMOVE")
    assert inserted["table"] == deployed.stack.output("streams.users.tables.0.name")
    assert inserted["keys"] == removed["keys"] == {"userId": "u-1"}
    assert inserted["old"] is None
    assert {**inserted["new"], "roles": sorted(inserted["new"]["roles"])} == archived
    moved = {**archived, "address": {**USER["address"], "city": "Malmö"}}
    assert {**removed["old"], "roles": sorted(removed["old"]["roles"])} == moved
    assert removed["new"] is None


def one_of(many):
    """Holds for each so-manieth invocation of the archiver."""
    invocations = itertools.count(1)
    return lambda request: to_archiver(request) and next(invocations) % many == 0


def test_20_000_records_are_archived_once_each_while_one_invocation_in_20_fails(deploy):
    count = 20_000
    lost = Rule("error", operation="Invoke", when=one_of(60))
    crashed = Rule("function_error", operation="Invoke", when=one_of(60))
    crashed_after_its_work = Rule("function_error", operation="Invoke", when=one_of(60), after_work=True)
    faults = (lost, crashed, crashed_after_its_work)
    deployed = deploy(*faults)
    with deployed.table().batch_writer() as writer:
        for number in range(count):
            writer.put_item(Item={"userId": f"u-{number:05}", "number": number})
    deployed.stack.wait_idle(300)
    lines = deployed.archive()
    assert min(rule.fired for rule in faults) >= count / 100 // 60
    assert Counter(line["event_id"] for line in lines).most_common(1)[0][1] == 1
    assert [line["new"]["number"] for line in lines] == list(range(count))
    assert list(stream_failures(deployed.target)) == []


def test_of_a_hundred_records_one_is_poisoned_and_it_alone_fails_until_its_cause_is_gone(deploy):
    poison = Rule("function_error", operation="Invoke", when=is_poisoned)
    deployed = deploy(poison)
    with deployed.table().batch_writer() as writer:
        for number in range(100):
            writer.put_item(Item={"userId": f"u-{number}", "note": "poisoned" if number == 37 else "healthy"})
    deployed.stack.wait_idle()
    healthy = [f"u-{number}" for number in range(100) if number != 37]
    assert [line["keys"]["userId"] for line in deployed.archive()] == healthy
    (failure,) = stream_failures(deployed.target)
    assert (failure.records, failure.reason) == (1, "RetryAttemptsExhausted")
    assert failure.function == deployed.stack.output("streams.users.archiver_function_name")

    (again,) = redrive_stream(deployed.target)
    assert (again.done, again.left) == (1, 0)
    assert [line["keys"]["userId"] for line in deployed.archive()] == [f"u-{number}" for number in range(100)]
    assert list(stream_failures(deployed.target)) == []


def test_three_redrives_at_once_bring_all_home_and_end_quietly(deploy):
    deployed = deploy()
    s3, outputs = deployed.target.client("s3"), deployed.stack.outputs
    function = deployed.stack.cloud.client("lambda").get_function_configuration(
        FunctionName=outputs["streams"]["users"]["archiver_function_name"]
    )["FunctionArn"]
    for number in range(12):
        change = {
            "ApproximateCreationDateTime": 1795251911,
            "Keys": {"userId": {"S": f"u-{number}"}},
            "NewImage": {"userId": {"S": f"u-{number}"}, "name": {"S": "Åsa 💡"}},
            "SequenceNumber": f"{number:03}",
        }
        records = [
            {
                "eventID": f"e{number:07}",
                "eventName": "INSERT",
                "eventSourceARN": outputs["streams"]["users"]["tables"][0]["stream_arn"],
                "dynamodb": change,
            }
        ]
        document = {
            "requestContext": {"functionArn": function, "condition": "RecordAgeExceeded"},
            "timestamp": "2026-11-21T09:05:11.000Z",
            "DDBStreamBatchInfo": {},
            "payload": json.dumps({"Records": records}),
        }
        s3.put_object(Bucket=outputs["archive_bucket_name"], Key=f"aws/lambda/m/s/{number}", Body=json.dumps(document))
    with ThreadPoolExecutor(3) as pool:
        redrives = [pool.submit(lambda target: list(redrive_stream(target)), deployed.target) for _ in range(3)]
    results = [result for redrive in redrives for result in redrive.result()]
    assert all(result.is_complete for result in results)
    assert {result.failure.where for result in results} == {
        f"s3://{outputs['archive_bucket_name']}/aws/lambda/m/s/{number}" for number in range(12)
    }
    assert list(stream_failures(deployed.target)) == []
    users = [line["new"] for line in deployed.archive()]
    assert users == [{"userId": f"u-{number}", "name": "Åsa 💡"} for number in range(12)]


def test_what_is_left_of_a_redriven_failure_replaces_only_what_was_read(deploy):
    deployed = deploy()
    s3, bucket = deployed.target.client("s3"), deployed.stack.outputs["archive_bucket_name"]
    held = {"Bucket": bucket, "Key": "aws/lambda/x"}
    etag = s3.put_object(**held, Body=b"1")["ETag"]
    s3.put_object(**held, Body=b"2")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**held, Body=b"3", IfMatch=etag)
    s3.delete_object(**held)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.put_object(**held, Body=b"3", IfMatch=etag)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(**held)
