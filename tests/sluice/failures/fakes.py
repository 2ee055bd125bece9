"""A stack that is a bucket of failures and a function, in memory."""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from sluice.failures.stream import redrive_stream
from sluice.target import Target

BUCKET = "archive"
FUNCTION = "arn:aws:lambda:eu-north-1:123456789012:function:archiver"


def refusal(code, operation="Invoke", status=400):
    said = {"Error": {"Code": code, "Message": f"{code} told"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, operation)


class FakeS3:
    """A bucket; what is put later is newer."""

    def __init__(self):
        self.objects = {}
        self.read = []
        self.refusing = {}
        """Operation -> what it raises."""

    def put_object(self, **request) -> Any:
        self._refuse("put_object")
        if "IfMatch" in request and request["Key"] not in self.objects:
            raise refusal("NoSuchKey", "PutObject", 404)
        if "IfMatch" in request and request["IfMatch"] != self._etag(request["Key"]):
            raise refusal("PreconditionFailed", "PutObject", 412)
        key, now = request["Key"], datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.objects))
        self.objects[key] = (self.objects.get(key, (now, b""))[0], request["Body"])

    def delete_object(self, **request):
        self._refuse("delete_object")
        self.objects.pop(request["Key"], None)

    def get_object(self, **request):
        self._refuse("get_object")
        self.read.append(request["Key"])
        if request["Key"] not in self.objects:
            raise refusal("NoSuchKey", "GetObject", 404)
        return {"Body": io.BytesIO(self.objects[request["Key"]][1]), "ETag": self._etag(request["Key"])}

    def head_object(self, **request):
        if request["Key"] not in self.objects:
            raise refusal("404", "HeadObject", 404)

    def _etag(self, key):
        return hashlib.md5(self.objects[key][1]).hexdigest()

    def _refuse(self, operation):
        if operation in self.refusing:
            raise self.refusing[operation]

    def list_objects_v2(self, *, MaxKeys, StartAfter, **request):
        (*found,) = (one for page in self.paginate(**request) for one in page.get("Contents", []))
        after = [one | {"ETag": self._etag(one["Key"])} for one in found if one["Key"] > StartAfter]
        return {"Contents": after[:MaxKeys]} if after else {}

    def get_paginator(self, _):
        return self

    def paginate(self, **request):
        found = [(key, at) for key, (at, _) in sorted(self.objects.items()) if key.startswith(request["Prefix"])]
        return [{"Contents": [{"Key": key, "LastModified": at}]} for key, at in found] or [{}]


class FakeLambda:
    """A function that does `act` with the sequence numbers of its batch; `taken` are those that it was done with."""

    def __init__(self, act):
        self.act, self.taken, self.batches = act, [], []
        self.limit, self.largest = 6_291_456, 0
        self.refused = 0

    def invoke(self, **request):
        assert request["FunctionName"] == FUNCTION
        if len(request["Payload"]) > self.limit:
            self.refused += 1
            raise refusal("RequestEntityTooLargeException", status=413)
        self.largest = max(self.largest, len(request["Payload"]))
        numbers = [record["dynamodb"]["SequenceNumber"] for record in json.loads(request["Payload"])["Records"]]
        self.batches.append(numbers)
        answer = self.act(numbers)
        if isinstance(answer, Exception):
            raise answer
        if answer == "error":
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "no"}')}
        self.taken += self._taken(numbers, answer)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _taken(self, numbers, answer):
        try:
            failed = [entry["itemIdentifier"] for entry in answer["batchItemFailures"]] if answer else []
            return numbers[: min(map(numbers.index, failed), default=len(numbers))]
        except (TypeError, ValueError):
            return []


class FakeTarget(Target):
    """A stack with one bucket and one function."""

    def __init__(self, act=lambda numbers: None):
        streams = {"users": {"archiver_function_name": "archiver", "notifier_function_name": None}}
        super().__init__({"archive_bucket_name": BUCKET, "streams": streams})
        self.s3, self.function = FakeS3(), FakeLambda(act)

    def client(self, service):
        return {"s3": self.s3, "lambda": self.function}[service]

    def add(self, key, *numbers, image=None):
        change = {"NewImage": image} if image else {}
        records = [{"eventID": f"e-{number}", "dynamodb": {"SequenceNumber": number, **change}} for number in numbers]
        document = {
            "requestContext": {
                "functionArn": FUNCTION,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 11,
            },
            "timestamp": "2026-01-01T00:00:00.000Z",
            "DDBStreamBatchInfo": {"batchSize": len(records), "shardId": "shard"},
            "payload": json.dumps({"Records": records}),
        }
        self.s3.put_object(Key=f"aws/lambda/{key}", Body=json.dumps(document).encode())

    def held(self, key):
        document = json.loads(self.s3.objects[f"aws/lambda/{key}"][1])
        return document, [record["dynamodb"]["SequenceNumber"] for record in json.loads(document["payload"])["Records"]]


def partial(number):
    return {"batchItemFailures": [{"itemIdentifier": number}]}


def redrive(target):
    return [(result.done, result.left) for result in redrive_stream(target)]
