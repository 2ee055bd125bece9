"""The marks of sent mails, one item per mail: they keep a retried batch from mailing anybody twice.

A shard's records are in one invocation at a time, so marks are read before and written after sending. Records redriven
by hand come outside that order, perhaps twice at once, so they are claimed first. A claim is a separate item that only
other claims read. It expires, so a crash delays mails but loses none.
"""

import json
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from handlers.notifier.deadlines import BatchDeadlines
from handlers.notifier.environment import MARK_EXPIRY, MARK_KEY
from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError

# DynamoDB's limits per request.
_KEYS = 100
_WRITES = 25

_CLAIM = "claim/"  # before the mark
_OWNER = "claimed_by"
_MARGIN = 10  # seconds that a claim outlives its invocation: clocks differ


class MarksUnavailableError(Exception):
    """Some marks could not be read or written."""


class Claim(NamedTuple):
    """Who claims mails, and for how long."""

    owner: str
    """The invocation; a retried one is the same owner."""
    seconds: float
    """Left of the invocation."""


class Marks:
    """The table of marks. The marks passed to a method must differ."""

    def __init__(self, client: AwsClient, table: str, days: int, now: Callable[[], float] = time.time) -> None:
        """A mark lasts `days`; `now` gives the seconds since 1970."""
        self._client = client
        self._table = table
        self._seconds = days * 86_400
        self._now = now

    def present(self, marks: Sequence[str], deadlines: BatchDeadlines) -> set[str]:
        """Returns those of the marks that exist.

        Raises:
            MarksUnavailableError: Some marks could not be read.
        """
        chunks = [
            f'{{"ConsistentRead":true,"ProjectionExpression":"{MARK_KEY}","Keys":[{chunk}]}}'
            for chunk in _chunks([f"{{{_key(mark)}}}" for mark in marks], _KEYS)
        ]
        answers = self._answers("BatchGetItem", chunks, "UnprocessedKeys", deadlines)
        return {item[MARK_KEY]["S"] for answer in answers for item in answer["Responses"].get(self._table, ())}

    def write(self, marks: Sequence[str], deadlines: BatchDeadlines) -> None:
        """Marks mails as sent.

        Raises:
            MarksUnavailableError: Some are not marked.
        """
        expiry = f'"{MARK_EXPIRY}":{{"N":"{int(self._now()) + self._seconds}"}}'
        self._write([f'{{"PutRequest":{{"Item":{{{_key(mark)},{expiry}}}}}}}' for mark in marks], deadlines)

    def claim(self, marks: Iterable[str], claim: Claim, deadlines: BatchDeadlines) -> set[str]:
        """Claims mails by their marks; returns those that nobody else has claimed. Read the marks afterwards.

        Raises:
            MarksUnavailableError: Some requests failed; nothing is claimed.
        """
        now = int(self._now())
        owner = {"S": claim.owner}
        requests = (
            dynamodb.request(
                "PutItem",
                {
                    "TableName": self._table,
                    "Item": {
                        MARK_KEY: {"S": _CLAIM + mark},
                        MARK_EXPIRY: {"N": str(now + math.ceil(claim.seconds) + _MARGIN)},
                        _OWNER: owner,
                    },
                    # The owner's own claim passes, too: a request whose answer was lost is sent again.
                    "ConditionExpression": (
                        f"attribute_not_exists({MARK_KEY}) OR {MARK_EXPIRY} < :now OR {_OWNER} = :owner"
                    ),
                    "ExpressionAttributeValues": {":now": {"N": str(now)}, ":owner": owner},
                },
                tag=mark,
            )
            for mark in marks
        )
        claims, failure = set(), None
        for request, outcome in self._client.map(requests, deadline=deadlines.calls):
            if not isinstance(outcome, AwsError):
                claims.add(request.tag)
            elif outcome.code != "ConditionalCheckFailedException":
                failure = outcome
        if failure:
            self.release(claims, deadlines)
            raise MarksUnavailableError(str(failure)) from failure
        return claims

    def release(self, marks: Collection[str], deadlines: BatchDeadlines) -> None:
        """Ends this invocation's claims of mails; if that fails, they expire."""
        with suppress(MarksUnavailableError):
            self._write([f'{{"DeleteRequest":{{"Key":{{{_key(_CLAIM + id_)}}}}}}}' for id_ in marks], deadlines)

    def _write(self, requests: Sequence[str], deadlines: BatchDeadlines) -> None:
        chunks = [f"[{chunk}]" for chunk in _chunks(requests, _WRITES)]
        self._answers("BatchWriteItem", chunks, "UnprocessedItems", deadlines)

    def _answers(
        self, operation: str, chunks: list[str], unprocessed: str, deadlines: BatchDeadlines
    ) -> list[dict[str, Any]]:
        """Sends each chunk, given as JSON, and resends unprocessed parts; raises after all were sent."""
        answers, failure, attempt = [], None, 0
        while chunks:
            requests = [
                dynamodb.request(operation, f'{{"RequestItems":{{{quoted(self._table)}:{chunk}}}}}') for chunk in chunks
            ]
            chunks = []
            for _, outcome in self._client.map(requests, deadline=deadlines.calls):
                if isinstance(outcome, AwsError):
                    failure = outcome
                    continue
                answers.append(outcome.json())
                chunks += map(json.dumps, answers[-1].get(unprocessed, {}).values())
            if chunks and not deadlines.wait(attempt, deadlines.calls):
                raise MarksUnavailableError(f"{operation} on {self._table}: throttled until the time was over")
            attempt += 1
        if failure:
            raise MarksUnavailableError(str(failure)) from failure
        return answers


def _key(mark: str) -> str:
    return f'"{MARK_KEY}":{{"S":{quoted(mark)}}}'


def _chunks(members: Sequence[str], size: int) -> list[str]:
    """Returns the members of JSON arrays of at most `size`."""
    return [",".join(members[start : start + size]) for start in range(0, len(members), size)]
