"""From an object of Sluice's archive to rows of the roster."""

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from roster.environment import DAY, EVENT_ID

_KEPT = {"INSERT": "joined", "REMOVE": "left"}


def rows(body: bytes) -> Iterator[dict[str, Any]]:
    """Yields the rows of an object: one for each person who joined or left; no personal data except the key.

    Args:
        body: Gzipped JSON lines, one for each change: `{"event_id", "event", "at", "keys", "old", "new", ...}`.
    """
    for line in gzip.decompress(body).splitlines():
        change = json.loads(line, parse_float=Decimal)
        if change["event"] in _KEPT:
            yield {
                DAY: change["at"][:10],
                EVENT_ID: change["event_id"],
                "what": _KEPT[change["event"]],
                "at": change["at"],
                "keys": change["keys"],
            }
