"""Writes items through boto3: slower than the writer that is shipped, and plain enough to compare that one with."""

import base64
import json
import random
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from handlers.importer.items.rules import Item

OnReject = Callable[[tuple[int, Any], str], None]

_BATCH = 25
_LONGEST_PAUSE = 5.0


@dataclass
class PlainOutcome:
    """See `batch_writer.Outcome`."""

    written: int = 0
    rejected: int = 0
    unwritten: list[Any] = field(default_factory=list)
    error: Exception | None = None


class PlainWriter:
    """Writes one batch after the other."""

    def __init__(self, client: Any, table: str) -> None:
        """Wraps boto3's client of DynamoDB."""
        self._client = client
        self._table = table

    def write(self, items: Iterable[Item], on_reject: OnReject, deadline: float) -> PlainOutcome:
        """See `batch_writer.write`."""
        outcome = PlainOutcome()
        source = iter(items)
        while not outcome.error and (pulled := list(islice(source, _BATCH))):
            self._write(pulled, on_reject, deadline, outcome)
        return outcome

    def _write(self, items: list[Item], on_reject: OnReject, deadline: float, outcome: PlainOutcome) -> None:
        last: dict[Hashable, Item] = {item[1]: item for item in items}
        try:
            unwritten = self._put([_for_boto3(json.loads(item[0])) for item in last.values()], deadline)
        except ClientError as error:
            code, reason = _words(error)
            if code != "ValidationException":
                raise
            if len(items) == 1:
                outcome.rejected += 1
                on_reject(items[0][2], reason)
            else:
                middle = len(items) // 2
                self._write(items[:middle], on_reject, deadline, outcome)
                self._write(items[middle:], on_reject, deadline, outcome)
            return
        if unwritten:
            outcome.error = TimeoutError(f"{unwritten} items were throttled until the deadline")
            outcome.unwritten += [item[2] for item in items]
        else:
            outcome.written += len(items)

    def _put(self, items: list[dict[str, Any]], deadline: float) -> int:
        """Puts items with different keys; returns how many are left at the deadline."""
        left = [{"PutRequest": {"Item": item}} for item in items]
        attempt = 0
        while left:
            answer = self._client.batch_write_item(RequestItems={self._table: left})
            left = answer["UnprocessedItems"].get(self._table, [])
            pause = random.uniform(0, min(0.05 * 2**attempt, _LONGEST_PAUSE))
            if left and time.monotonic() + pause > deadline:
                break
            time.sleep(pause if left else 0)
            attempt += 1
        return len(left)


def _words(error: ClientError) -> tuple[str, str]:
    words = error.response.get("Error", {})
    return words.get("Code", ""), words.get("Message", "")


def _for_boto3(value: Any) -> Any:
    """DynamoDB JSON with binary as boto3 takes it: bytes."""
    if isinstance(value, list):
        return [_for_boto3(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "B" and isinstance(content, str):
            return {"B": base64.b64decode(content)}
        if kind == "BS" and isinstance(content, list) and all(isinstance(text, str) for text in content):
            return {"BS": [base64.b64decode(text) for text in content]}
    return {name: _for_boto3(inner) for name, inner in value.items()}
