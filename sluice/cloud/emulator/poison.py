"""Records that functions fail for, on purpose: a fault that `put --poison` switches on, and `put --unpoison` off.

By the design of the handlers no record of a stream fails by itself for ever. This one does, whoever invokes a function
with it, its mapping or a redrive, and its log says whose doing it is.
"""

import json
from collections.abc import Callable
from typing import Any

POISON = "/_sluice/poison"
"""The path at which the fault is switched: `true` or `false`."""
MARK = "poisoned by `put --poison`"
"""What a record holds that is meant, as the value of any attribute."""
ERROR = {
    "errorType": "PoisonedRecordError",
    "errorMessage": "a record was poisoned by `put --poison`, until `put --unpoison`",
}
"""What its function ends with."""


class Poison:
    """Whether functions fail for marked records."""

    def __init__(self) -> None:
        """Begins with functions that are what they are."""
        self.is_on = False

    def spoil(self, run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """Returns what runs a function as `run` does, and fails while it is on and a record of the event is marked."""

        def run_or_fail(function: dict[str, Any], event: Any, *more: Any) -> dict[str, Any]:
            if self.is_on and json.dumps(MARK) in json.dumps(event):
                return {"body": ERROR, "error": True, "function_error": "Unhandled", "log": json.dumps(ERROR)}
            return run(function, event, *more)

        return run_or_fail
