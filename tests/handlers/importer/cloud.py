"""The importer in a cloud of moto's tables and buckets, with a queue and a clock that a test holds in its hands."""

import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

from botocore import xform_name
from botocore.exceptions import ClientError

from handlers.importer.items.rules import Schema
from handlers.importer.ledger.ledger import Ledger
from handlers.importer.ledger.table import LedgerTable
from handlers.importer.queue.import_queue import Queue
from handlers.importer.queue.message_batch import MessageBatch
from handlers.importer.queue.repetition import is_wanted_again
from handlers.importer.rejects import Rejects
from handlers.importer.settings import Settings
from handlers.importer.worker import Counts, Worker
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request
from handlers.shared.deadlines import Deadlines
from tests.clients import moto_client
from tests.handlers.importer.plain_writer import PlainWriter

BUCKET, TABLE, LEDGER = "files", "imported", "ledger"
SETTINGS = Settings(
    table=TABLE,
    schema=Schema(("id",), {"n": "N"}),
    ledger=LEDGER,
    queue_url="queue",
    dead_letter_queue_url="dead letters",
    receives=3,
    prefix="incoming/",
    ordered=False,
    chunk_bytes=1 << 20,
    gzip_limit_bytes=1 << 20,
    hop_limit=50,
)
VISIBILITY_SECONDS = 720
INVOCATION_SECONDS = 120


class KilledError(BaseException):
    """The invocation ends here."""


@dataclass
class Message:
    body: str
    due: float
    receives: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


