import json

import pulumi
import pytest

from infra.iam import allow, policy_document, trust
from tests.infra.reading import record

ARN = "arn:aws:s3:::archive/changes/*"


def document(build):
    """The JSON that a document becomes."""
    found = []
    record(lambda: build().apply(found.append))
    return json.loads(found[0])


def test_a_statement_allows_actions_on_resources():
    assert allow("WriteArchive", ["s3:PutObject"], [ARN]) == {
        "Sid": "WriteArchive",
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [ARN],
    }


def test_a_statement_holds_its_condition():
    condition = {"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}
    assert allow("Send", ["ses:SendEmail"], [ARN], condition).get("Condition") == condition


@pytest.mark.parametrize("wrap", [lambda arn: arn, pulumi.Output.from_input], ids=["known", "output"])
def test_a_document_holds_its_statements(wrap):
    made = document(lambda: policy_document([allow("WriteArchive", ["s3:PutObject"], [wrap(ARN)])]))
    assert made == {"Version": "2012-10-17", "Statement": [allow("WriteArchive", ["s3:PutObject"], [ARN])]}


def test_a_trust_policy_lets_one_service_assume_a_role():
    (statement,) = document(lambda: trust("lambda.amazonaws.com"))["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole"]
    assert statement["Effect"] == "Allow"
