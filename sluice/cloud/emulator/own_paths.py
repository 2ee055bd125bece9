"""Asks the emulator's own paths, and ours in its process: what no API of AWS tells."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from sluice.cloud.emulator.guard import TOKEN_HEADER

UNREACHABLE = (OSError, http.client.HTTPException, ValueError)
"""What `ask` raises."""


def ask(endpoint: str, path: str, token: str, body: bytes | None = None, *, seconds: float = 30) -> Any:
    """Returns what a path answers, as JSON; see `read`."""
    return json.loads(read(endpoint, path, token, body, seconds=seconds))


def read(endpoint: str, path: str, token: str, body: bytes | None = None, *, seconds: float = 30) -> bytes:
    """Returns what a path answers; with a body, after it was told that.

    It goes straight to the emulator, whatever proxy the environment names.

    Args:
        endpoint: the emulator's address.
        path: one that begins with `/_`.
        token: what such paths ask for.
        body: what the path is told.
        seconds: how long each step of it may take.

    Raises:
        OSError: nothing answers there, or not in time, or it refuses.
        http.client.HTTPException, ValueError: what it answers is none.
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
