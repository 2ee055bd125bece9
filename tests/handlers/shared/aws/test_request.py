"""What goes over the wire equals what boto3 sends for the same call: target, headers, body, signature."""

import datetime
import functools
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from handlers.shared.aws import dynamodb, s3, s3_stream, ses, session, sqs
from handlers.shared.aws.client import Client
from handlers.shared.aws.request import Request, Response

NOW = 1_795_252_766
# What the SDK adds for itself; none of it is signed or changes what the service does.
SDK_ONLY = {
    "user-agent",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "expect",
    "accept-encoding",
    "content-length",
}
CONFIG = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
MAIL = {
    "FromEmailAddress": "a@example.com",
    "DefaultContent": {"Template": {"TemplateName": "welcome", "TemplateData": '{"name":"Zoë"}'}},
    "BulkEmailEntries": [{"Destination": {"ToAddresses": ["b@example.com"]}}],
}
ONE_MAIL = {
    "FromEmailAddress": "a@example.com",
    "Destination": {"ToAddresses": ["b@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "Zoë"}, "Body": {"Text": {"Data": "<b>"}}}},
}
QUEUE = "https://sqs.eu-north-1.amazonaws.com/123456789012/q"
ITEM = {"id": {"S": 'ü\u2028"\\'}, "n": {"N": "0.1"}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}}
DYNAMODB = {
    "PutItem": {"TableName": "Users", "Item": ITEM},
    "GetItem": {"TableName": "Users", "Key": {"id": {"S": "a"}}},
    "DeleteItem": {"TableName": "Users", "Key": {"id": {"S": "a"}}},
    "UpdateItem": {
        "TableName": "Users",
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    },
    "Query": {
        "TableName": "Users",
        "KeyConditionExpression": "id = :id",
        "ExpressionAttributeValues": {":id": {"S": "a"}},
    },
    "Scan": {"TableName": "Users", "TotalSegments": 4, "Segment": 1, "ReturnConsumedCapacity": "TOTAL"},
    "BatchGetItem": {"RequestItems": {"Users": {"Keys": [{"id": {"S": "a"}}]}}},
    "BatchWriteItem": {"RequestItems": {"Users": [{"PutRequest": {"Item": ITEM}}]}},
}
KEYS = ["plain.txt", "a b/ü+%41&=?#~*'()", "/lead//double/", "../up/./x", "日本/\n\t", "x" * 1024]


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment)
    monkeypatch.setattr(session, "time", SimpleNamespace(time=lambda: NOW))


class Caught(Exception):  # noqa: N818 (a way out of the SDK, with what it was about to send)
    def __init__(self, request: AWSPreparedRequest):
        self.request = request


@functools.cache
def sdk(service: str) -> Any:
    def stop(request: AWSPreparedRequest, **_: Any) -> None:
        raise Caught(request)

    client = boto3.session.Session().client(cast("Any", service), "eu-north-1", config=CONFIG)
    client.meta.events.register("before-send", stop)
    return client


def sent_by_boto(service: str, call: Callable[[Any], Any]) -> AWSPreparedRequest:
    with pytest.raises(Caught) as caught:
        call(sdk(service))
    return caught.value.request


def body_of(request: AWSPreparedRequest) -> bytes:
    body = request.body or b""
    if not isinstance(body, (str, bytes, bytearray)):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def assert_same(ours: list[bytes], theirs: AWSPreparedRequest) -> None:
    head, _, body = b"".join(ours).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    their_body = body_of(theirs)
    their_headers = {
        name.lower(): value if isinstance(value, str) else value.decode() for name, value in theirs.headers.items()
    }
    assert f"https://{headers.pop('host')}{target}" == theirs.url
    assert method == theirs.method
    assert body == their_body
    assert headers.get("content-length", "0") == str(len(their_body))
    assert {name: value for name, value in headers.items() if name not in SDK_ONLY} == {
        name: value for name, value in their_headers.items() if name not in SDK_ONLY
    }


def message(client: Client, request: Request) -> list[bytes]:
    return client.session.message(request, client.session.identity())


