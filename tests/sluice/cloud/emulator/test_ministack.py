import json
from pathlib import Path

import pytest

from sluice.cloud.emulator.ministack import enforceable, identity, server_environment, without_tls


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statements(document):
    return json.loads(document)["Statement"]


def test_a_statement_that_can_be_judged_stays_as_it_is():
    statement = {"Sid": "Put", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"]}
    assert statements(enforceable(policy(statement))) == [statement]


def test_only_the_actions_that_cannot_be_judged_are_widened():
    arns = ["arn:aws:dynamodb:eu-north-1:000000000000:table/t/stream/s"]
    actions = ["dynamodb:GetRecords", "dynamodb:GetItem"]
    found = statements(enforceable(policy({"Sid": "Read", "Effect": "Allow", "Action": actions, "Resource": arns})))
    assert found == [
        {"Sid": "Read", "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": arns},
        {"Sid": "ReadOnAll", "Effect": "Allow", "Action": ["dynamodb:GetRecords"], "Resource": "*"},
    ]


def test_only_conditions_that_are_wrongly_denied_are_dropped():
    tests = {"cloudwatch:namespace": "Sluice", "aws:RequestedRegion": "eu-north-1"}
    statement = {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": ["*"]}
    found = statements(enforceable(policy({**statement, "Condition": {"StringEquals": tests}})))
    assert found == [{**statement, "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-north-1"}}}]


def test_a_condition_of_which_nothing_is_left_goes():
    statement = {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": ["*"]}
    condition = {"StringEquals": {"cloudwatch:namespace": "Sluice"}}
    assert statements(enforceable(policy({**statement, "Condition": condition}))) == [statement]


TLS = {"Effect": "Deny", "Action": ["s3:*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
LOGS = {"Effect": "Allow", "Action": ["s3:PutObject"], "Principal": {"Service": "logging.s3.amazonaws.com"}}


def test_only_what_refuses_plain_http_is_taken_out_of_a_resource_policy():
    assert statements(without_tls(policy(TLS, LOGS)) or "") == [LOGS]


def test_a_policy_that_only_refuses_plain_http_is_none():
    assert without_tls(policy(TLS)) is None


def test_nothing_of_the_callers_environment_leaks_into_functions(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "HTTP_PROXY", "SECRET", "LAMBDA_EXECUTOR"):
        monkeypatch.setenv(name, "leaked")
    assert "leaked" not in server_environment(4566, Path("/scratch"), "token").values()


def test_the_emulator_listens_on_the_loopback_interface_with_permissions_enforced():
    made = server_environment(4566, Path("/scratch"), "token")
    assert (made["BIND_HOST"], made["AUTH"]) == ("127.0.0.1", "true")


@pytest.mark.parametrize("health", [None, [], {}, {"edition": "light"}])
def test_another_server_is_not_taken_for_ours(health):
    assert identity(health) != "token"


def test_sending_is_allowed_in_batches_too():
    statement = {"Sid": "Send", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["arn:aws:sqs:::q"]}
    widened = {**statement, "Action": ["sqs:SendMessage", "sqs:SendMessageBatch"]}
    assert statements(enforceable(policy(statement))) == [widened]
