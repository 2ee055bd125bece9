"""Every operation against the embedded AWS, which checks signatures; what was written is read with boto3."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, cast

import boto3
import pytest

from handlers.shared.aws import dynamodb, s3_stream, ses, sqs
from handlers.shared.aws.batch_writer import write
from handlers.shared.aws.client import Client
from handlers.shared.aws.errors import AwsError

pytestmark = pytest.mark.e2e
KEYS = ["plain", "a b/ü+%41&=?#~*'()", "日本/x", "/lead//double"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "TMPDIR": folder, "AUTH": "true"}
    command = [os.path.join(os.path.dirname(sys.executable), "ministack")]
    cloud = subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await_health(cloud, url)
        yield url
    finally:
        cloud.terminate()
        cloud.wait(10)
        shutil.rmtree(folder)


def await_health(cloud: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(300):
        assert cloud.poll() is None
        try:
            urllib.request.urlopen(f"{url}/_ministack/health").close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


@pytest.fixture(scope="module")
def user(endpoint: str) -> tuple[str, str]:
    """Access key and secret of a user: the signatures of `test` are not checked, those of users are."""
    iam = boto3.client(
        "iam", "eu-north-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )
    iam.create_user(UserName="someone")
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    iam.put_user_policy(UserName="someone", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="someone")["AccessKey"]
    iam.close()
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture(autouse=True)
def signed_in(endpoint: str, user: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", user[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", user[1])
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)


@pytest.fixture
def sdk() -> Iterator[Callable[[str], Any]]:
    """Makes boto3 clients, and closes them."""
    with contextlib.ExitStack() as stack:
        yield lambda service: stack.enter_context(contextlib.closing(boto3.client(cast("Any", service))))


@pytest.fixture
def table(sdk) -> Iterator[str]:
    tables = sdk("dynamodb")
    tables.create_table(
        TableName="Users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield "Users"
    tables.delete_table(TableName="Users")


@pytest.fixture
def client() -> Iterator[Client]:
    client = dynamodb.connect()
    yield client
    client.close()


def test_a_wrong_secret_is_refused(table, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    client = dynamodb.connect()
    with pytest.raises(AwsError) as refused:
        client.call(dynamodb.request("Scan", {"TableName": table}))
    assert refused.value.code in ("SignatureDoesNotMatch", "InvalidSignatureException")
    client.close()


def test_items(table, client):
    key = {"TableName": table, "Key": {"id": {"S": "ü"}}}

    def call(operation: str, payload: dict) -> dict:
        return client.call(dynamodb.request(operation, payload)).json()

    call("PutItem", {"TableName": table, "Item": {"id": {"S": "ü"}, "n": {"N": "1"}}})
    add = {
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "ALL_NEW",
    }
    assert call("UpdateItem", {**key, **add})["Attributes"]["n"] == {"N": "2"}
    assert call("GetItem", key)["Item"] == {"id": {"S": "ü"}, "n": {"N": "2"}}
    answer = call("BatchGetItem", {"RequestItems": {table: {"Keys": [key["Key"]]}}})
    assert len(answer["Responses"][table]) == 1
    condition = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "ü"}}}
    assert call("Query", {"TableName": table, **condition})["Count"] == 1
    call("DeleteItem", key)
    assert "Item" not in call("GetItem", key)
    with pytest.raises(AwsError, match="ConditionalCheckFailedException"):
        call("PutItem", {"TableName": table, "Item": key["Key"], "ConditionExpression": "attribute_exists(id)"})


def test_the_batch_writer(table, client, sdk):
    rejects: list = []
    items = [(f'{{"id":{{"S":"{number}"}},"v":{{"N":"{number}.50"}}}}', str(number), number) for number in range(1000)]
    items[333] = ('{"id":{"S":""}}', "", 333)
    outcome = write(client, table, items, key_names=["id"], on_reject=lambda *reject: rejects.append(reject))
    assert (outcome.written, outcome.rejected, outcome.unwritten) == (999, 1, [])
    assert rejects[0][0] == 333
    assert sdk("dynamodb").scan(TableName=table, Select="COUNT")["Count"] == 999


@pytest.mark.parametrize("key", KEYS)
def test_objects(key, sdk):
    boto = sdk("s3")
    name = "sluice.objects"
    boto.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    bucket = s3_stream.StreamingBucket(name)
    body = bytes(range(256)) * 1000
    etag = bucket.put(key, body, headers={"content-type": "text/plain", "x-amz-meta-a": "b"}).headers["etag"]
    answer = boto.get_object(Bucket=name, Key=key)
    assert (answer["Body"].read(), answer["ContentType"], answer["Metadata"]) == (body, "text/plain", {"a": "b"})
    assert bucket.head(key).headers["etag"] == etag
    assert bucket.get(key).body == body
    with bucket.open(key, start=10, end=20) as stream:
        assert stream.readall() == body[10:20]
    with bucket.open(key, start=5) as stream:
        assert stream.readall() == body[5:]
    with pytest.raises(AwsError, match="PreconditionFailed"):
        bucket.put(key, b"", headers={"if-none-match": "*"})
    bucket.delete(key)
    with pytest.raises(AwsError, match="NoSuchKey"):
        bucket.get(key)
    with pytest.raises(AwsError, match="404"):
        bucket.head(key)
    bucket.client.close()
    boto.delete_bucket(Bucket=name)


def test_versions_of_an_object(sdk):
    boto = sdk("s3")
    boto.create_bucket(Bucket="versions", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    boto.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    bucket = s3_stream.StreamingBucket("versions")
    first, second = (bucket.put("k", body).headers["x-amz-version-id"] for body in (b"1", b"2"))
    assert bucket.get("k").body == b"2"
    for version, body in ((first, b"1"), (second, b"2")):
        with bucket.open("k", version=version) as stream:
            assert stream.readall() == body
    bucket.client.close()


def test_messages(sdk):
    boto = sdk("sqs")
    url = boto.create_queue(QueueName="messages")["QueueUrl"]
    client = sqs.connect()
    client.call(sqs.send_message({"QueueUrl": url, "MessageBody": "hé"}))
    answer = client.call(sqs.send_message_batch({"QueueUrl": url, "Entries": [{"Id": "0", "MessageBody": "two"}]}))
    assert [entry["Id"] for entry in answer.json()["Successful"]] == ["0"]
    received = boto.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in received) == ["hé", "two"]
    with pytest.raises(AwsError, match="QueueDoesNotExist"):
        client.call(sqs.send_message({"QueueUrl": url + "x", "MessageBody": "m"}))
    client.close()


def test_mails(endpoint, sdk):
    boto = sdk("sesv2")
    boto.create_email_identity(EmailIdentity="a@example.com")
    parts = {"Subject": "Hello {{name}}", "Text": "{{name}}", "Html": "<b>{{name}}</b>"}
    boto.create_email_template(TemplateName="welcome", TemplateContent=parts)
    client = ses.connect()
    body = {"Subject": {"Data": "One"}, "Body": {"Text": {"Data": "text"}}}
    to = {"Destination": {"ToAddresses": ["b@example.com"]}}
    client.call(ses.send_email({"FromEmailAddress": "a@example.com", **to, "Content": {"Simple": body}}))
    template = {"Template": {"TemplateName": "welcome", "TemplateData": '{"name":"Zoë"}'}}
    bulk = {"FromEmailAddress": "a@example.com", "DefaultContent": template, "BulkEmailEntries": [to, to]}
    results = client.call(ses.send_bulk_email(bulk)).json()["BulkEmailEntryResults"]
    assert [result["Status"] for result in results] == ["SUCCESS", "SUCCESS"]
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages") as outbox:
        assert "Hello Zo" in outbox.read().decode()
    with pytest.raises(AwsError, match="MessageRejected"):
        client.call(ses.send_email({"FromEmailAddress": "x@example.org", **to, "Content": {"Simple": body}}))
    client.close()
