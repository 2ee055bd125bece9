"""The marks of what was mailed, one item a stream record: what makes a retried batch mail nobody twice.

A shard's records are in one invocation at a time, so marks are read before and written after, and nothing is
claimed. Records that are sent again by hand come outside that order, perhaps twice at once: they are claimed first.
A claim is an item of its own, which only other claims look at. It ends by itself: a crash delays mails, it loses none.
"""

import json
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from handlers.notifier.deadlines import BatchDeadlines
from handlers.notifier.environment import MARK_EXPIRY, MARK_KEY
from handlers.shared.aws import dynamodb
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.protocol import AwsClient

# What DynamoDB takes in one request.
_KEYS = 100
_PUTS = 25

_CLAIM = "claim/"  # before the event's id
_OWNER = "claimed_by"
_MARGIN = 10  # seconds that a claim outlives its invocation: clocks differ


class MarksUnavailableError(Exception):
    """Not all marks could be read or written."""


class Claim(NamedTuple):
    """Who claims events, and how long it may take.

    Attributes:
        owner: the invocation; one that is repeated is the same owner.
        seconds: what is left of the invocation: after that it can send nothing more.
    """

    owner: str
    seconds: float


class Marks:
    """The table of marks.

    Args:
        client: sends the requests.
        table: the table's name.
        days: how long a mark lasts; longer than failed batches are kept, or a late redrive mails twice.
        now: seconds since 1970.
    """

    def __init__(self, client: AwsClient, table: str, days: int, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._seconds = days * 86_400
        self._now = now

    def present(self, event_ids: Sequence[str], deadlines: BatchDeadlines) -> set[str]:
        """Give those of these events, all different, that are marked.

        Raises:
            MarksUnavailableError: not all marks could be read; whoever mails now may mail twice.
        """
        found = set()
        keys = [f'{{"{MARK_KEY}":{{"S":{quoted(event_id)}}}}}' for event_id in event_ids]
        chunks = [
            f'{{"ConsistentRead":true,"ProjectionExpression":"{MARK_KEY}","Keys":[{chunk}]}}'
            for chunk in _chunks(keys, _KEYS)
        ]
        for answer in self._answers("BatchGetItem", chunks, "UnprocessedKeys", deadlines):
            found.update([item[MARK_KEY]["S"] for item in answer["Responses"].get(self._table, ())])
        return found

    def write(self, event_ids: Sequence[str], deadlines: BatchDeadlines) -> None:
        """Mark events, all different, as mailed.

        Raises:
            MarksUnavailableError: some of them are not marked.
        """
        expiry = int(self._now()) + self._seconds
        puts = [
            f'{{"PutRequest":{{"Item":{{"{MARK_KEY}":{{"S":{quoted(event_id)}}},"{MARK_EXPIRY}":{{"N":"{expiry}"}}}}}}}}'
            for event_id in event_ids
        ]
        chunks = [f"[{chunk}]" for chunk in _chunks(puts, _PUTS)]
        for _ in self._answers("BatchWriteItem", chunks, "UnprocessedItems", deadlines):
            pass

    def claim(self, event_ids: Iterable[str], claim: Claim, deadlines: BatchDeadlines) -> set[str]:
        """Claims events, all different, and returns those that nobody else has claimed.

        Marks are to be read after that: before it ended, another claim may have left some.

        Raises:
            MarksUnavailableError: not all could be asked for; none is claimed.
        """
        now = int(self._now())
        values = {
            ":now": {"N": str(now)},
            ":owner": {"S": claim.owner},
        }
        requests = (
            dynamodb.request(
                "PutItem",
                {
                    "TableName": self._table,
                    "Item": {
                        MARK_KEY: {"S": _CLAIM + event_id},
                        MARK_EXPIRY: {"N": str(now + math.ceil(claim.seconds) + _MARGIN)},
                        _OWNER: values[":owner"],
                    },
                    # Its own, too: a request whose answer was lost is sent again.
                    "ConditionExpression": (
                        f"attribute_not_exists({MARK_KEY}) OR {MARK_EXPIRY} < :now OR {_OWNER} = :owner"
                    ),
                    "ExpressionAttributeValues": values,
                },
                tag=event_id,
            )
            for event_id in event_ids
        )
        claimed, failure = set(), None
        for request, outcome in self._client.map(requests, deadline=deadlines.calls):
            if not isinstance(outcome, AwsError):
                claimed.add(request.tag)
            elif outcome.code != "ConditionalCheckFailedException":
                failure = outcome
        if failure:
            self.release(claimed, deadlines)
            raise MarksUnavailableError(str(failure)) from failure
        return claimed

    def release(self, event_ids: Collection[str], deadlines: BatchDeadlines) -> None:
        """Ends this invocation's claims of events; where that fails they end by themselves."""
        deletes = [
            f'{{"DeleteRequest":{{"Key":{{"{MARK_KEY}":{{"S":{quoted(_CLAIM + event_id)}}}}}}}}}'
            for event_id in event_ids
        ]
        chunks = [f"[{chunk}]" for chunk in _chunks(deletes, _PUTS)]
        with suppress(MarksUnavailableError):
            for _ in self._answers("BatchWriteItem", chunks, "UnprocessedItems", deadlines):
                pass

    def _answers(
        self, operation: str, chunks: list[str], unprocessed: str, deadlines: BatchDeadlines
    ) -> Iterator[dict[str, Any]]:
        """Send each chunk, given as JSON, and again what DynamoDB left of it; report an error once all were sent."""
        failure = None
        attempt = 0
        while chunks:
            requests = [
                dynamodb.request(operation, f'{{"RequestItems":{{{quoted(self._table)}:{chunk}}}}}') for chunk in chunks
            ]
            chunks = []
            for _, outcome in self._client.map(requests, deadline=deadlines.calls):
                if isinstance(outcome, AwsError):
                    failure = outcome
                    continue
                answer = outcome.json()
                chunks += map(json.dumps, answer.get(unprocessed, {}).values())
                yield answer
            if chunks and not deadlines.wait(attempt, deadlines.calls):
                raise MarksUnavailableError(f"{operation} on {self._table}: throttled until the time was over")
            attempt += 1
        if failure:
            raise MarksUnavailableError(str(failure)) from failure


def _chunks(members: Sequence[str], size: int) -> Iterator[str]:
    """The members of a JSON array, so many at once."""
    for start in range(0, len(members), size):
        yield ",".join(members[start : start + size])
