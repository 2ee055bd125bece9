"""The answer to a request."""

import json
from typing import Any

from handlers.shared.aws.connection import Connection


class Response:
    """An answer: `headers` have lower-case names; `connection` holds the body of a streamed one."""

    __slots__ = ("body", "connection", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes, connection: Connection | None = None):
        self.status = status
        self.headers = headers
        self.body = body
        self.connection = connection

    def json(self) -> Any:
        """Returns the decoded body."""
        return json.loads(self.body)
