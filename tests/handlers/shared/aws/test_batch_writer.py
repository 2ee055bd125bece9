"""The batch writer and a table that throttles, breaks and refuses: nothing is lost, the last item wins."""

import itertools
import json
import random
import threading
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.shared.aws import batch_writer, flight
from handlers.shared.aws.batch_writer import Outcome, write
from handlers.shared.aws.errors import AwsError
from tests.handlers.shared.aws.scripted import Received, answer, error

BAD = "bad"


class Table:
    """A table behind an endpoint; `troubles` are drawn from for each request."""

    def __init__(self, troubles: tuple[str, ...] = ("none",), seed: int = 0):
        self.items: dict[str, dict] = {}
        self.history: list[str] = []
        self.requests: list[list[dict]] = []
        self._troubles = troubles
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def __call__(self, sock, received: Received) -> bool:
        with self._lock:
            reply = self._reply(received)
        if reply:
            sock.sendall(reply)
        return bool(reply)

    def _reply(self, received: Received) -> bytes:
        ((name, puts),) = json.loads(received.body)["RequestItems"].items()
        items = [put["PutRequest"]["Item"] for put in puts]
        self.requests.append(items)
        trouble = self._random.choice(self._troubles)
        assert name == "Users"
        assert len(items) <= 25
        if trouble in ("ThrottlingException", "ServiceUnavailable"):
            return error(trouble, 503 if trouble == "ServiceUnavailable" else 400)
        if any(item.get("v") == {"S": BAD} for item in items):
            return error("ValidationException", message="One or more parameter values were invalid")
        keys = [item["id"]["S"] for item in items]
        if len(set(keys)) < len(keys):
            return error("ValidationException", message="Provided list of item keys contains duplicates")
        count = self._random.randrange(len(items)) if trouble == "unprocessed" else len(items)
        self._random.shuffle(items)
        for item in items[:count]:
            self.items[item["id"]["S"]] = item
            self.history.append(item["v"]["S"])
        if trouble == "break":
            return error("InternalServerError", 500)
        if trouble == "lose":
            return b""
        rest = [{"PutRequest": {"Item": item}} for item in items[count:]]
        separators = self._random.choice([(",", ":"), (", ", ": ")])
        return answer(json.dumps({"UnprocessedItems": {name: rest} if rest else {}}, separators=separators).encode())


def item(key: str, value: object, tag: object = None) -> tuple[str, str, object]:
    return json.dumps({"id": {"S": key}, "v": {"S": str(value)}}), key, value if tag is None else tag


def put(client, items, *, rejects: list | None = None, **options) -> Outcome:
    def on_reject(tag: object, reason: str) -> None:
        assert rejects is not None, reason
        rejects.append((tag, reason))

    return write(client, "Users", items, key_names=["id"], on_reject=on_reject, **options)


ROWS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from([BAD, "a", "b", "c"])), max_size=120)
TROUBLES = st.sampled_from([
    ("none",),
    ("none", "unprocessed"),
    ("none", "ThrottlingException", "ServiceUnavailable", "unprocessed"),
    ("none", "break", "lose"),
    ("none", "none", "unprocessed", "ThrottlingException", "break", "lose"),
])  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    troubles=TROUBLES,
    seed=st.integers(0, 999),
    in_flight=st.integers(1, 5),
    spread=st.integers(1, 30),
)
def test_whatever_happens_the_last_good_item_of_each_key_is_there(
    serve, connect, rows, troubles, seed, in_flight, spread
):
    rows = [(f"{key}-{number % spread}", value) for number, (key, value) in enumerate(rows)]
    table = Table(troubles, seed)
    rejects: list = []
    items = [item(key, value, number) for number, (key, value) in enumerate(rows)]
    outcome = put(connect(serve(table)), items, rejects=rejects, in_flight=in_flight)
    last: dict[str, str] = {key: value for key, value in rows if value != BAD}
    assert {key: dynamodb_json["v"]["S"] for key, dynamodb_json in table.items.items()} == last
    # A bad item before a good one with its key in the same batch is never sent, and counts as written.
    assert outcome.written + outcome.rejected == len(rows)
    assert {rows[number][1] for number, _ in rejects} <= {BAD}
    assert outcome.rejected == len(rejects) <= Counter(value for _, value in rows)[BAD]
    assert (outcome.unwritten, outcome.error) == ([], None)


def test_batches_are_full(serve, connect):
    table = Table()
    outcome = put(connect(serve(table)), [item(str(number), number) for number in range(60)])
    assert sorted(len(items) for items in table.requests) == [10, 25, 25]
    assert (outcome.written, outcome.rejected, outcome.requests) == (60, 0, 3)


def test_nothing_to_write_sends_nothing(serve, connect):
    assert put(connect(serve(Table())), []).requests == 0


def test_large_items_go_in_small_batches(serve, connect):
    table = Table()
    put(connect(serve(table)), [item(str(number), "x" * 400_000) for number in range(5)])
    assert sorted(len(items) for items in table.requests) == [1, 2, 2]
    assert len(table.items) == 5


def test_a_bad_item_is_found_alone_and_its_neighbours_are_written(serve, connect):
    table = Table()
    rejects: list = []
    items = [item(str(number), BAD if number in (3, 20) else number, number) for number in range(25)]
    outcome = put(connect(serve(table)), items, rejects=rejects)
    assert (outcome.written, outcome.rejected) == (23, 2)
    assert sorted(rejects) == [(number, "One or more parameter values were invalid") for number in (3, 20)]
    assert len(table.items) == 23


