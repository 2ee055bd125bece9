"""In-memory stand-ins for the services that a stream mapping talks to, and a clock that only moves when told."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.poller import StreamPoller
from sluice.cloud.triggers.streams.worker import Clients

STREAM = "arn:aws:dynamodb:eu-north-1:000000000000:table/Users/stream/2026-01-01T00:00:00.000"
FUNCTION = "arn:aws:lambda:eu-north-1:000000000000:function:archiver"
BUCKET = "arn:aws:s3:::archive"
NOW = 1_790_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def refusal(code: str, operation: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


class Streams:
    """Shards as lists of records; an iterator is "shard/position"."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.shards: dict[str, list[dict[str, Any]]] = {"shard-0": []}
        self.parents: dict[str, str] = {}
        self.closed: set[str] = set()
        self.trimmed: dict[str, int] = {}
        self.faults: list[Exception] = []
        self.describe_faults: list[Exception] = []
        self.reads = 0
        self._sequence = 0

    def put(self, key: str, *, shard: str = "shard-0", age: float = 0.0, event: str = "INSERT", **image: Any) -> str:
        self._sequence += 1
        number = f"{self._sequence:020d}"
        change = {
            "ApproximateCreationDateTime": int(self.clock.now - age),
            "Keys": {"userId": {"S": key}},
            "NewImage": {"userId": {"S": key}, **image},
            "SequenceNumber": number,
            "SizeBytes": 10,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        record = {"eventID": f"e{number}", "eventName": event, "eventVersion": "1.1", "eventSource": "aws:dynamodb"}
        self.shards[shard].append({**record, "awsRegion": "eu-north-1", "dynamodb": change})
        return number

    def describe_stream(self, **request: str) -> dict[str, Any]:
        # One shard a page, the youngest first.
        if self.describe_faults:
            raise self.describe_faults.pop(0)
        names = list(reversed(self.shards))
        start = request.get("ExclusiveStartShardId")
        at = names.index(start) + 1 if start else 0
        page = [self._shard(name) for name in names[at : at + 1]]
        last = {"LastEvaluatedShardId": names[at]} if at + 1 < len(names) else {}
        keys = [{"AttributeName": "userId", "KeyType": "HASH"}]
        return {"StreamDescription": {**request, "KeySchema": keys, "Shards": page, **last}}

    def _shard(self, name: str) -> dict[str, Any]:
        numbers = {"StartingSequenceNumber": "0"} | ({"EndingSequenceNumber": "9"} if name in self.closed else {})
        parent = {"ParentShardId": self.parents[name]} if name in self.parents else {}
        return {"ShardId": name, "SequenceNumberRange": numbers, **parent}

    def get_shard_iterator(self, **request: str) -> dict[str, str]:
        shard, kind = request["ShardId"], request["ShardIteratorType"]
        if kind == "AFTER_SEQUENCE_NUMBER":
            numbers = [record["dynamodb"]["SequenceNumber"] for record in self.shards[shard]]
            position = numbers.index(request["SequenceNumber"]) + 1
            if position < self.trimmed.get(shard, 0):
                raise refusal("TrimmedDataAccessException", "GetShardIterator")
        else:
            position = len(self.shards[shard]) if kind == "LATEST" else self.trimmed.get(shard, 0)
        return {"ShardIterator": f"{shard}/{position}"}

    def get_records(self, **request: Any) -> dict[str, Any]:
        self.reads += 1
        if self.faults:
            raise self.faults.pop(0)
        shard, position = request["ShardIterator"].split("/")
        start = int(position)
        if start < self.trimmed.get(shard, 0):
            raise refusal("TrimmedDataAccessException", "GetRecords")
        page = self.shards[shard][start : start + request["Limit"]]
        end = start + len(page)
        if shard in self.closed and end == len(self.shards[shard]):
            return {"Records": page}
        return {"Records": page, "NextShardIterator": f"{shard}/{end}"}


Handler = Callable[[list[dict[str, Any]]], Any]


class Function:
    """Invoke; `handler` gets the records and answers; what it raises is a function error, or the API's own."""

    def __init__(self, handler: Handler = lambda records: None) -> None:
        self.handler = handler
        self.payloads: list[bytes] = []
        self.faults: list[Exception] = []

    @property
    def batches(self) -> list[list[str]]:
        """The sequence numbers of each invocation."""
        return [[r["dynamodb"]["SequenceNumber"] for r in json.loads(p)["Records"]] for p in self.payloads]

    def invoke(self, **request: Any) -> dict[str, Any]:
        assert (request["FunctionName"], request["InvocationType"]) == (FUNCTION, "RequestResponse")
        if self.faults:
            raise self.faults.pop(0)
        self.payloads.append(request["Payload"])
        answer: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        answer["ResponseMetadata"] = {"RequestId": f"request-{len(self.payloads)}"}
        try:
            result = self.handler(json.loads(request["Payload"])["Records"])
        except ClientError:
            raise
        except Exception as error:
            result = {"errorType": type(error).__name__, "errorMessage": str(error)}
            answer["FunctionError"] = "Unhandled"
        return {**answer, "Payload": io.BytesIO(json.dumps(result).encode())}


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.faults: list[Exception] = []
        self.lost_answers = 0

    def head_bucket(self, **request: str) -> None:
        assert request == {"Bucket": "archive"}

    def put_object(self, **request: Any) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.objects[request["Key"]] = json.loads(request["Body"])
        if self.lost_answers:
            self.lost_answers -= 1
            raise refusal("InternalError", "PutObject", 500)

    @property
    def discarded(self) -> list[list[str]]:
        """The sequence numbers in each object."""
        payloads = [json.loads(document["payload"]) for document in self.objects.values()]
        return [[record["dynamodb"]["SequenceNumber"] for record in payload["Records"]] for payload in payloads]


class Cloud:
    """The services, and what the display was told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.streams = Streams(self.clock)
        self.function = Function()
        self.bucket = Bucket()
        self.events: list[events.Event] = []
        self.show: Callable[[events.Event], object] = self.events.append

    @property
    def clients(self) -> Clients:
        return Clients(self.streams, self.function, self.bucket)

    def poller(self, **settings: Any) -> StreamPoller:
        mapping = StreamMapping("uuid-1", FUNCTION, STREAM, **settings)
        return StreamPoller(mapping, self.clients, on_event=self.show, clock=self.clock)

    def run(self, **settings: Any) -> StreamPoller:
        poller = self.poller(**settings)
        poller.drain(self.clock.sleep)
        return poller

    def told(self, kind: type[Any]) -> Sequence[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def numbers(records: list[dict[str, Any]]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def fails_on(*poisoned: str) -> Callable[[list[dict[str, Any]]], None]:
    def handle(records: list[dict[str, Any]]) -> None:
        if set(poisoned) & set(numbers(records)):
            raise ValueError("poisoned")

    return handle


def reports(*poisoned: str) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    def handle(records: list[dict[str, Any]]) -> dict[str, Any]:
        bad = [number for number in numbers(records) if number in poisoned]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}

    return handle
