"""The streams of a stack's tables in the embedded cloud, read beside the functions: there a third reader costs nothing.

In AWS it would take its share of a shard from the two functions, so the archive is read instead (`archive_source`).
"""

import time
from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.triggers.streams.reading import ShardReader, describe
from sluice.cloud.triggers.streams.records import encode, event_record
from sluice.console.changes.changes import Changes, change_of
from sluice.pipelines import stream_tables
from sluice.target import Target

_SHARDS_SECONDS = 10.0
"""How often it looks for new shards."""


class StreamSource:
    """The streams of all tables of a stack, from their oldest remaining record on."""

    pause = 0.25

    def __init__(self, target: Target, changes: Changes) -> None:
        self._changes = changes
        arns = [table["stream_arn"] for table in stream_tables(target) if table["stream_arn"]]
        self._streams = list(dict.fromkeys(arns))
        self._readers: dict[tuple[str, str], ShardReader] = {}
        self._next_look = 0.0

    def read(self, target: Target) -> bool:
        """Reads a page of each shard; returns whether one of them had more.

        Raises:
            ClientError, BotoCoreError: A stream could not be read; the others were.
        """
        streams, failure = target.client("dynamodbstreams"), None
        if time.monotonic() >= self._next_look:
            self._look_for_shards(streams)
            self._next_look = time.monotonic() + _SHARDS_SECONDS
        more = False
        for (arn, shard), reader in self._readers.items():
            if reader.ended:
                continue
            try:
                page = reader.read()
            except AWS_ERRORS as error:
                failure = error
                continue
            more = more or bool(page)
            events = [event_record(record, arn) for record in page]
            self._changes.add(change_of(encode(event, "").body.decode(), shard) for event in events)
        if failure:
            raise failure
        return more

    def _look_for_shards(self, streams: Any) -> None:
        for arn in self._streams:
            _, shards = describe(streams, arn)
            for shard in shards:
                if (arn, shard.id) not in self._readers:
                    self._readers[arn, shard.id] = ShardReader(streams, arn, shard.id, "TRIM_HORIZON")