def test_a_bad_item_gives_way_to_the_good_one_before_it(serve, connect):
    table = Table()
    rejects: list = []
    outcome = put(connect(serve(table)), [item("k", "old"), item("k", "good"), item("k", BAD)], rejects=rejects)
    assert table.items["k"]["v"]["S"] == "good"
    assert (outcome.written, outcome.rejected) == (2, 1)


def test_ordered_items_are_written_in_order(serve, connect):
    table = Table(("none", "unprocessed", "ThrottlingException"), seed=3)
    items = [item(str(number), number) for number in range(200)]
    put(connect(serve(table)), items, ordered=True)
    written = [int(value) // 25 for value in table.history]
    assert written == sorted(written)


def test_a_key_in_flight_waits_for_itself(serve, connect):
    table = Table(("none", "unprocessed", "unprocessed", "break"), seed=1)
    items = [item(str(number % 30), number) for number in range(300)]
    put(connect(serve(table)), items, in_flight=8)
    assert {key: int(dynamodb_json["v"]["S"]) for key, dynamodb_json in table.items.items()} == {
        str(key): 270 + key for key in range(30)
    }


def test_items_are_pulled_only_when_there_is_room(serve, connect):
    table = Table()
    count = 0

    def items():
        nonlocal count
        for number in range(500):
            count += 1
            assert count <= len(table.history) + 4 * 25 + 25
            yield item(str(number), number)

    assert put(connect(serve(table)), items(), in_flight=4).written == 500


def test_at_the_deadline_everything_pulled_is_accounted_for(serve, connect, monkeypatch):
    table = Table(("unprocessed", "ThrottlingException"), seed=2)
    server = serve(table)
    # Each request takes a second, on a clock that waits for a busy machine.
    clock = SimpleNamespace(monotonic=lambda: 1000.0 + len(server.received))
    monkeypatch.setattr(flight, "time", clock)
    monkeypatch.setattr(batch_writer, "time", clock)
    monkeypatch.setattr(flight, "pause", lambda attempts: 0.0)
    monkeypatch.setattr(batch_writer, "pause", lambda attempts: 0.0)
    numbers = []

    def items():
        while True:
            numbers.append(len(numbers))
            yield item(str(numbers[-1]), numbers[-1])

    outcome = put(connect(server), items(), in_flight=3, deadline=1020.0)
    assert outcome.error is not None
    assert outcome.error.transient
    assert outcome.written + len(outcome.unwritten) == len(numbers)
    ids = {int(key) for key in table.items}
    assert ids | set(outcome.unwritten) == set(numbers)


def test_without_a_deadline_a_table_that_stays_unreachable_ends_it(serve, connect, monkeypatch):
    monkeypatch.setattr(flight, "DEFAULT_CALL_SECONDS", 0.05)
    endless = (item(str(number), number) for number in itertools.count())
    outcome = put(connect(serve(error("ThrottlingException"))), endless, in_flight=2)
    assert outcome.error is not None
    assert outcome.written == 0
    assert len(outcome.unwritten) == next(number for _, _, number in endless)


def test_a_past_deadline_pulls_nothing(serve, connect):
    items = iter([item("a", 1)])
    assert put(connect(serve(Table())), items, deadline=time.monotonic()).requests == 0
    assert [*items] == [item("a", 1)]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_refusal_that_is_no_items_fault_is_raised(serve, connect, code):
    with pytest.raises(AwsError, match=code):
        put(connect(serve(error(code))), [item("a", 1)])


@pytest.mark.parametrize("code", ["SerializationException", "ItemCollectionSizeLimitExceededException"])
def test_every_refusal_for_an_items_sake_rejects_it(serve, connect, code):
    rejects: list = []
    put(connect(serve(error(code, message="why"))), [item("a", 1), item("b", 2)], rejects=rejects)
    assert sorted(rejects) == [(1, "why"), (2, "why")]


@pytest.mark.parametrize("returned", ['{"N":"1.50"}', '{"N":"1.5"}', '{"N":"15E-1"}'])
def test_a_number_key_is_found_however_it_comes_back(serve, connect, returned):
    rest = f'{{"UnprocessedItems":{{"Users":[{{"PutRequest":{{"Item":{{"id":{returned}}}}}}}]}}}}'.encode()
    server = serve(answer(rest), answer(b'{"UnprocessedItems":{}}'))
    items = [('{"id":{"N":"1.50"}}', 1.5, 1), ('{"id":{"N":"2"}}', 2, 2)]
    assert put(connect(server), items).written == 2
    again = json.loads(server.received[1].body)["RequestItems"]["Users"]
    assert again == [{"PutRequest": {"Item": {"id": {"N": "1.50"}}}}]


def test_unprocessed_items_that_cannot_be_told_are_all_sent_again(serve, connect):
    rest = b'{"UnprocessedItems":{"Users":[{"PutRequest":{"Item":{"id":{"S":"unknown"}}}}]}}'
    server = serve(answer(rest), answer(b'{"UnprocessedItems":{}}'))
    assert put(connect(server), [item("a", 1), item("b", 2)]).written == 2
    assert server.received[0].body == server.received[1].body


def test_a_table_name_is_quoted(serve, connect):
    server = serve(answer(b'{"UnprocessedItems":{}}'))
    write(connect(server), 'a"b', [item("a", 1)], key_names=["id"], on_reject=print)
    assert [*json.loads(server.received[0].body)["RequestItems"]] == ['a"b']
