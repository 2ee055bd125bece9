import json

import pytest

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.emulator.poison import MARK, Poison
from sluice.failures.errors import last_errors
from sluice.failures.stream import redrive_stream, stream_failures
from sluice.pipelines import pipelines
from sluice.putting import end_poison, put_items, put_poisoned_user
from sluice.trail import lines_of
from tests.stacks import eventually, target

MARKED = {"Records": [{"dynamodb": {"NewImage": {"note": {"S": MARK}}}}]}


@pytest.mark.parametrize(
    ("is_on", "event", "fails"),
    [(True, MARKED, True), (False, MARKED, False), (True, {"Records": [{"note": "healthy"}]}, False)],
    ids=["on", "off", "others"],
)
def test_a_function_fails_for_what_is_marked_while_it_is_on(is_on, event, fails):
    poison = Poison()
    poison.is_on = is_on
    ran = poison.spoil(lambda _function, event, _request_id: {"body": event})({}, event, "request")
    if fails:
        assert ran["body"]["errorType"] == "PoisonedRecordError"
        assert json.loads(ran["log"]) == ran["body"]
    else:
        assert ran == {"body": event}


@pytest.mark.e2e
def test_a_poisoned_user_fails_alone_until_it_is_ended_and_comes_back():
    with EmbeddedCloud() as cloud:
        stack = target(deployed := cloud.deploy("local"))
        (stream,) = pipelines(stack, "streams")
        user = put_poisoned_user(stream, cloud.server.token)
        put_items(stream, [{"userId": "u-1", "name": "Ann", "email": "ann@example.com"}])
        deployed.wait_idle(120)
        failures = list(stream_failures(stack))
        assert [failure.records for failure in failures] == [1, 1]  # one of each consumer
        assert [line["keys"]["userId"] for line in lines_of(stack)] == ["u-1"]
        for error in last_errors(stack, failures):
            assert error.startswith(
                "PoisonedRecordError: a record was poisoned by `put --poison`, until `put --unpoison`"
            )
        assert [result.left for result in redrive_stream(stack)] == [1, 1]
        end_poison(stack, cloud.server.token)
        assert [result.left for result in redrive_stream(stack)] == [0, 0]
        eventually(lambda: {line["keys"]["userId"] for line in lines_of(stack)} == {"u-1", user})
        assert list(stream_failures(stack)) == []
