"""Reading a stream: its shards, parents before children, and the records of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws_errors import code
from sluice.cloud.triggers.streams.mapping import StartingPosition

PAGE_RECORDS = 1000  # the most that GetRecords returns
_LOST_ITERATOR = frozenset({"ExpiredIteratorException", "TrimmedDataAccessException"})


@dataclass(frozen=True, slots=True)
class ShardDescription:
    """A shard as DescribeStream lists it."""

    id: str
    parent: str | None
    closed: bool


def describe(streams: Any, stream_arn: str) -> tuple[str, list[ShardDescription]]:
    """Returns the name of the table's partition key, and the shards of the stream, all pages."""
    request: dict[str, Any] = {"StreamArn": stream_arn}
    shards: list[ShardDescription] = []
    while True:
        answer: Mapping[str, Any] = streams.describe_stream(**request)["StreamDescription"]
        shards += [
            ShardDescription(
                shard["ShardId"],
                shard.get("ParentShardId"),
                "EndingSequenceNumber" in shard.get("SequenceNumberRange", {}),
            )
            for shard in answer["Shards"]
        ]
        if not answer.get("LastEvaluatedShardId"):
            key = next(part["AttributeName"] for part in answer["KeySchema"] if part["KeyType"] == "HASH")
            return key, shards
        request["ExclusiveStartShardId"] = answer["LastEvaluatedShardId"]


class ShardReader:
    """Reads one shard from its starting position to its end.

    Attributes:
        ended: the shard is closed and everything in it was read.
    """

    def __init__(self, streams: Any, stream_arn: str, shard_id: str, start: StartingPosition) -> None:
        self._streams = streams
        self._shard = {"StreamArn": stream_arn, "ShardId": shard_id}
        self._position: dict[str, str] = {"ShardIteratorType": start}
        self._iterator: str | None = None
        self.ended = False

    def use(self, streams: Any) -> None:
        """Continues with another client."""
        self._streams = streams

    def read(self) -> Sequence[Mapping[str, Any]]:
        """The next page of records, which may be empty.

        Raises:
            ClientError, BotoCoreError: nothing was read; the next call begins at the same position, or at the oldest
                remaining record if that was trimmed.
        """
        if self._iterator is None:
            self._iterator = self._open()
        try:
            page = self._streams.get_records(ShardIterator=self._iterator, Limit=PAGE_RECORDS)
        except ClientError as error:
            if code(error) in _LOST_ITERATOR:
                self._iterator = None
            self._give_up_trimmed(error)
            raise
        self._iterator = page.get("NextShardIterator")
        self.ended = self._iterator is None
        if page["Records"]:
            last = page["Records"][-1]["dynamodb"]["SequenceNumber"]
            self._position = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last}
        return page["Records"]

    def _open(self) -> str:
        try:
            return self._streams.get_shard_iterator(**self._shard, **self._position)["ShardIterator"]
        except ClientError as error:
            self._give_up_trimmed(error)
            raise

    def _give_up_trimmed(self, error: ClientError) -> None:
        if code(error) == "TrimmedDataAccessException":
            self._position = {"ShardIteratorType": "TRIM_HORIZON"}