class Answer:
    """An answer as the signed client gives it."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def json(self) -> Any:
        return self._body


class Cloud:
    """The importer's surroundings."""

    def __init__(self) -> None:
        self.at_work = ""
        self.now = 1_800_000_000.0
        self.settings = SETTINGS
        self.queue: list[Message] = []
        self.dead: list[Message] = []
        self.counts = Counts()
        self.ignores_ranges = False
        """S3 answers every request with the whole object."""
        self.hurry = False
        """Every invocation has time for one batch only."""
        self.before_call: Callable[[str], None] = lambda _: None
        self.after_call: Callable[[str], None] = lambda _: None
        self.deadlines: set[tuple[str, float | None]] = set()
        """Operation of the ledger or the queue, and until when it would be tried."""
        self._sequence = itertools.count(0xA0)
        self._owners = itertools.count()
        self.dynamodb = moto_client("dynamodb")
        self.s3 = moto_client("s3")
        self._create()

    def _create(self) -> None:
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        for name, keys in ((TABLE, ["id"]), (LEDGER, ["object", "version"])):
            self.dynamodb.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )

    # What a test does.

    def versioned(self) -> None:
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def configure(self, **changes: Any) -> None:
        self.settings = self.settings._replace(**changes)

    def upload(self, key: str, data: bytes, *, announce: bool = True, sequencer: str = "", again: bool = False) -> str:
        """Puts a file; returns the body of S3's announcement, which is sent unless the test says not to."""
        metadata = {"sluice-again": "yes"} if again else {}
        answer = self.s3.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata=metadata)
        entity = {"key": quote_plus(key), "size": len(data), "eTag": answer["ETag"].strip('"')}
        if "VersionId" in answer:
            entity["versionId"] = answer["VersionId"]
        entity["sequencer"] = sequencer or f"{next(self._sequence):x}"
        record = {
            "eventName": "ObjectCreated:Put",
            "eventTime": datetime.fromtimestamp(self.now, UTC).isoformat(timespec="milliseconds"),
            "s3": {"bucket": {"name": BUCKET}, "object": entity},
        }
        body = json.dumps({"Records": [record]})
        if announce:
            self.send(body)
        return body

    def send(self, body: str, delay: float = 0) -> None:
        self.queue.append(Message(body, self.now + delay))

    def run(self, limit: int = 500) -> None:
        """Delivers messages, time passing as they ask, until none is left."""
        for _ in range(limit):
            if not self.queue:
                return
            self.deliver()
        raise AssertionError(f"still {len(self.queue)} messages after {limit} invocations")

    def deliver(self, *, copies: int = 1) -> None:
        """Delivers the message that is due next, perhaps more than once."""
        message = min(self.queue, key=lambda message: message.due)
        self.now = max(self.now, message.due)
        self.queue.remove(message)
        message.receives += 1
        failed = False
        for _ in range(copies):
            try:
                failed = bool(self.invoke([message.body], message.receives))
            except KilledError:
                failed = True
        if failed:
            message.due = self.now + VISIBILITY_SECONDS
            (self.dead if message.receives >= self.settings.receives + 1 else self.queue).append(message)

    def invoke(self, bodies: list[str], receives: int = 1) -> list[str]:
        """Runs the function once; returns the ids of the messages that failed: their places."""
        worker, queue, deadlines = self.worker()
        batch = MessageBatch(self.settings, worker, self.ledger(), queue, deadlines)
        try:
            batch.process(
                [
                    {"messageId": str(i), "body": body, "attributes": {"ApproximateReceiveCount": str(receives)}}
                    for i, body in enumerate(bodies)
                ]
            )
        finally:
            self.counts.ends += worker.counts.ends
        return batch.failed

    def worker(self) -> tuple[Worker, Queue, Deadlines]:
        deadlines = Deadlines(1e12, after_work=2e12 if self.hurry else 0, after_calls=0)
        queue = Queue(self.queues(), self.settings.queue_url, self.settings.dead_letter_queue_url)
        write = PlainWriter(_Counting(self, self.dynamodb), TABLE).write
        owner, until = f"invocation {next(self._owners)}", self.now + INVOCATION_SECONDS
        worker = Worker(
            self.settings, self.ledger(), self.bucket, Rejects(self.bucket), write, queue, deadlines, owner, until
        )
        return worker, queue, deadlines

    def ledger(self) -> Ledger:
        return Ledger(
            LedgerTable(self.tables(), LEDGER),
            Rejects(self.bucket).delete,
            partial(is_wanted_again, self.bucket),
            lambda: self.now,
        )

    def tables(self) -> Any:
        return _Dynamo(self)

    def queues(self) -> Any:
        return _Sqs(self)

    def bucket(self, name: str) -> Any:
        return _Bucket(self, name)

    # What a test looks at.

    def items(self) -> dict[str, dict[str, Any]]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=TABLE)
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

    def entries(self, key: str) -> list[dict[str, Any]]:
        """The ledger's versions of a file, with plain values."""
        answer = self.dynamodb.query(
            TableName=LEDGER,
            KeyConditionExpression="#o = :o",
            FilterExpression="attribute_exists(#s)",
            ExpressionAttributeNames={"#o": "object", "#s": "status"},
            ExpressionAttributeValues={":o": {"S": f"{BUCKET}/{key}"}},
        )
        return sorted((_plain(item) for item in answer["Items"]), key=lambda entry: entry["sequencer"])

    def entry(self, key: str) -> dict[str, Any]:
        (entry,) = self.entries(key)
        return entry

    def rejects(self, key: str) -> dict[str, list[dict[str, Any]]]:
        """Object name -> rejects."""
        prefix = f"rejected/{key}/"
        listing = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {
            found["Key"].removeprefix(prefix): [
                json.loads(line)
                for line in self.s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read().splitlines()
            ]
            for found in listing
        }

    @contextmanager
    def killing(self, at: int) -> Iterator[Callable[[], bool]]:
        """Kills the invocation that makes the nth call from now, when the call has had its effect."""
        calls = itertools.count(1)
        killed = False

        def kill(_: str) -> None:
            nonlocal killed
            if next(calls) == at:
                killed = True
                raise KilledError

        self.after_call = kill
        try:
            yield lambda: killed
        finally:
            self.after_call = lambda _: None


