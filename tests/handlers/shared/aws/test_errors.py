"""What an error answer says, in each of AWS's protocols, and what may be tried again."""

import json

import pytest

from handlers.shared.aws.errors import ConnectionLost, error_of
from handlers.shared.aws.request import Request, Response

JSON_ID = {"x-amzn-requestid": "R1"}


def read(
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    *,
    repeatable: bool = True,
    service: str = "DynamoDB",
):
    request = Request("PutItem", repeatable=repeatable)
    return error_of(service, request, Response(status, headers or {}, body))


@pytest.mark.parametrize(
    ("headers", "body", "code", "message"),
    [
        ({}, b'{"__type":"com.amazonaws.dynamodb.v20120810#Missing","message":"bad"}', "Missing", "bad"),
        ({}, b'{"__type":"com.amazon.coral.validate#Missing","Message":"bad"}', "Missing", "bad"),
        ({"x-amzn-errortype": "Missing:http://internal.amazon.com/"}, b'{"message":"bad"}', "Missing", "bad"),
        ({}, b'{"code":"Refused"}', "Refused", ""),
        ({}, b"<?xml?><Error><Code>NoSuchKey</Code><Message>no\n</Message></Error>", "NoSuchKey", "no\n"),
        ({}, b"", "418", ""),
        ({}, b"{broken", "418", ""),
        ({}, b"<html>proxy</html>", "418", ""),
        ({}, b"{\xff}", "418", ""),
    ],
)
def test_code_and_message_are_found(headers, body, code, message):
    error = read(418, body, headers)
    assert (error.code, error.message) == (code, message)
    assert not error.transient


def test_its_text_names_all_of_it():
    error = read(400, b'{"__type":"x#ValidationException","message":"bad"}', JSON_ID)
    assert str(error) == "DynamoDB PutItem failed: ValidationException: bad (status 400, request id R1)"
    lost = ConnectionLost("SESv2", Request("SendEmail", repeatable=False), "Timeout", "no answer", sent=True)
    assert str(lost) == "SESv2 SendEmail failed: Timeout: no answer (no answer)"


@pytest.mark.parametrize(
    ("status", "code", "transient", "ambiguous"),
    [
        (400, "ThrottlingException", True, False),
        (400, "ProvisionedThroughputExceededException", True, False),
        (400, "TransactionConflictException", True, False),
        (400, "TransactionInProgressException", True, False),
        (409, "ReplicatedWriteConflictException", True, False),
        (400, "KmsThrottled", True, False),
        (403, "RequestThrottled", True, False),
        (400, "ConditionalCheckFailedException", False, False),
        (400, "IdempotentParameterMismatchException", False, False),
        (429, "TooManyRequestsException", True, False),
        (503, "SlowDown", True, False),
        (503, "Anything", True, False),
        (500, "InternalServerError", True, True),
        (400, "InternalServerError", True, True),
        (502, "Anything", True, True),
        (504, "Anything", True, True),
        (400, "RequestTimeout", True, True),
        (400, "ValidationException", False, False),
        (403, "AccessDeniedException", False, False),
        (501, "NotImplemented", False, False),
        (412, "PreconditionFailed", False, False),
    ],
)
def test_what_may_pass_and_what_may_have_been_done(status, code, transient, ambiguous):
    body = f'{{"__type":"{code}"}}'.encode()
    once = read(status, body, repeatable=False)
    assert (once.transient, once.ambiguous) == (transient, ambiguous)
    again = read(status, body)
    assert (again.transient, again.ambiguous) == (transient, False)


def test_a_days_quota_of_mail_does_not_pass():
    body = b'{"__type":"x#TooManyRequestsException","message":"Daily message quota exceeded."}'
    assert not read(429, body, service="SESv2").transient
    assert read(429, body).transient


CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons"


@pytest.mark.parametrize("told_by", ["reasons", "message"])
@pytest.mark.parametrize(
    ("reasons", "transient"),
    [
        (["None", "TransactionConflict"], True),
        (["ThrottlingError", "None", "None"], True),
        (["ProvisionedThroughputExceeded"], True),
        (["TransactionConflict", "ThrottlingError"], True),
        (["ConditionalCheckFailed", "None"], False),
        (["ConditionalCheckFailed", "TransactionConflict"], False),
        (["ThrottlingError", "ValidationError"], False),
        (["ItemCollectionSizeLimitExceeded"], False),
        (["None"], False),
        ([], False),
    ],
)
def test_a_cancelled_transaction_may_pass_where_all_its_reasons_do(reasons, transient, told_by):
    body = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "cancelled"}
    if told_by == "reasons":
        body["CancellationReasons"] = [{"Code": code} for code in reasons]
    else:
        body["Message"] = f"{CANCELLED} [{', '.join(reasons)}]"
    error = read(400, json.dumps(body).encode(), repeatable=False)
    assert (error.transient, error.ambiguous) == (transient, False)


def test_a_cancelled_transaction_without_a_readable_answer_does_not_pass():
    assert not read(400, b"{broken", {"x-amzn-errortype": "TransactionCanceledException"}).transient
