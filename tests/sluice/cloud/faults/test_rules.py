"""Which requests fail."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.requests import Request
from sluice.cloud.faults.rules import Rule
from tests.sluice.cloud.faults.fakes import ARGUMENTS, Cloud


def _request(content: object = "", *, service: str = "dynamodb", operation: str = "PutItem", call: str = "") -> Request:
    headers = {"amz-sdk-invocation-id": call} if call else {}
    return Request(service, operation, "POST", "/", headers, str(content).encode())


def _fates(rules: list[Rule], requests: list[Request], seed: int = 1) -> list[bool]:
    proxy = FaultProxy("http://127.0.0.1:1", rules, seed=seed)
    return [proxy.decide(request)[0] is not None for request in requests]


def test_a_rate_is_a_share_of_requests() -> None:
    assert 160 < sum(_fates([Rule("drop", rate=0.2)], [_request(n) for n in range(1000)])) < 240


@given(st.lists(st.integers(0, 5), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_requests_does_not_change_their_fates(contents: list[int], random: random.Random) -> None:
    shuffled = random.sample(contents, len(contents))
    fates, other = (_fates([Rule("drop", rate=0.5)], [_request(n) for n in order]) for order in (contents, shuffled))
    assert sorted(zip(contents, fates, strict=True)) == sorted(zip(shuffled, other, strict=True))


def test_a_retry_has_a_chance_of_its_own() -> None:
    assert len(set(_fates([Rule("drop", rate=0.5)], [_request()] * 20))) == 2


def test_seeds_and_rules_have_chances_of_their_own() -> None:
    requests = [_request(n) for n in range(50)]
    first = _fates([Rule("drop", rate=0.5)], requests)
    assert first == _fates([Rule("drop", rate=0.5)], requests)
    assert first != _fates([Rule("drop", rate=0.5)], requests, seed=2)
    assert first != _fates([Rule("drop", rate=0), Rule("drop", rate=0.5)], requests)


def test_a_rule_concerns_its_service_and_operation_and_what_its_predicate_picks() -> None:
    picky = Rule("drop", service="dynamodb", operation="PutItem", when=lambda request: b"bad" in request.body)
    requests = [
        _request("bad"),
        _request("good"),
        _request("bad", service="s3"),
        _request("bad", operation="GetItem"),
    ]
    assert _fates([picky], requests) == [True, False, False, False]
    assert (picky.asked, picky.fired) == (1, 1)


def test_the_first_rule_that_fires_decides() -> None:
    rules = [Rule("drop", limit=1), Rule("throttle"), Rule("error")]
    proxy = FaultProxy("http://127.0.0.1:1", rules)
    fired = [rule and rule.action for rule, _ in (proxy.decide(_request()) for _ in range(3))]
    assert fired == ["drop", "throttle", "throttle"]
    assert [(rule.asked, rule.fired) for rule in rules] == [(3, 1), (2, 2), (0, 0)]
    assert proxy.requests == {("dynamodb", "PutItem"): 3}


def test_all_attempts_of_a_call_share_its_fate() -> None:
    rule = Rule("drop", rate=0.5, per_call=True)
    fates = _fates([rule], [_request(n, call=str(n)) for n in range(20) for _ in range(4)])
    calls = [fates[start : start + 4] for start in range(0, 80, 4)]
    assert {tuple(call) for call in calls} == {(True,) * 4, (False,) * 4}


def test_a_limit_counts_calls_where_the_rule_does() -> None:
    requests = [_request(call=call) for call in "aabbcc"]
    assert _fates([Rule("drop", per_call=True, limit=2)], requests) == [True] * 4 + [False] * 2
    assert _fates([Rule("drop", limit=2)], requests) == [True] * 2 + [False] * 4


def test_retries_of_the_sdk_share_the_fate_of_their_call(cloud: Cloud) -> None:
    rule = Rule("throttle", per_call=True, limit=1)
    cloud.proxy.rules = [rule]
    client = cloud.client("dynamodb", attempts=3)
    with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
        client.get_item(**ARGUMENTS["dynamodb", "GetItem"])
    client.get_item(**ARGUMENTS["dynamodb", "GetItem"])
    assert (rule.asked, rule.fired, len(cloud.upstream.seen)) == (4, 3, 1)


def test_delays_are_drawn_from_their_range() -> None:
    rule = Rule("delay", seconds=(1, 3))
    waits = [rule.wait(_request(n), "1|0") for n in range(200)]
    assert min(waits) >= 1
    assert max(waits) < 3
    assert len(set(waits)) == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"action": "drop", "rate": 1.5}, "rate is 1.5"),
        ({"action": "unprocessed", "fraction": 0}, "fraction is 0"),
        ({"action": "throttle", "after_work": True}, "throttle never follows the work"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Rule(**settings)
