"""Records for which functions fail on purpose: a fault that `put --poison` switches on, and `put --unpoison` off.

By the design of the handlers no stream record fails for ever by itself. A poisoned one does, whether a mapping or a
redrive invokes the function with it, and the log says why.
"""

import json
from collections.abc import Callable
from typing import Any

POISON = "/_sluice/poison"
"""The path at which the fault is switched: `true` or `false`."""
MARK = "poisoned by `put --poison`"
"""The value, in any attribute, that marks a poisoned record."""
ERROR = {
    "errorType": "PoisonedRecordError",
    "errorMessage": "a record was poisoned by `put --poison`, until `put --unpoison`",
}
"""The error with which a function ends."""


class Poison:
    """Whether functions fail for marked records."""

    def __init__(self) -> None:
        """Begins with the fault off."""
        self.is_on = False

    def spoil(self, run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """Returns a function like `run` that fails while the fault is on and a record of the event is marked."""

        def run_or_fail(function: dict[str, Any], event: Any, *more: Any) -> dict[str, Any]:
            if self.is_on and json.dumps(MARK) in json.dumps(event):
                return {"body": ERROR, "error": True, "function_error": "Unhandled", "log": json.dumps(ERROR)}
            return run(function, event, *more)

        return run_or_fail
