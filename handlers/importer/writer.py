"""Writes items to the table."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from handlers.importer.items.rules import Item
from handlers.shared.aws import batch_writer
from handlers.shared.aws.client import Client

OnReject = Callable[[tuple[int, Any], str], None]


class Outcome(Protocol):
    """What became of the items: each that was pulled is written, rejected or unwritten."""

    written: int
    rejected: int
    unwritten: list[Any]
    error: Any
    """Why some are unwritten."""


class Writer(Protocol):
    """What a table is written with. Where a key repeats, the last item wins."""

    def write(self, items: Iterable[Item], on_reject: OnReject, deadline: float) -> Outcome:
        """Writes items, pulling them as there is room.

        Args:
            items: what to write.
            on_reject: is called with the row of each item that DynamoDB refuses, and its reason.
            deadline: a `time.monotonic()` value, at which it stops pulling and retrying.
        """
        ...


class LeanWriter:
    """Writes through the signed client, many requests at once."""

    def __init__(self, client: Client, table: str, keys: Sequence[str], ordered: bool) -> None:
        self._client = client
        self._table = table
        self._keys = keys
        self._ordered = ordered

    def write(self, items: Iterable[Item], on_reject: OnReject, deadline: float) -> Outcome:
        """See `Writer`."""
        return batch_writer.write(
            self._client,
            self._table,
            items,
            key_names=self._keys,
            on_reject=on_reject,
            ordered=self._ordered,
            deadline=deadline,
        )
