"""The rules by which Lambda retries, splits and gives up stream batches.

From the Lambda developer guide ("Retain discarded records for a DynamoDB event source", "Configuring partial
batch response with DynamoDB"):

- A function error is retried until the records are too old or the retries are used up. With bisecting, the
  batch is split in two instead; "splitting batches doesn't consume the retry quota".
- An invocation that never happened (throttled, the API failed) is repeated until the records are too old. It
  costs no retry.
- A partial response moves the checkpoint to the lowest sequence number that it names; the records from there on
  are retried. With bisecting, that is a split at this number.

The guide does not cover a response that names the first record of its batch. Nothing succeeded then, so it counts
as a failed invocation, which bisecting halves: a poisoned record does not take its neighbours along.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sluice.cloud.triggers.streams.mapping import ENDLESS, StreamMapping
from sluice.cloud.triggers.streams.records import Record
from sluice.function_answers import error_text, failed_items

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of Invoke: the function ran."""

    request_id: str
    status: int
    executed_version: str
    function_error: str | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that go into one invocation together.

    Attributes:
        records: in the order of the stream; never empty.
        retries: how many retries are used up.
        invocations: how often the function ran with these records, also as part of larger batches.
        response: the last response.
    """

    records: Sequence[Record]
    retries: int = 0
    invocations: int = 0
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Discarded:
    """Records that are given up; the id keeps a repeated delivery from creating a second object."""

    batch: Batch
    condition: Condition
    at: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()), compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one invocation.

    Attributes:
        succeeded: how many records, from the first, are done.
        next: the remaining batches, in order; empty if the batch is done.
        wait: whether to wait before `next`, because it is a retry and not a split.
        error: why the invocation failed as a whole; None if it succeeded or reported some failures.
    """

    succeeded: int
    next: tuple[Batch | Discarded, ...] = field(default=())
    wait: bool = False
    error: str | None = None


def expired(batch: Batch, mapping: StreamMapping, now: float) -> tuple[Discarded | None, Batch | None]:
    """Returns the records that are too old to be sent to the function, and the others."""
    if mapping.maximum_record_age_seconds == ENDLESS:
        return None, batch
    oldest = now - mapping.maximum_record_age_seconds
    count = next((i for i, record in enumerate(batch.records) if record.created >= oldest), len(batch.records))
    old = Discarded(_part(batch, 0, count), "RecordAgeExceeded", now) if count else None
    return old, _part(batch, count) if count < len(batch.records) else None


def settle(batch: Batch, response: Response, mapping: StreamMapping, now: float) -> Outcome:
    """Returns the outcome of the function's response."""
    batch = Batch(batch.records, batch.retries, batch.invocations + 1, response)
    succeeded, error = _checkpoint(batch.records, response, mapping)
    if succeeded == len(batch.records):
        return Outcome(succeeded)
    rest = _part(batch, succeeded)
    if mapping.bisect_on_error and (succeeded or len(rest.records) > 1):
        return Outcome(succeeded, _halves(rest) if not succeeded else (rest,), error=error)
    if rest.retries == mapping.maximum_retry_attempts:
        return Outcome(succeeded, (Discarded(rest, "RetryAttemptsExhausted", now),), error=error)
    return Outcome(succeeded, (Batch(rest.records, rest.retries + 1, rest.invocations, response),), True, error)


def _part(batch: Batch, start: int, end: int | None = None) -> Batch:
    return Batch(batch.records[start:end], batch.retries, batch.invocations, batch.response)


def _halves(batch: Batch) -> tuple[Batch, Batch]:
    middle = len(batch.records) // 2
    return _part(batch, 0, middle), _part(batch, middle)


def _checkpoint(records: Sequence[Record], response: Response, mapping: StreamMapping) -> tuple[int, str | None]:
    """How many records, from the first, succeeded; and the error if the invocation failed as a whole."""
    if response.function_error:
        return 0, error_text(response.payload, response.function_error)
    if not mapping.report_batch_item_failures:
        return len(records), None
    try:
        failed = failed_items(response.payload)
        positions = {record.sequence_number: i for i, record in enumerate(records)}
        unknown = [number for number in failed if number not in positions]
        if unknown:
            raise ValueError(f"itemIdentifier {unknown[0]!r} is not in the batch")
    except ValueError as error:
        return 0, f"invalid partial batch response: {error}"
    return min((positions[number] for number in failed), default=len(records)), None
