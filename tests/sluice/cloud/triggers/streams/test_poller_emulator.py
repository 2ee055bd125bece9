"""A stream mapping in threads, against the emulator: real streams, functions, roles and buckets."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sluice.cloud.emulator.server import Server
from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.poller import StreamPoller
from sluice.cloud.triggers.streams.worker import Clients

pytestmark = pytest.mark.e2e

CODE = """
def handle(event, context):
    failed = []
    for record in event["Records"]:
        name = record["dynamodb"]["NewImage"]["name"]["S"]
        if name == "throws":
            raise ValueError("cannot do this one")
        if name == "fails":
            failed.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failed}
"""
SECONDS = 30


class Recorder:
    """A Lambda client that remembers what it sent."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.sent: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.sent += json.loads(request["Payload"])["Records"]
        return self._client.invoke(**request)


class Account:
    """A table with a stream, a bucket, and a function with a role that may read streams and write to the bucket."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.dynamodb, self.s3 = self.client("dynamodb"), self.client("s3")
        self.lambda_ = self.client("lambda")
        self.s3.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        table = self.dynamodb.create_table(
            TableName="Users",
            KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.stream: str = table["TableDescription"]["LatestStreamArn"]
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = self.client("iam").create_role(RoleName="archiver", AssumeRolePolicyDocument=_policy(trust))
        self.role: str = role["Role"]["Arn"]
        self.allow("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords")
        function = self.lambda_.create_function(
            FunctionName="archiver",
            Runtime="python3.12",
            Role=self.role,
            Handler="app.handle",
            Code={"ZipFile": _archive()},
        )
        self.function: str = function["FunctionArn"]
        self.told: list[events.Event] = []

    def client(self, service: Any, **credentials: Any) -> Any:
        keys = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        once = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)
        return boto3.client(service, region_name="eu-north-1", endpoint_url=self._endpoint, config=once, **keys)

    def as_role(self, service: str) -> Any:
        answer = self.client("sts").assume_role(RoleArn=self.role, RoleSessionName="poller")["Credentials"]
        return self.client(
            service,
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
        )

    def allow(self, *actions: str) -> None:
        bucket = ["arn:aws:s3:::archive", "arn:aws:s3:::archive/aws/lambda/*"]
        document = _policy(
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
            {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:PutObject"], "Resource": bucket},
        )
        self.client("iam").put_role_policy(RoleName="archiver", PolicyName="own", PolicyDocument=document)

    def put(self, user: str, name: str = "Zoë", **attributes: Any) -> None:
        item = {"userId": {"S": user}, "name": {"S": name}, **attributes}
        self.dynamodb.put_item(TableName="Users", Item=item)

    def poller(self, lambda_: Any = None, **settings: Any) -> StreamPoller:
        mapping = StreamMapping(
            "uuid-1",
            self.function,
            self.stream,
            report_batch_item_failures=True,
            bisect_on_error=True,
            on_failure="arn:aws:s3:::archive",
            **settings,
        )
        return StreamPoller(
            mapping,
            Clients(self.as_role("dynamodbstreams"), lambda_ or self.lambda_, self.as_role("s3")),
            on_event=self.told.append,
        )

    def wait_for_delay(self) -> None:
        """Returns when a call to AWS has failed."""
        end = time.monotonic() + SECONDS
        while not any(isinstance(event, events.Delayed) for event in self.told):
            assert time.monotonic() < end
            time.sleep(0.01)

    def failures(self) -> list[dict[str, Any]]:
        """The records in the bucket's failure documents."""
        listed = self.s3.list_objects_v2(Bucket="archive", Prefix="aws/lambda/uuid-1/").get("Contents", [])
        documents = [json.load(self.s3.get_object(Bucket="archive", Key=each["Key"])["Body"]) for each in listed]
        return [record for document in documents for record in json.loads(document["payload"])["Records"]]


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", CODE)
    return buffer.getvalue()


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    server = Server(tmp_path / "cloud")
    try:
        yield Account(server.endpoint)
    finally:
        server.stop()


