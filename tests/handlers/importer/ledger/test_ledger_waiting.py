"""What passes by itself is waited out where it happens: by the invocation, with the client that Lambda runs."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from handlers.importer.ledger.entries import Lease
from handlers.importer.ledger.ledger import Ledger
from handlers.importer.ledger.table import LedgerTable
from handlers.importer.queue import import_queue
from handlers.importer.queue.import_queue import Queue, QueueError
from handlers.importer.queue.messages import File, chunk
from handlers.importer.reading.records import Position
from handlers.shared.aws import flight, sqs
from handlers.shared.aws.client import Client
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request
from tests.handlers.shared.aws.scripted import Server, answer, clients, error, servers

FILE = File("files", "incoming/a.csv", 100, "e1", "v1", "1".zfill(32))
TASK = chunk(0, Position(0, 1), 100)
MORE_THAN_A_FEW = 25
CONFLICT, THROTTLED = "TransactionConflict", "ThrottlingError"

Serve = Callable[..., Server]
Connect = Callable[..., Client]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a server with the acts given; its clients wait for milliseconds only."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    for module in (flight, import_queue):
        monkeypatch.setattr(module, "pause", lambda attempts: 0.001)
    with servers() as start:
        yield start


@pytest.fixture
def connect() -> Iterator[Connect]:
    with clients() as make:
        yield make


def cancelled(*reasons: str) -> bytes:
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": reason} for reason in reasons],
        "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons {list(reasons)}",
    }
    return answer(json.dumps(body).encode(), "400 Bad Request")


def ledger(client: Client, seconds: float = 60) -> Ledger:
    return Ledger(LedgerTable(client, "ledger", time.monotonic() + seconds), lambda *_: None, lambda _: False)


def begins(ledger: Ledger) -> bool:
    return isinstance(ledger.take(FILE, TASK, "me", time.time() + 60, 1), Lease)


ITEM = {"sequencer": {"S": FILE.sequencer}, "seen": {"S": FILE.sequencer}, "holder": {"S": FILE.version}}
THERE, NOTHING = answer(json.dumps({"Item": ITEM}).encode()), answer(b"{}")
LEASING = (THERE, NOTHING, NOTHING, answer())
LEASED = [*["GetItem"] * 3, "TransactWriteItems"]
"""What follows once an import has begun: the lease on its first task."""


def operations(server: Server) -> list[str]:
    return [received.headers["x-amz-target"].rpartition(".")[2] for received in server.received]


@pytest.mark.parametrize(
    "refusal", [cancelled("None", CONFLICT), cancelled(THROTTLED, "None"), error("TransactionInProgressException")]
)
def test_a_transaction_that_is_put_off_is_waited_out(serve: Serve, connect: Connect, refusal: bytes) -> None:
    server = serve(NOTHING, *[refusal] * MORE_THAN_A_FEW, answer(), *LEASING)
    assert begins(ledger(connect(server)))
    assert operations(server) == ["GetItem", *["TransactWriteItems"] * (MORE_THAN_A_FEW + 1), *LEASED]
    begun = server.received[1 : -len(LEASED)]
    tokens = {json.loads(received.body)["ClientRequestToken"] for received in begun}
    assert len(tokens) == 1  # all are one transaction


def test_an_update_that_meets_a_transaction_is_waited_out(serve: Serve, connect: Connect) -> None:
    server = serve(*[error("TransactionConflictException")] * MORE_THAN_A_FEW, answer())
    ledger(connect(server)).give_up(FILE, TASK, "down")
    assert operations(server) == ["UpdateItem"] * (MORE_THAN_A_FEW + 1)


def test_a_condition_that_failed_beside_a_conflict_is_looked_at_again_at_once(serve: Serve, connect: Connect) -> None:
    server = serve(NOTHING, cancelled("ConditionalCheckFailed", CONFLICT), THERE, *LEASING)
    assert begins(ledger(connect(server)))
    assert operations(server) == ["GetItem", "TransactWriteItems", "GetItem", *LEASED]


class Asked:
    """A client that notes until when each call would be tried, and answers what it is told."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.deadlines: list[float | None] = []
        self.bodies: list[dict[str, Any]] = []
        self._answers = [*answers]

    def call(self, request: Request, *, deadline: float | None = None) -> Any:
        self.deadlines.append(deadline)
        self.bodies.append(json.loads(request.body))
        return self

    def json(self) -> dict[str, Any]:
        return self._answers.pop(0) if self._answers else {}


def test_waiting_ends_with_the_time_of_the_invocation() -> None:
    tables, queues = Asked(), Asked()
    within = Ledger(LedgerTable(tables, "ledger", 77.0), lambda *_: None, lambda _: False)
    within.take(FILE, TASK, "me", 0, 1)
    within.give_up(FILE, TASK, "down")
    queue = Queue(queues, "queue", "dead", 1e12)
    queue.send("body")
    queue.send_all(["body"])
    assert tables.deadlines == [77.0] * 5
    assert queues.deadlines == [1e12] * 2


def test_a_conflict_that_does_not_end_is_told_as_what_it_is(serve: Serve, connect: Connect) -> None:
    server = serve(error("TransactionConflictException"))
    with pytest.raises(AwsError, match="TransactionConflictException"):
        ledger(connect(server), seconds=1.5).give_up(FILE, TASK, "down")


def failed(*ids: str, fault: bool = False) -> dict[str, Any]:
    return {"Failed": [{"Id": id_, "SenderFault": fault, "Code": "RequestThrottled"} for id_ in ids]}


def test_messages_that_sqs_could_not_take_are_sent_again_and_only_they(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    client = Asked(failed("0", "2"), failed("2"))
    Queue(client, "queue", "dead", deadline=1e12).send_all(["a", "b", "c"])
    sent = [[entry["MessageBody"] for entry in body["Entries"]] for body in client.bodies]
    assert sent == [["a", "b", "c"], ["a", "c"], ["c"]]


def test_a_message_that_sqs_refuses_for_what_it_is_is_not_sent_again() -> None:
    client = Asked(failed("1", fault=True))
    with pytest.raises(QueueError, match="1 of 2 messages were not taken"):
        Queue(client, "queue", "dead", deadline=1e12).send_all(["a", "b"])
    assert len(client.bodies) == 1


def test_messages_that_sqs_takes_too_late_are_an_error() -> None:
    with pytest.raises(QueueError, match=r"1 of 1 messages were not taken: .*RequestThrottled"):
        Queue(Asked(failed("0")), "queue", "dead", deadline=0.0).send_all(["a"])


def test_a_throttled_queue_is_waited_out(serve: Serve, connect: Connect) -> None:
    server = serve(*[error("RequestThrottled", 403)] * MORE_THAN_A_FEW, answer())
    Queue(connect(server, sqs), "queue", "dead", deadline=time.monotonic() + 60).send("body")
    assert len(server.received) == MORE_THAN_A_FEW + 1
