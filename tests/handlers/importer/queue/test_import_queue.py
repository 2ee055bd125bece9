import json
from typing import Any

import pytest

from handlers.importer.queue.import_queue import Queue, QueueError
from handlers.shared.aws.request import Request


class Client:
    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer or {}

    def call(self, request: Request, *, deadline: float | None = None) -> Any:
        self.asked.append(json.loads(request.body))
        return self

    def json(self) -> dict[str, Any]:
        return self._answer


def test_many_messages_are_sent_ten_at_a_time() -> None:
    client = Client()
    Queue(client, "queue", "dead").send_all(map(str, range(23)))
    assert [len(payload["Entries"]) for payload in client.asked] == [10, 10, 3]


def test_a_message_that_sqs_does_not_take_is_an_error() -> None:
    with pytest.raises(QueueError, match="1 of 2 messages were not taken"):
        Queue(Client({"Failed": [{"Id": "1", "Code": "no"}]}), "queue", "dead").send_all(["a", "b"])


@pytest.mark.parametrize(("wish", "delay"), [(-5, 0), (10.5, 10), (5000, 900)])
def test_delays_are_what_sqs_allows(wish: float, delay: int) -> None:
    client = Client()
    Queue(client, "queue", "dead").send("body", wish)
    assert client.asked[0]["DelaySeconds"] == delay


def test_a_dead_letters_reason_is_text_that_sqs_takes() -> None:
    client = Client()
    queue = Queue(client, "queue", "dead")
    queue.dead_letter("body", "line\0one\nline two" + "x" * 5000)
    queue.dead_letter("body", "")
    reasons = [payload["MessageAttributes"]["reason"]["StringValue"] for payload in client.asked]
    assert reasons[0].startswith("line one line two")
    assert len(reasons[0]) == 1000
    assert reasons[1]
    assert {payload["QueueUrl"] for payload in client.asked} == {"dead"}