def assert_json_call(
    client: Client,
    make: Callable[[Any], Request],
    service: str,
    method: str,
    payload: dict[str, Any],
) -> None:
    theirs = sent_by_boto(service, lambda sdk: getattr(sdk, method)(**payload))
    assert json.loads(make(payload).body) == json.loads(body_of(theirs))
    assert_same(message(client, make(body_of(theirs))), theirs)  # with the SDK's own spaces in the JSON


@pytest.mark.parametrize("operation", DYNAMODB)
def test_dynamodb(operation):
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
    assert_json_call(
        dynamodb.connect(),
        lambda body: dynamodb.request(operation, body),
        "dynamodb",
        method,
        DYNAMODB[operation],
    )


@pytest.mark.parametrize(
    ("make", "method", "payload"),
    [(ses.send_bulk_email, "send_bulk_email", MAIL), (ses.send_email, "send_email", ONE_MAIL)],
)
def test_ses(make, method, payload):
    assert_json_call(ses.connect(), make, "sesv2", method, payload)


@pytest.mark.parametrize(
    ("make", "method", "payload"),
    [
        (sqs.send_message, "send_message", {"QueueUrl": QUEUE, "MessageBody": "hé", "DelaySeconds": 5}),
        (
            sqs.send_message_batch,
            "send_message_batch",
            {"QueueUrl": QUEUE, "Entries": [{"Id": "0", "MessageBody": "x"}]},
        ),
    ],
)
def test_sqs(make, method, payload):
    assert_json_call(sqs.connect(), make, "sqs", method, payload)


@pytest.mark.parametrize("bucket", ["sluice-archive", "with.dots"])
@pytest.mark.parametrize("key", KEYS)
def test_s3_put(bucket, key, monkeypatch):
    ours = captured(monkeypatch)
    headers = {"content-type": "text/plain", "x-amz-meta-a": "b  c", "if-none-match": "*"}
    s3.Bucket(bucket).put(key, b"body", headers=headers)
    theirs = sent_by_boto(
        "s3",
        lambda sdk: sdk.put_object(
            Bucket=bucket,
            Key=key,
            Body=b"body",
            ContentType="text/plain",
            Metadata={"a": "b  c"},
            IfNoneMatch="*",
        ),
    )
    assert_same(ours[0], theirs)


@pytest.mark.parametrize("key", KEYS)
def test_s3_reads_and_deletes(key, monkeypatch):
    ours = captured(monkeypatch)
    bucket = s3_stream.StreamingBucket("sluice-archive")
    bucket.get(key)
    bucket.open(key, start=5, end=10, version="a/b+c")
    bucket.open(key, start=5, headers={"if-match": '"e"'})
    bucket.head(key)
    bucket.delete(key)
    place = {"Bucket": "sluice-archive", "Key": key}
    theirs = [
        sent_by_boto("s3", lambda sdk: sdk.get_object(**place)),
        sent_by_boto("s3", lambda sdk: sdk.get_object(**place, Range="bytes=5-9", VersionId="a/b+c")),
        sent_by_boto("s3", lambda sdk: sdk.get_object(**place, Range="bytes=5-", IfMatch='"e"')),
        sent_by_boto("s3", lambda sdk: sdk.head_object(**place)),
        sent_by_boto("s3", lambda sdk: sdk.delete_object(**place)),
    ]
    for our, their in zip(ours, theirs, strict=True):
        assert_same(our, their)


def captured(monkeypatch: pytest.MonkeyPatch) -> list[list[bytes]]:
    """The messages of all calls from now on, none of which leaves."""
    messages: list[list[bytes]] = []

    def call(self: Client, request: Request, **_: Any) -> Response:
        messages.append(message(self, request))
        return Response(200, {"content-length": "0"}, b"")

    monkeypatch.setattr(Client, "call", call)
    return messages


def test_a_line_break_in_a_header_is_refused():
    client = dynamodb.connect()
    with pytest.raises(ValueError, match="line break"):
        message(client, Request("PutObject", headers={"x-amz-meta-a": "b\r\nx-evil: 1"}))


def test_a_large_body_is_not_copied():
    body = bytes(100_000)
    assert message(dynamodb.connect(), dynamodb.request("PutItem", body))[1] is body


def test_an_object_needs_a_key():
    with pytest.raises(ValueError, match="key"):
        s3.Bucket("b").get("")
