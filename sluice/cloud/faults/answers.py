"""AWS's error responses: those of each service, in its own protocol."""

import json
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from sluice.cloud.faults.requests import Request, is_form
from sluice.cloud.faults.rules import Rule


class _Error(NamedTuple):
    status: int
    code: str
    message: str


_THROTTLING = {
    "dynamodb": _Error(
        400,
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded.",
    ),
    "dynamodbstreams": _Error(400, "LimitExceededException", "Rate exceeded for the shard."),
    "lambda": _Error(429, "TooManyRequestsException", "Rate Exceeded."),
    "s3": _Error(503, "SlowDown", "Please reduce your request rate."),
    "sesv2": _Error(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
    "sqs": _Error(400, "RequestThrottled", "The request was denied due to request throttling."),
}
_INTERNAL = {
    "dynamodb": "InternalServerError",
    "dynamodbstreams": "InternalServerError",
    "lambda": "ServiceException",
    "s3": "InternalError",
    "sesv2": "InternalServiceErrorException",
}


def _error_of(rule: Rule, request: Request) -> _Error:
    if rule.action == "throttle":
        return _THROTTLING.get(request.service, _Error(400, "ThrottlingException", "Rate exceeded"))
    if rule.action == "expired":
        has_short_code = request.service == "s3" or is_form(request.headers)
        code = "ExpiredToken" if has_short_code else "ExpiredTokenException"
        status = 400 if request.service == "s3" or "x-amz-target" in request.headers else 403
        return _Error(status, code, "The security token included in the request is expired")
    code = "ServiceUnavailable" if rule.status == 503 else _INTERNAL.get(request.service, "InternalFailure")
    return _Error(rule.status, code, "We encountered an internal error. Please try again.")


def fault(rule: Rule, request: Request) -> bytes:
    """Returns the response that a rule gives in place of the service's."""
    if rule.action == "function_error":
        payload = {"errorMessage": "made by the fault proxy", "errorType": "InjectedFault"}
        headers = {"X-Amz-Function-Error": "Unhandled", "X-Amz-Executed-Version": "$LATEST"}
        return json_answer(200, payload, headers)
    return _error_answer(request, _error_of(rule, request))


def _error_answer(request: Request, error: _Error) -> bytes:
    """An error in the protocol of its service: https://smithy.io/2.0/aws/protocols/index.html."""
    sender = "Sender" if error.status < 500 else "Receiver"
    if "x-amz-target" in request.headers:
        namespace = "dynamodb.v20120810" if request.service.startswith("dynamodb") else request.service
        payload = {"__type": f"com.amazonaws.{namespace}#{error.code}", "message": error.message}
        headers = {"x-amzn-query-error": f"{error.code};{sender}"} if request.service == "sqs" else {}
        return json_answer(error.status, payload, headers, version=request.headers.get("content-type", ""))
    details = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
    if request.service == "s3":
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error>{details}<RequestId>fault</RequestId></Error>'
        has_body = request.method != "HEAD"
        return raw_answer(error.status, body.encode() if has_body else b"", "application/xml", {})
    if is_form(request.headers):
        element = f"<Error><Type>{sender}</Type>{details}</Error>"
        body = f"<ErrorResponse>{element}<RequestId>fault</RequestId></ErrorResponse>"
        return raw_answer(error.status, body.encode(), "text/xml", {})
    return json_answer(error.status, {"message": error.message}, {"x-amzn-ErrorType": error.code})


def json_answer(status: int, payload: Any, headers: dict[str, str], *, version: str = "application/json") -> bytes:
    """Returns an answer in JSON; `version` is its content type, with the version of the protocol."""
    return raw_answer(status, json.dumps(payload).encode(), version, headers)


def raw_answer(status: int, body: bytes, content_type: str, headers: dict[str, str]) -> bytes:
    """Returns a response in its wire form."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "x-amzn-RequestId: fault",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
