"""Stream records in the form of Lambda's event."""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# "Invocation payload: 6 MB each for request and response, synchronous" (Lambda quotas).
PAYLOAD_LIMIT = 6 * 1024 * 1024
_HEAD, _TAIL = b'{"Records":[', b"]}"


@dataclass(frozen=True, slots=True)
class Record:
    """One record that passed the filters.

    Attributes:
        sequence_number: as in the stream; it orders a shard's records when read as a number.
        created: when the change was made, seconds since the epoch.
        group: A number that depends on the partition key alone.
        body: the record as JSON, as in the event's `Records`.
    """

    sequence_number: str
    created: float
    group: int
    body: bytes


def event_record(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """Returns a record from the SDK's GetRecords in the form of Lambda's event.

    Binary values stay bytes here and become base64 in `encode`.
    """
    event = {
        **record,
        "dynamodb": {
            **record["dynamodb"],
            "ApproximateCreationDateTime": _seconds(record["dynamodb"]["ApproximateCreationDateTime"]),
        },
        "eventSourceARN": stream_arn,
    }
    if identity := record.get("userIdentity"):
        event["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return event


def encode(event: Mapping[str, Any], partition_key: str) -> Record:
    """Returns the `Record` for a result of `event_record`."""
    change = event["dynamodb"]
    return Record(
        sequence_number=change["SequenceNumber"],
        created=change["ApproximateCreationDateTime"],
        group=zlib.crc32(_json(change["Keys"].get(partition_key))),
        body=_json(event),
    )


def payload(records: Iterable[Record]) -> bytes:
    """The event with these records, as JSON."""
    return _HEAD + b",".join(record.body for record in records) + _TAIL


def payload_size(bodies: int, count: int) -> int:
    """The length of the event with `count` records whose bodies have `bodies` bytes in total."""
    return len(_HEAD) + len(_TAIL) + bodies + max(count - 1, 0)


def _seconds(moment: Any) -> float:
    seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
    return int(seconds) if seconds == int(seconds) else seconds


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_base64, separators=(",", ":")).encode()


def _base64(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"a stream record cannot hold {value!r}")
