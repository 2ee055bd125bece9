import threading

import pytest

from sluice.cloud.triggers.delivery import Target

DEAD_LETTERS = "arn:aws:sqs:eu-north-1:123456789012:dead"


class Function:
    def __init__(self, failures=0):
        self.failures, self.invoked = failures, []

    def invoke(self, **request):
        self.invoked.append(request)
        if len(self.invoked) <= self.failures:
            raise ConnectionError(f"no answer to {len(self.invoked)}")


class Queues:
    def __init__(self):
        self.sent = []

    def get_queue_url(self, **request):
        return {"QueueUrl": f"url of {request['QueueName']}"}

    def send_message(self, **request):
        self.sent.append(request)


class Stopping(threading.Event):
    """Waits for no time at all, and remembers for how long it should have."""

    def __init__(self, stop_after=None):
        super().__init__()
        self.waits, self._stop_after = [], stop_after

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return len(self.waits) == self._stop_after


def deliver(function, queues=None, stopping=None, **configuration):
    target = Target({"Arn": "function", **configuration}, function, queues or Queues())
    return target.deliver('{"a": 1}', stopping or Stopping())


def test_an_event_is_delivered_asynchronously():
    function, queues = Function(), Queues()
    assert deliver(function, queues, DeadLetterConfig={"Arn": DEAD_LETTERS}) is None
    assert function.invoked == [{"FunctionName": "function", "InvocationType": "Event", "Payload": b'{"a": 1}'}]
    assert queues.sent == []


def test_an_event_for_a_queue_is_sent_to_it():
    function, queues = Function(), Queues()
    assert deliver(function, queues, Arn="arn:aws:sqs:eu-north-1:123456789012:work") is None
    assert (function.invoked, queues.sent) == ([], [{"QueueUrl": "url of work", "MessageBody": '{"a": 1}'}])


def test_a_failed_delivery_is_retried_with_growing_waits():
    function, stopping = Function(failures=8), Stopping()
    assert deliver(function, stopping=stopping) is None
    assert stopping.waits == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("retries", [0, 3])
def test_after_its_retries_an_event_is_dead_lettered(retries):
    function, queues = Function(failures=99), Queues()
    bounds = {"RetryPolicy": {"MaximumRetryAttempts": retries}, "DeadLetterConfig": {"Arn": DEAD_LETTERS}}
    assert deliver(function, queues, **bounds) == f"no answer to {retries + 1}"
    assert len(function.invoked) == retries + 1
    attribute = {"DataType": "String", "StringValue": f"no answer to {retries + 1}"}
    assert queues.sent == [
        {"QueueUrl": "url of dead", "MessageBody": '{"a": 1}', "MessageAttributes": {"ERROR_MESSAGE": attribute}}
    ]


def test_an_event_that_is_too_old_is_not_tried_again():
    function = Function(failures=99)
    assert deliver(function, RetryPolicy={"MaximumEventAgeInSeconds": -1}) == "no answer to 1"


def test_stopping_ends_the_retries_and_loses_nothing():
    function, queues = Function(failures=99), Queues()
    deliver(function, queues, Stopping(stop_after=2), DeadLetterConfig={"Arn": DEAD_LETTERS})
    assert len(function.invoked) == 2
    assert queues.sent


def test_without_dead_letters_an_event_is_given_up():
    queues = Queues()
    assert deliver(Function(failures=1), queues, RetryPolicy={"MaximumRetryAttempts": 0})
    assert queues.sent == []
