import json
import logging
import threading

import pytest

from sluice.cloud.triggers import rules
from sluice.cloud.triggers.rules import RuleTarget

RULE = "arn:aws:events:eu-north-1:123456789012:rule/new-objects"


class NoPolicyError(Exception):
    pass


class Lambda:
    class exceptions:  # noqa: N801 the name is botocore's
        ResourceNotFoundException = NoPolicyError

    def __init__(self, *statements):
        self._statements = statements

    def get_policy(self, **_):
        if not self._statements:
            raise NoPolicyError
        return {"Policy": json.dumps({"Statement": self._statements})}


class Tap:
    def __init__(self, *bodies, policy=None):
        self.held, self._policy = dict(enumerate(bodies)), policy

    def get_queue_url(self, **request):
        return {"QueueUrl": f"url of {request['QueueName']}"}

    def get_queue_attributes(self, **request):
        assert request == {"QueueUrl": "url of work", "AttributeNames": ["Policy"]}
        return {} if self._policy is None else {"Attributes": {"Policy": json.dumps({"Statement": self._policy})}}

    def receive_message(self, **_):
        return {"Messages": [{"Body": body, "ReceiptHandle": handle} for handle, body in self.held.items()]}

    def delete_message(self, **request):
        del self.held[request["ReceiptHandle"]]


class Target:
    def __init__(self, error=None, arn="function"):
        self.arn = arn
        self.delivered, self.given_up, self._error = [], [], error

    def deliver(self, payload, stopping):
        if isinstance(self._error, Exception):
            raise self._error
        self.delivered.append(payload)
        return self._error

    def give_up(self, payload, error):
        assert "policy does not let events.amazonaws.com" in error
        self.given_up.append(payload)


def statement(**changes):
    condition = {"ArnLike": {"AWS:SourceArn": RULE}}
    service = {"Service": "events.amazonaws.com"}
    return {
        "Effect": "Allow",
        "Principal": service,
        "Action": "lambda:InvokeFunction",
        "Condition": condition,
        **changes,
    }


def step(tap, target, *statements):
    RuleTarget(RULE, lambda: target, "tap", Lambda(*statements), tap).step()


@pytest.mark.parametrize("permission", [statement(), statement(Condition={})])
def test_what_the_rule_matched_is_delivered_once(permission):
    tap, target = Tap("one", "two"), Target()
    step(tap, target, permission)
    assert (target.delivered, target.given_up, tap.held) == (["one", "two"], [], {})


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [statement(Condition={"ArnLike": {"AWS:SourceArn": f"{RULE}-other"}})],
        [statement(Principal={"Service": "s3.amazonaws.com"})],
        [statement(Effect="Deny")],
        [statement(Action="lambda:GetFunction")],
    ],
)
def test_without_permission_events_are_dead_lettered_at_once(statements, caplog):
    tap, target = Tap("one"), Target()
    step(tap, target, *statements)
    assert (target.delivered, target.given_up, tap.held) == ([], ["one"], {})
    assert "policy does not let events.amazonaws.com invoke it" in caplog.text


QUEUE = "arn:aws:sqs:eu-north-1:123456789012:work"
SENDS = statement(Action=["sqs:SendMessage"], Condition={"ArnEquals": {"aws:SourceArn": [f"{RULE}-other", RULE]}})


@pytest.mark.parametrize("policy", [[SENDS], [statement(), {**SENDS, "Action": "sqs:SendMessage"}]])
def test_a_queue_is_sent_to_where_its_policy_lets_the_rule(policy):
    tap, target = Tap("one", policy=policy), Target(arn=QUEUE)
    step(tap, target)
    assert (target.delivered, target.given_up, tap.held) == (["one"], [], {})


@pytest.mark.parametrize(
    "policy",
    [
        None,
        [],
        [statement(Action=["sqs:ReceiveMessage"])],
        [{**SENDS, "Principal": {"Service": "s3.amazonaws.com"}}],
        [{**SENDS, "Condition": {"ArnEquals": {"aws:SourceArn": [f"{RULE}-other"]}}}],
        [{**SENDS, "Effect": "Deny"}],
    ],
)
def test_without_its_policys_leave_a_queue_gets_nothing(policy):
    tap, target = Tap("one", policy=policy), Target(arn=QUEUE)
    step(tap, target)
    assert (target.delivered, target.given_up, tap.held) == ([], ["one"], {})


def test_what_could_not_be_delivered_is_told(caplog):
    with caplog.at_level(logging.WARNING):
        step(Tap("one"), Target(error="throttled"), statement())
    assert f"{RULE} could not reach function: throttled" in caplog.text


def test_the_target_is_the_one_that_the_rule_has_now():
    targets = [Target(), None, Target()]
    tap, remaining = Tap("one"), iter(targets)
    rule = RuleTarget(RULE, lambda: next(remaining), "tap", Lambda(statement()), tap)
    for body in ("one", "two", "three"):
        tap.held = {0: body}
        rule.step()
    assert [target.delivered for target in targets if target] == [["one"], ["three"]]
    assert tap.held == {}


def test_an_event_whose_delivery_broke_stays_in_the_tap():
    tap = Tap("one")
    with pytest.raises(OSError, match="gone"):
        step(tap, Target(error=OSError("gone")), statement())
    assert list(tap.held.values()) == ["one"]


def test_what_breaks_again_and_again_is_told_once_and_tried_on(caplog, monkeypatch):
    monkeypatch.setattr(rules, "_PAUSE_SECONDS", 0.001)
    faults = [OSError("gone")] * 3 + [OSError("refused")] * 3 + [None] + [OSError("refused")] * 2
    runner = RuleTarget(RULE, Target(), "tap", Lambda(), Tap())

    def step():
        if not faults:
            runner._stopping.set()
        elif fault := faults.pop(0):
            raise fault

    monkeypatch.setattr(runner, "step", step)
    runner._run()
    assert [record.exc_info[1].args for record in caplog.records] == [("gone",), ("refused",), ("refused",)]


def test_what_breaks_as_the_emulator_ends_is_not_told(caplog, monkeypatch):
    monkeypatch.setattr(rules, "_PAUSE_SECONDS", 0.001)
    ending, faults = threading.Event(), [OSError("refused")] * 3
    runner = RuleTarget(RULE, Target(), "tap", Lambda(), Tap(), ending)

    def step():
        ending.set()
        if len(faults) == 1:
            runner._stopping.set()
        raise faults.pop()

    monkeypatch.setattr(runner, "step", step)
    runner._run()
    assert (faults, caplog.messages) == ([], [])
