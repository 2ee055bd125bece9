"""Stream records as Lambda delivers them."""

from typing import Any

HOUR = 3600
NOON = 1_760_011_200
"""2025-10-09T12:00:00Z."""


def record(number: int = 1, event: str = "INSERT", at: float = NOON, **images: Any) -> dict[str, Any]:
    """A record; `new` and `old` are images, by default those that its kind has."""
    item = {"userId": {"S": f"u{number}"}, "email": {"S": "ada@example.com"}}
    by_default = {"INSERT": {"new": item}, "REMOVE": {"old": item}, "MODIFY": {"new": item, "old": item}}
    sides = images or by_default[event]
    return {
        "eventID": f"{number:032x}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-north-1",
        "dynamodb": {
            "ApproximateCreationDateTime": at,
            "Keys": {"userId": {"S": f"u{number}"}},
            **{name: sides[side] for side, name in (("new", "NewImage"), ("old", "OldImage")) if side in sides},
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 100,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-north-1:123456789012:table/Users/stream/2025-10-09T00:00:00.000",
    }
