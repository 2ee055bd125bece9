"""Writes any number of items to a DynamoDB table, 25 per request, with many requests in flight.

Always holds: of items with equal keys the last wins, and every item pulled is written, rejected or reported as
unwritten.
"""

import json
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import Client
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.flight import Flight
from handlers.shared.aws.pace import Pace
from handlers.shared.aws.request import Response
from handlers.shared.deadlines import pause

Item = tuple[str, Hashable, Any]  # its DynamoDB JSON, its key, the caller's tag
Rows = dict[Hashable, list[Item]]  # by key: the last of a list is written, those before it are spare

_BATCH = 25
_BYTES = 1 << 20  # far below a request's limit of 16 MB: larger ones gain nothing, and 16 are in memory
_ALL_WRITTEN = b'{"UnprocessedItems":{}}'
"""Nearly always the answer; parsed only if it differs."""
_UNIT_BYTES = 1024
_UNITS_A_CONNECTION = 1000
"""What sequential requests consume per second, far below what they could: a limit needs no more connections."""
# Refused for the request's content.
_REFUSED = ("ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException")


class Outcome:
    """The result for the items pulled.

    Attributes:
        unwritten: Their tags, in no order.
        error: Why some are unwritten.
    """

    __slots__ = ("error", "rejected", "requests", "unwritten", "written")

    def __init__(self) -> None:
        self.written = 0
        self.rejected = 0
        self.unwritten: list[Any] = []
        self.requests = 0
        self.error: AwsError | None = None


def write(
    client: Client,
    table: str,
    items: Iterable[Item],
    *,
    key_names: Sequence[str],
    on_reject: Callable[[Any, str], None],
    in_flight: int = 16,
    ordered: bool = False,
    deadline: float | None = None,
    pace: Pace | None = None,
) -> Outcome:
    """Puts items into a table.

    Args:
        client: Of DynamoDB.
        table: Its name.
        items: Pulled when there is room. Keys that are equal to DynamoDB must be equal: 1 and 1.0.
        key_names: The attributes of the table's key.
        on_reject: Called with the tag of an item that DynamoDB refuses, and the reason.
        in_flight: Requests at once.
        ordered: One request at once: a batch is written before the next is sent.
        deadline: A `time.monotonic()` value at which pulling stops; see Client.
        pace: Limits consumption; `write` returns when it is paid. Requests are then no larger than a second's share.

    Raises:
        AwsError: A refusal that is not an item's fault, such as a missing table. Items in flight may have been written.
    """
    writer = _Writer(client, table, key_names, on_reject, deadline, pace)
    try:
        writer.run(items, 1 if ordered else in_flight)
    finally:
        writer.flight.close()
    return writer.outcome


class _Batch:
    """The items of one request, tried until `limit`.

    They are grouped by key only if two have equal keys or some are not written, which saves 7 % of an import;
    `test_whatever_happens_the_last_good_item_of_each_key_is_there` tests both ways.
    """

    __slots__ = ("attempts", "items", "keys", "limit")

    def __init__(self, items: list[Item], keys: set[Hashable], limit: float):
        self.items = items
        self.keys = keys
        self.attempts = 0
        self.limit = limit

    def rows(self) -> Rows:
        rows: Rows = {}
        for item in self.items:
            rows.setdefault(item[1], []).append(item)
        return rows

    def texts(self) -> list[str]:
        if len(self.keys) == len(self.items):
            return [text for text, _, _ in self.items]
        return [items[-1][0] for items in self.rows().values()]