class _Doubled:
    """A client whose calls can be counted and broken."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def asked(self, name: str, call: Callable[[], Any]) -> Any:
        self.cloud.before_call(name)
        try:
            answer = call()
        except ClientError as error:
            words = error.response.get("Error", {})
            raise AwsError("moto", name, words.get("Code", ""), words.get("Message", "")) from error
        self.cloud.after_call(name)
        return answer


class _Dynamo(_Doubled):
    def call(self, request: Request, *, deadline: float | None = None) -> Answer:
        self.cloud.deadlines.add((request.operation, deadline))
        method = getattr(self.cloud.dynamodb, xform_name(request.operation))
        return Answer(self.asked(request.operation, lambda: method(**json.loads(request.body))))


class _Sqs(_Doubled):
    def call(self, request: Request, *, deadline: float | None = None) -> Answer:
        self.cloud.deadlines.add((request.operation, deadline))
        return Answer(self.asked(request.operation, lambda: self._send(json.loads(request.body))))

    def _send(self, payload: dict[str, Any]) -> dict[str, Any]:
        place = self.cloud.queue if payload["QueueUrl"] == "queue" else self.cloud.dead
        for entry in payload.get("Entries", [payload]):
            due = self.cloud.now + entry.get("DelaySeconds", 0)
            place.append(Message(entry["MessageBody"], due, attributes=entry.get("MessageAttributes", {})))
        return {}


class _Bucket(_Doubled):
    def __init__(self, cloud: Cloud, name: str) -> None:
        super().__init__(cloud)
        self._name = name

    def open(self, key: str, *, start: int, end: int, version: str | None, headers: dict[str, str]) -> io.RawIOBase:
        options = {"VersionId": version} if version else {}
        answer = self.asked(
            "GetObject",
            lambda: self.cloud.s3.get_object(
                Bucket=self._name, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=headers["if-match"], **options
            ),
        )
        whole = self.cloud.ignores_ranges and self.cloud.s3.get_object(Bucket=self._name, Key=key, **options)
        return _Body(whole["Body"].read(), {}) if whole else _Body(answer["Body"].read(), {"content-range": ""})

    def head(self, key: str) -> SimpleNamespace:
        answer = self.asked("HeadObject", lambda: self.cloud.s3.head_object(Bucket=self._name, Key=key))
        metadata = {f"x-amz-meta-{name}": value for name, value in answer["Metadata"].items()}
        return SimpleNamespace(headers={"etag": answer["ETag"], **metadata})

    def put(self, key: str, body: bytes, *, headers: dict[str, str]) -> None:
        self.asked("PutObject", lambda: self.cloud.s3.put_object(Bucket=self._name, Key=key, Body=body))

    def delete(self, key: str) -> None:
        self.asked("DeleteObject", lambda: self.cloud.s3.delete_object(Bucket=self._name, Key=key))


class _Body(io.RawIOBase):
    def __init__(self, data: bytes, headers: dict[str, str]) -> None:
        self._data = io.BytesIO(data)
        self.headers = headers

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)


class _Counting(_Doubled):
    """boto3's client of DynamoDB, its batches counted."""

    def __init__(self, cloud: Cloud, client: Any) -> None:
        super().__init__(cloud)
        self._client = client

    def batch_write_item(self, **parameters: Any) -> Any:
        self.cloud.before_call("BatchWriteItem")
        answer = self._client.batch_write_item(**parameters)
        self.cloud.after_call("BatchWriteItem")
        return answer


def csv_file(count: int, *, note: str = "", bad: int = 0) -> bytes:
    """A CSV file of rows 0 to count - 1; every `bad`th has a bad number."""
    rows = [f"{i},{'x' if bad and i % bad == 0 else i},{note}" for i in range(count)]
    return "\n".join(["id,n,note", *rows, ""]).encode()


def etag(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def ids(count: int) -> set[str]:
    return {str(i) for i in range(count)}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else next(iter(value.values())) for name, value in item.items()}
