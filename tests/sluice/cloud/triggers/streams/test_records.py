"""Records as they stand in an event."""

import json
from datetime import UTC, datetime
from typing import Any

from sluice.cloud.triggers.streams.records import encode, event_record, payload, payload_size
from tests.sluice.cloud.triggers.streams.fakes import STREAM

# As the SDK returns it from GetRecords.
READ: dict[str, Any] = {
    "eventID": "e1",
    "eventName": "REMOVE",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "eu-north-1",
    "dynamodb": {
        "ApproximateCreationDateTime": datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
        "Keys": {"userId": {"S": "zoë"}, "at": {"N": "1.50"}},
        "OldImage": {"userId": {"S": "zoë"}, "photo": {"B": b"\x00\xff"}, "set": {"BS": [b"a"]}},
        "SequenceNumber": "100",
        "SizeBytes": 10,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
}


def test_a_record_looks_as_lambda_delivers_it() -> None:
    record = encode(event_record(READ, STREAM), "userId")
    assert json.loads(payload([record])) == {
        "Records": [
            {
                "eventID": "e1",
                "eventName": "REMOVE",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-north-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1795251600,
                    "Keys": {"userId": {"S": "zoë"}, "at": {"N": "1.50"}},
                    "OldImage": {"userId": {"S": "zoë"}, "photo": {"B": "AP8="}, "set": {"BS": ["YQ=="]}},
                    "SequenceNumber": "100",
                    "SizeBytes": 10,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
                "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
                "eventSourceARN": STREAM,
            }
        ]
    }


def test_the_size_of_an_event_is_known_without_making_it() -> None:
    record = encode(event_record(READ, STREAM), "userId")
    for count in (0, 1, 3):
        assert payload_size(len(record.body) * count, count) == len(payload([record] * count))


def test_the_group_depends_on_the_partition_key_alone() -> None:
    def group(user: str, at: str) -> int:
        keys = {"userId": {"S": user}, "at": {"N": at}}
        return encode(event_record({**READ, "dynamodb": {**READ["dynamodb"], "Keys": keys}}, STREAM), "userId").group

    assert group("a", "1") == group("a", "2")
    assert group("a", "1") != group("b", "1")
