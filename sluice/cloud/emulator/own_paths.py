"""Requests to the emulator's own paths, and to ours in its process, for what no AWS API returns."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from sluice.cloud.emulator.guard import TOKEN_HEADER

UNREACHABLE = (OSError, http.client.HTTPException, ValueError)
"""The errors that `ask` raises."""


def ask(endpoint: str, path: str, token: str, body: bytes | None = None, *, seconds: float = 30) -> Any:
    """Returns the JSON answer of a path; see `read`."""
    return json.loads(read(endpoint, path, token, body, seconds=seconds))


def read(endpoint: str, path: str, token: str, body: bytes | None = None, *, seconds: float = 30) -> bytes:
    """Returns the answer of a path; a body is sent to it first.

    The request goes straight to the emulator, whatever proxy the environment names.

    Args:
        endpoint: the emulator's address.
        path: one that begins with `/_`.
        token: the token for such paths.
        body: the body to send, if any.
        seconds: how long each step may take.

    Raises:
        OSError: nothing answers there, or not in time, or it refuses.
        http.client.HTTPException, ValueError: the answer is invalid.
    """
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    try:
        connection.request("GET" if body is None else "PUT", path, body, {TOKEN_HEADER: token})
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(f"{endpoint}{path} answers {answer.status} {answer.reason}")
        return answer.read()
    finally:
        connection.close()
