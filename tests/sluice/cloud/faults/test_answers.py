"""Each fault is the service's own."""

import contextlib

import pytest

from sluice.cloud.faults.rules import Rule
from tests.sluice.cloud.faults.fakes import (
    Cloud,
    outcome,
    refusal,
    signed_head,
)


@pytest.mark.parametrize(
    ("service", "operation", "name", "code", "status"),
    [
        ("dynamodb", "BatchWriteItem", *["ProvisionedThroughputExceededException"] * 2, 400),
        ("dynamodbstreams", "GetRecords", *["LimitExceededException"] * 2, 400),
        ("lambda", "Invoke", *["TooManyRequestsException"] * 2, 429),
        ("sesv2", "SendBulkEmail", *["TooManyRequestsException"] * 2, 429),
        ("sqs", "SendMessage", *["RequestThrottled"] * 2, 400),
        ("s3", "PutObject", "ClientError", "SlowDown", 503),
        ("s3", "HeadObject", "ClientError", "503", 503),
        ("sns", "Publish", "ClientError", "ThrottlingException", 400),
    ],
)
def test_throttling_is_the_services_own(
    cloud: Cloud, service: str, operation: str, name: str, code: str, status: int
) -> None:
    cloud.proxy.rules = [Rule("throttle")]
    assert outcome(refusal(cloud, service, operation)) == (name, code, status)
    assert not cloud.upstream.seen


@pytest.mark.parametrize(
    ("service", "operation", "name", "code"),
    [
        ("dynamodb", "BatchWriteItem", *["InternalServerError"] * 2),
        ("dynamodbstreams", "GetRecords", *["InternalServerError"] * 2),
        ("lambda", "Invoke", *["ServiceException"] * 2),
        ("sesv2", "SendBulkEmail", *["InternalServiceErrorException"] * 2),
        ("sqs", "SendMessage", "ClientError", "InternalFailure"),
        ("s3", "PutObject", "ClientError", "InternalError"),
        ("sns", "Publish", "ClientError", "InternalFailure"),
    ],
)
def test_an_internal_error_is_the_services_own(
    cloud: Cloud, service: str, operation: str, name: str, code: str
) -> None:
    cloud.proxy.rules = [Rule("error")]
    assert outcome(refusal(cloud, service, operation)) == (name, code, 500)
    cloud.proxy.rules = [Rule("error", status=503)]
    assert outcome(refusal(cloud, service, operation)) == ("ClientError", "ServiceUnavailable", 503)
    assert not cloud.upstream.seen


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("dynamodb", "BatchWriteItem", "ExpiredTokenException", 400),
        ("dynamodbstreams", "GetRecords", "ExpiredTokenException", 400),
        ("lambda", "Invoke", "ExpiredTokenException", 403),
        ("sesv2", "SendBulkEmail", "ExpiredTokenException", 403),
        ("sqs", "SendMessage", "ExpiredTokenException", 400),
        ("s3", "PutObject", "ExpiredToken", 400),
        ("sns", "Publish", "ExpiredToken", 403),
    ],
)
def test_expired_credentials_are_refused_as_the_service_does(
    cloud: Cloud, service: str, operation: str, code: str, status: int
) -> None:
    cloud.proxy.rules = [Rule("expired")]
    assert outcome(refusal(cloud, service, operation)) == ("ClientError", code, status)
    assert not cloud.upstream.seen


def test_sqs_by_its_query_protocol_is_refused_in_xml(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("throttle", service="sqs", operation="SendMessage")]
    headers = {**signed_head("sqs"), "Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.closing(cloud.connect()) as connection:
        connection.request("POST", "/0/q", body=b"Action=SendMessage&MessageBody=m", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (400, "text/xml")
        assert b"<Code>RequestThrottled</Code>" in answer.read()


@pytest.mark.parametrize(("after_work", "seen"), [(False, 0), (True, 1)])
def test_a_function_fails_in_place_of_its_work_or_after_it(cloud: Cloud, after_work: bool, seen: int) -> None:
    cloud.proxy.rules = [Rule("function_error", after_work=after_work)]
    answer = cloud.client("lambda").invoke(FunctionName="f")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert b"InjectedFault" in answer["Payload"].read()
    assert len(cloud.upstream.seen) == seen


def test_an_asynchronous_invocation_reports_no_function_error(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("function_error")]
    answer = cloud.client("lambda").invoke(FunctionName="f", InvocationType="Event")
    answer["Payload"].read()
    assert "FunctionError" not in answer
    assert len(cloud.upstream.seen) == 1
