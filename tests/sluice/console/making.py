"""Records and changes for tests of the console."""

import json
from typing import Any

from sluice.console.changes.changes import Change, change_of

ADA = {"userId": {"S": "u-1"}, "name": {"S": "Ada"}, "email": {"S": "ada@example.com"}}


def record(
    number: int = 1,
    event: str = "INSERT",
    *,
    new: dict[str, Any] | None = None,
    old: dict[str, Any] | None = None,
    at: int = 1_790_000_000,
    table: str = "Users",
    id_: str = "",
) -> dict[str, Any]:
    """Returns a record as it stands in Lambda's event."""
    image = new or old or ADA
    held: dict[str, Any] = {"Keys": {"userId": image["userId"]}, "SequenceNumber": f"{number:021d}"}
    held |= {"ApproximateCreationDateTime": at}
    held |= {"NewImage": new or (ADA if event != "REMOVE" else None)} if event != "REMOVE" else {}
    held |= {"OldImage": old or ADA} if event != "INSERT" else {}
    arn = f"arn:aws:dynamodb:eu-north-1:000000000000:table/{table}/stream/1"
    return {"eventID": id_ or f"e{number}", "eventName": event, "dynamodb": held, "eventSourceARN": arn}


def change(number: int = 1, event: str = "INSERT", shard: str = "shard-0", **of_record: Any) -> Change:
    """Returns a change."""
    return change_of(json.dumps(record(number, event, **of_record)), shard)
