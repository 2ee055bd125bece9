"""The answer to a request."""

import json
from typing import Any, NamedTuple

from handlers.shared.aws.connection import Connection


class Response(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    """Lower-case names to values."""
    body: bytes
    connection: Connection | None = None
    """Holds the body of a streamed one."""

    def json(self) -> Any:
        """Returns the decoded body."""
        return json.loads(self.body)
