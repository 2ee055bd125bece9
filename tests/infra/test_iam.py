import json

import pulumi
import pytest

from infra.iam import account_of, allow, beside, role_policy, tls_only, trust
from tests.infra.reading import record

ARN = "arn:aws:s3:::archive/changes/*"


def document(build):
    """The JSON that a document becomes."""
    found = []
    record(lambda: build().apply(found.append))
    return json.loads(found[0])


def test_a_statement_allows_actions_on_resources():
    assert allow("WriteArchive", ["s3:PutObject"], [ARN]) == {
        "sid": "WriteArchive",
        "actions": ["s3:PutObject"],
        "resources": [ARN],
    }


def test_a_statement_holds_its_condition():
    condition = {"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}
    assert allow("Send", ["ses:SendEmail"], [ARN], condition).get("condition") == condition


@pytest.mark.parametrize("wrap", [lambda arn: arn, pulumi.Output.from_input], ids=["known", "output"])
def test_a_roles_policy_holds_its_statements(wrap):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "a"}}

    def policy():
        write = allow("WriteArchive", ["s3:PutObject"], [wrap(ARN)])
        return role_policy([write, allow("Read", ["s3:GetObject"], [ARN], condition)])

    assert document(policy) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "WriteArchive", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [ARN]},
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [ARN],
                "Condition": condition,
            },
        ],
    }


def test_a_trust_policy_lets_one_service_assume_a_role():
    (statement,) = document(lambda: trust("lambda.amazonaws.com"))["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole"]
    assert statement["Effect"] == "Allow"


def test_a_trust_policy_may_be_for_one_account_only():
    (statement,) = document(lambda: trust("scheduler.amazonaws.com", pulumi.Output.from_input("123456789012")))[
        "Statement"
    ]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_refusal_of_plain_connections_is_for_everybody():
    assert tls_only(["s3:*"], [ARN]) == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": [ARN],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


TABLE = "arn:aws:dynamodb:eu-north-1:123456789012:table/RA_totales"


def resolved(build):
    """What an output becomes."""
    found = []
    record(lambda: build(pulumi.Output.from_input(TABLE)).apply(found.append))
    return found[0]


def test_an_arn_names_its_account():
    assert resolved(account_of) == "123456789012"


def test_what_lies_beside_a_resource_has_its_region_and_account():
    found = resolved(lambda arn: beside(arn, "table/RA_*"))
    assert found == "arn:aws:dynamodb:eu-north-1:123456789012:table/RA_*"
