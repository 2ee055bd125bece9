"""The events that a mapping reports about its work, for display."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timed:
    """An event with the time at which it happened, which may be long before it is shown.

    Attributes:
        at: when, in seconds since the epoch; it is ignored when events are compared.
    """

    at: float = field(default_factory=time.time, kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class Invoked(Timed):
    """The function ran with a batch.

    Attributes:
        records: how many it got.
        seconds: how long the call took.
        retry: 0 at the first attempt.
        error: the function's error, or what is wrong with its response; None if it succeeded.
        failed: how many records, counted from the batch's end, are not done.
        first: the sequence number of its first record.
        last: that of its last record.
    """

    mapping: str
    function: str
    shard: str
    records: int
    seconds: float
    retry: int
    error: str | None
    failed: int
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Bisected(Timed):
    """A batch was split; `parts` are the sizes of the parts."""

    mapping: str
    function: str
    shard: str
    records: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Discarded(Timed):
    """Records were given up.

    Attributes:
        condition: `RetryAttemptsExhausted` or `RecordAgeExceeded`.
        destination: the location of their failure document; None if the mapping has no destination.
        first: the sequence number of the first of them.
        last: that of the last.
    """

    mapping: str
    function: str
    shard: str
    records: int
    condition: str
    destination: str | None
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Delayed(Timed):
    """A call to AWS failed and is repeated; nothing is lost and no retry is spent.

    Attributes:
        operation: `Invoke`, `GetRecords`, `DescribeStream` or `Deliver` (to the failure destination).
        error: the error's code and message.
        throttled: whether the service asked to slow down.
        seconds: how long until it is retried.
    """

    mapping: str
    function: str
    shard: str | None
    operation: str
    error: str
    throttled: bool
    seconds: float


Event = Invoked | Bisected | Discarded | Delayed
