"""The fault proxy before the embedded cloud, which checks signatures."""

import contextlib
import io
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from tests.clients import REGION, client
from tests.sluice.cloud.faults.fakes import BATCH


class Emulator(NamedTuple):
    """A running MiniStack, and a caller whose signature it checks (it does not check root's)."""

    url: str
    key: str
    secret: str


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("ministack")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
    }
    command = [str(Path(sys.executable).with_name("ministack"))]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _await_health(process, url)
        yield Emulator(url, *_caller(url))
    finally:
        process.terminate()
        process.wait(10)


def _await_health(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(200):
        assert process.poll() is None, "ministack ended before it was ready"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=1).close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"ministack did not answer at {url} within ten seconds")


def _caller(url: str) -> tuple[str, str]:
    users = client("iam", url)
    users.create_user(UserName="caller")
    statement = {"Effect": "Allow", "Action": ["s3:*", "dynamodb:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    users.put_user_policy(UserName="caller", PolicyName="all", PolicyDocument=policy)
    key = users.create_access_key(UserName="caller")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.mark.e2e
def test_the_emulator_sees_the_callers_own_signature(emulator: Emulator) -> None:
    with FaultProxy(emulator.url) as proxy:
        caller = client("dynamodb", proxy.endpoint, key=emulator.key, secret=emulator.secret)
        assert caller.list_tables()["TableNames"] == []
        forger = client("dynamodb", proxy.endpoint, key=emulator.key, secret="wrong")
        with pytest.raises(ClientError, match="signature"):
            forger.list_tables()
        not_allowed = client("sqs", proxy.endpoint, key=emulator.key, secret=emulator.secret)
        with pytest.raises(ClientError, match="AccessDenied"):
            not_allowed.list_queues()


@pytest.mark.e2e
def test_a_large_object_arrives_whole(emulator: Emulator) -> None:
    body = random.Random(1).randbytes(20 * 1024 * 1024)
    with FaultProxy(emulator.url) as proxy:
        objects = client("s3", proxy.endpoint, key=emulator.key, secret=emulator.secret)
        objects.create_bucket(Bucket="large", CreateBucketConfiguration={"LocationConstraint": REGION})
        objects.put_object(Bucket="large", Key="ключ é+ %", Body=io.BytesIO(body))
        with objects.get_object(Bucket="large", Key="ключ é+ %")["Body"] as stream:
            assert stream.read() == body


@pytest.mark.e2e
def test_a_batch_handed_back_in_parts_arrives_whole(emulator: Emulator) -> None:
    rule = Rule("unprocessed", fraction=0.5, limit=2)
    keys = (emulator.key, emulator.secret)
    with FaultProxy(emulator.url, [rule], credentials=keys) as proxy:
        tables = client("dynamodb", proxy.endpoint, key=emulator.key, secret=emulator.secret)
        tables.create_table(
            TableName="batches",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        sizes, items = [], {"batches": BATCH["t"]}
        while items:
            sizes.append(len(items["batches"]))
            items = tables.batch_write_item(RequestItems=items)["UnprocessedItems"]
        assert sizes == [10, 5, 3]
        assert tables.scan(TableName="batches")["Count"] == 10
