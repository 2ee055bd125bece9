"""Rules: which requests fail, and how."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sluice.cloud.faults.batches import BATCHES
from sluice.cloud.faults.chances import chance
from sluice.cloud.faults.requests import Request

Action = Literal["throttle", "error", "delay", "drop", "unprocessed", "expired", "function_error"]
_AFTER_WORK = ("error", "delay", "drop", "function_error")


@dataclass(eq=False, kw_only=True)
class Rule:
    """Makes all or some of the requests that it concerns fail.

    Rules are asked in order, and the first that fires decides. A rule belongs to one proxy. `asked` counts
    the requests that it concerned and was asked about, `fired` those that it made fail.

    Actions:
        throttle: the service's throttling error.
        error: its internal error, with `status` 500 or 503.
        delay: `seconds`, a number or a range, pass before the request is forwarded, also when the client has
            given up meanwhile.
        drop: the connection closes without an answer.
        unprocessed: BatchWriteItem and BatchGetItem succeed and hand back a `fraction` of their entries.
            With 1.0 nothing is forwarded. With less, the others are, in a body that the caller did not sign:
            the proxy signs it with its own `credentials`. The caller's permissions are checked only when it
            sends what was handed back, so a role is tested without this.
        expired: the error for expired credentials.
        function_error: a synchronous Invoke succeeds and reports that the function failed.

    Attributes:
        service: as in `Request`; None: any.
        operation: as in `Request`; None: any.
        rate: the share of requests that fail, 0 to 1. Each attempt has its own chance.
        limit: the most times that it fires (with `per_call`, the most calls), first come, first served.
        when: called with the request, on the proxy's thread. An error in it is raised when the proxy stops.
        per_call: all attempts of one call share a fate, so no retry saves it. AWS SDKs name the call in the
            header amz-sdk-invocation-id; without it each attempt is a call.
        after_work: for error, delay, drop and function_error: the request is forwarded and its work done;
            only then is its response replaced, held back, or cut in the middle.
    """

    action: Action = field(kw_only=False)
    service: str | None = None
    operation: str | None = None
    rate: float = 1.0
    limit: int | None = None
    when: Callable[[Request], bool] | None = None
    per_call: bool = False
    after_work: bool = False
    status: Literal[500, 503] = 500
    seconds: float | tuple[float, float] = 1.0
    fraction: float = 1.0
    asked: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)
    _ordinals: Counter[bytes] = field(default_factory=Counter, init=False, repr=False)
    _calls: dict[str, bool] = field(default_factory=dict, init=False, repr=False)
    _spent: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate is {self.rate}; it is a share from 0 to 1")
        if not 0 < self.fraction <= 1:
            raise ValueError(f"fraction is {self.fraction}; it is above 0 and at most 1")
        if self.after_work and self.action not in _AFTER_WORK:
            raise ValueError(f"{self.action} never follows the work; only {', '.join(_AFTER_WORK)} can")

    def concerns(self, request: Request) -> bool:
        """Whether the rule concerns the request."""
        return (
            self.service in (None, request.service)
            and self.operation in (None, request.operation)
            and (self.action != "unprocessed" or (request.operation in BATCHES and request.body != b""))
            and (self.action != "function_error" or _is_synchronous_invoke(request))
            and (self.when is None or self.when(request))
        )

    def fires(self, request: Request, salt: str) -> bool:
        """Whether a request that the rule concerns fails; counts it."""
        self.asked += 1
        call = request.headers.get("amz-sdk-invocation-id", "") if self.per_call else ""
        fires = self._calls.get(call)
        if fires is None:
            fires = (self.limit is None or self._spent < self.limit) and self._draw(request, salt) < self.rate
            self._spent += fires
            if call:
                self._calls[call] = fires
        self.fired += fires
        return fires

    def _draw(self, request: Request, salt: str) -> float:
        if self.rate in (0, 1):
            return 0.5
        ordinal = self._ordinals[request.content]
        self._ordinals[request.content] += 1
        return chance(f"{salt}|{request.service}|{request.operation}|{ordinal}|".encode() + request.content)

    def wait(self, request: Request, salt: str) -> float:
        """How many seconds a delayed request waits."""
        if not isinstance(self.seconds, tuple):
            return self.seconds
        low, high = self.seconds
        return low + (high - low) * chance(f"{salt}|seconds|".encode() + request.content)


def _is_synchronous_invoke(request: Request) -> bool:
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    return request.operation == "Invoke" and kind == "RequestResponse"