class _Writer:
    def __init__(
        self,
        client: Client,
        table: str,
        key_names: Sequence[str],
        on_reject: Callable[[Any, str], None],
        deadline: float | None,
        pace: Pace | None,
    ):
        self.flight = Flight(client.session, deadline)
        self.outcome = Outcome()
        self._key_names = key_names
        self._on_reject = on_reject
        self._pace = pace
        self._batch, self._bytes = _BATCH, _BYTES
        if pace:
            self._batch = max(min(int(pace.units_per_second), _BATCH), 1)
            self._bytes = min(int(pace.units_per_second * _UNIT_BYTES), _BYTES)
        wish = '"ReturnConsumedCapacity":"TOTAL",' if pace else ""
        self._head = f'{{{wish}"RequestItems":{{{json.dumps(table)}:[{{"PutRequest":{{"Item":'
        self._keys: set[Hashable] = set()  # of all items in flight: no item may overtake another with its key

    def run(self, items: Iterable[Item], in_flight: int) -> None:
        source = iter(items)
        if self._pace:
            in_flight = min(in_flight, 1 + int(self._pace.units_per_second / _UNITS_A_CONNECTION))
        while self.outcome.error is None and time.monotonic() < self.flight.limit():
            if self._pace:  # before pulling items: their source may have no more after the wait
                self._wait(self._pace, in_flight)
            next_items = self._few(source) if self._pace else list(islice(source, _BATCH))
            if not next_items:
                break
            for some in _batches(next_items, self._bytes):
                keys = {key for _, key, _ in some}
                while len(self.flight) >= in_flight or not self._keys.isdisjoint(keys):
                    self._settle()
                if self._pace:
                    self._wait(self._pace, in_flight)
                self._keys |= keys
                self._send(_Batch(some, keys, self.flight.limit()))
        while len(self.flight):
            self._settle()
        if self._pace:
            self._wait(self._pace, in_flight)

    def _few(self, source: Iterator[Item]) -> list[Item]:
        """Pulls what one request may hold, at most one item beyond its bytes."""
        items: list[Item] = []
        size = 0
        while len(items) < self._batch and size < self._bytes and (item := next(source, None)):
            items.append(item)
            size += len(item[0])
        return items

    def _wait(self, pace: Pace, in_flight: int) -> None:
        """Waits until a request may be sent: there is room, and the known consumption is paid."""
        while len(self.flight) >= in_flight:
            self._settle()
        while (seconds := pace.wait()) > 0:
            if len(self.flight):
                self._settle()
            else:
                time.sleep(seconds)

    def _send(self, batch: _Batch, delay: float = 0.0) -> None:
        body = self._head + '}},{"PutRequest":{"Item":'.join(batch.texts()) + "}}]}}"
        self.outcome.requests += 1
        self.flight.submit(dynamodb.request("BatchWriteItem", body, tag=batch), delay)

    def _settle(self) -> None:
        for request, outcome in self.flight.wait():
            if isinstance(outcome, AwsError):
                self._refused(request.tag, outcome)
            else:
                self._answered(request.tag, outcome)

    def _answered(self, batch: _Batch, answer: Response) -> None:
        rest: list[dict[str, Any]] = []
        if self._pace or answer.body != _ALL_WRITTEN:
            content = answer.json()
            if self._pace:
                self._pace.spend(sum(each["CapacityUnits"] for each in content["ConsumedCapacity"]))
            rest = [put["PutRequest"]["Item"] for puts in content["UnprocessedItems"].values() for put in puts]
        if not rest:
            self._keys -= batch.keys
            self.outcome.written += len(batch.items)
            return
        rows = self._rows_of(rest, batch.rows())
        left = _items(rows.values())
        self._keys -= batch.keys - rows.keys()
        self.outcome.written += len(batch.items) - len(left)
        batch.items, batch.keys = left, set(rows)
        batch.attempts += 1
        delay = pause(batch.attempts)
        if time.monotonic() + delay < batch.limit:
            self._send(batch, delay)
        else:
            words = "the table took no more of the batch"
            error = AwsError("DynamoDB", "BatchWriteItem", "Unprocessed", words, transient=True)
            self._unwritten(batch, error)

    def _rows_of(self, rest: list[dict[str, Any]], rows: Rows) -> Rows:
        """Returns the rows that DynamoDB handed back: all, if one is not recognized, because puts may repeat."""
        keys = [self._key_of(item) for item in rest]
        same = {key: items for key, items in rows.items() if self._key_of(json.loads(items[-1][0])) in keys}
        return same if len(same) >= len(rest) else rows

    def _key_of(self, item: dict[str, Any]) -> list[Any]:
        # DynamoDB may write a number differently; two that are equal as floats are both sent again.
        return [float(item[name]["N"]) if "N" in item[name] else item[name] for name in self._key_names]

    def _refused(self, batch: _Batch, error: AwsError) -> None:
        if error.code in _REFUSED or error.status == 413:
            if len(batch.keys) > 1:
                self._halve(batch)
            else:
                self._reject(batch, error.message or error.code)
        elif error.transient:
            self._unwritten(batch, error)
        else:
            raise error

    def _halve(self, batch: _Batch) -> None:
        rows = [*batch.rows().items()]
        middle = len(rows) // 2
        for half in (dict(rows[:middle]), dict(rows[middle:])):
            self._send(_Batch(_items(half.values()), set(half), batch.limit))

    def _reject(self, batch: _Batch, reason: str) -> None:
        self.outcome.rejected += 1
        self._on_reject(batch.items.pop()[2], reason)
        if batch.items:  # an earlier one with the same key is now the last
            self._send(batch)
        else:
            self._keys -= batch.keys

    def _unwritten(self, batch: _Batch, error: AwsError) -> None:
        self.outcome.error = error
        self._keys -= batch.keys
        self.outcome.unwritten += [tag for _, _, tag in batch.items]


def _items(rows: Iterable[list[Item]]) -> list[Item]:
    return [item for items in rows for item in items]


def _batches(items: list[Item], limit: int) -> Iterator[list[Item]]:
    """Yields the items, split where a request would exceed the limit of bytes."""
    if sum([len(text) for text, _, _ in items]) <= limit:
        yield items  # as nearly always
        return
    some: list[Item] = []
    size = 0
    for item in items:
        size += len(item[0])
        if size > limit and some:
            yield some
            some, size = [], len(item[0])
        some.append(item)
    yield some