def test_bad_records_end_in_the_bucket_and_all_others_go_through_in_order(account: Account) -> None:
    names = {20: "throws", 77: "fails"}
    for i in range(120):
        account.put(f"u{i % 30}", names.get(i, f"Zoë {i}"))
    recorder = Recorder(account.lambda_)
    poller = account.poller(recorder, batch_size=25, parallelization_factor=3, maximum_retry_attempts=1)
    poller.start()
    assert poller.wait_idle(SECONDS)
    poller.stop()
    assert poller.lag == 0
    assert sorted(record["dynamodb"]["NewImage"]["name"]["S"] for record in account.failures()) == ["fails", "throws"]
    for user in {f"u{i}" for i in range(30)}:
        sent = [
            r["dynamodb"]["SequenceNumber"] for r in recorder.sent if r["dynamodb"]["Keys"] == {"userId": {"S": user}}
        ]
        assert list(dict.fromkeys(sent)) == sorted(set(sent), key=int)
        assert len(set(sent)) == 4


def test_a_record_is_what_was_written(account: Account) -> None:
    item = {"n": {"N": "1.5"}, "b": {"B": b"\x00\xff"}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}}
    account.put("u", "first")
    account.put("u", "second", **item)
    recorder = Recorder(account.lambda_)
    account.poller(recorder).drain()
    _, change = recorder.sent
    base = {"userId": {"S": "u"}, "name": {"S": "second"}}
    assert change["dynamodb"]["NewImage"] == {**base, **item, "b": {"B": base64.b64encode(b"\x00\xff").decode()}}
    assert change["dynamodb"]["OldImage"] == {"userId": {"S": "u"}, "name": {"S": "first"}}
    assert (change["eventName"], change["eventSourceARN"]) == ("MODIFY", account.stream)
    assert isinstance(change["dynamodb"]["ApproximateCreationDateTime"], int)


def test_latest_begins_with_the_next_record_and_goes_on_after_a_stop(account: Account) -> None:
    account.put("before")
    recorder = Recorder(account.lambda_)
    poller = account.poller(recorder, starting_position="LATEST")
    for users in ([], ["a", "b"], ["c"]):
        for user in users:
            account.put(user)
        poller.start()
        assert poller.wait_idle(SECONDS)
        poller.stop()
    assert [record["dynamodb"]["Keys"]["userId"]["S"] for record in recorder.sent] == ["a", "b", "c"]


def test_a_function_that_is_throttled_gets_its_records_later(account: Account) -> None:
    account.put("u")
    account.lambda_.put_function_concurrency(FunctionName="archiver", ReservedConcurrentExecutions=0)
    poller = account.poller(maximum_retry_attempts=0)
    poller.start()
    account.wait_for_delay()
    account.lambda_.delete_function_concurrency(FunctionName="archiver")
    assert poller.wait_idle(SECONDS)
    poller.stop()
    told = [event for event in account.told if isinstance(event, events.Delayed)]
    assert told
    assert all(event.throttled and event.operation == "Invoke" for event in told)
    assert account.failures() == []


@pytest.mark.parametrize("denied", ["DescribeStream", "GetShardIterator", "GetRecords"])
def test_the_stream_is_read_with_the_functions_role(account: Account, denied: str) -> None:
    actions = {f"dynamodb:{name}" for name in ("DescribeStream", "GetShardIterator", "GetRecords")}
    account.allow(*actions - {f"dynamodb:{denied}"})
    account.put("u")
    recorder = Recorder(account.lambda_)
    poller = account.poller(recorder)
    poller.start()
    account.wait_for_delay()
    assert recorder.sent == []
    account.allow(*actions)
    assert poller.wait_idle(SECONDS)
    poller.stop()
    assert len(recorder.sent) == 1
    assert any(isinstance(event, events.Delayed) and f"dynamodb:{denied}" in event.error for event in account.told)
