"""Errors of AWS calls, and which of them are transient."""

import re
from typing import Any

from handlers.shared.aws.request import Request, Response

# The service did nothing, because of load or of another request working on the same thing. The names are those of the
# SDK's standard retry mode, and others of DynamoDB and SQS.
_BUSY = frozenset(
    {
        "BandwidthLimitExceeded",
        "KmsThrottled",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# DynamoDB's transient reasons for cancelling a transaction, one for each write.
_CANCELLED = "TransactionCanceledException"
_PASSING = frozenset({"None", "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
# The service failed halfway, whatever the status.
_FAILED = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "RequestTimeout", "RequestTimeoutException"}
)
_REASONS = re.compile(r"\[([\w, ]+)\]")
_XML = re.compile(rb"<(Code|Message)>(.*?)</\1>", re.DOTALL)


class AwsError(Exception):
    """A call that AWS refused, or that got no answer.

    Attributes:
        service: Such as `DynamoDB`.
        operation: Such as `PutItem`.
        code: AWS's name of the error, or the status if the answer has none.
        message: AWS's words.
        status: HTTP's; 0 without an answer.
        request_id: For AWS support; may be empty.
        transient: The same request may succeed later.
        ambiguous: The service may have done what was asked. Only for requests that are not repeatable.
    """

    def __init__(
        self,
        service: str,
        operation: str,
        code: str,
        message: str,
        *,
        status: int = 0,
        request_id: str = "",
        transient: bool = False,
        ambiguous: bool = False,
    ):
        super().__init__(service, operation, code, message)
        self.service = service
        self.operation = operation
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.transient = transient
        self.ambiguous = ambiguous

    def __str__(self) -> str:
        end = f"status {self.status}, request id {self.request_id}" if self.status else "no answer"
        return f"{self.service} {self.operation} failed: {self.code}: {self.message} ({end})"


class ConnectionLost(AwsError):  # noqa: N818 (it says what happened)
    """No answer came: `code` is `ConnectFailed`, `ConnectionLost` or `Timeout`.

    Attributes:
        sent: Whether all of the request was sent.
    """

    def __init__(self, service: str, request: Request, code: str, message: str, *, sent: bool):
        ambiguous = sent and not request.repeatable
        super().__init__(service, request.operation, code, message, transient=True, ambiguous=ambiguous)
        self.sent = sent


def error_of(service: str, request: Request, response: Response) -> AwsError:
    """Returns the error of an answer other than 2xx, in any of AWS's JSON and XML forms."""
    code, message = _reason(response)
    status = response.status
    refused = status in (429, 503) or code in _BUSY or (code == _CANCELLED and _passes(response, message))
    transient = refused or status in (500, 502, 504) or code in _FAILED
    return AwsError(
        service,
        request.operation,
        code,
        message,
        status=status,
        request_id=response.headers.get("x-amzn-requestid") or response.headers.get("x-amz-request-id", ""),
        # SES also calls an exhausted daily quota throttling, which outlasts any deadline.
        transient=transient and not (service == "SESv2" and "quota" in message.lower()),
        ambiguous=transient and not refused and not request.repeatable,
    )


def _passes(response: Response, message: str) -> bool:
    """Tells whether all reasons of a cancelled transaction are transient, unlike a failed condition."""
    reasons = {str(reason.get("Code")) for reason in _json(response).get("CancellationReasons") or ()}
    # Its message names them too: `... for specific reasons [None, TransactionConflict]`.
    reasons = reasons or {name for names in _REASONS.findall(message) for name in names.split(", ")}
    return bool(reasons - {"None"}) and reasons <= _PASSING


def _reason(response: Response) -> tuple[str, str]:
    code, message = response.headers.get("x-amzn-errortype", ""), ""
    if response.body.startswith(b"{"):
        body = _json(response)
        code = code or str(body.get("__type") or body.get("code") or "")
        message = str(body.get("message") or body.get("Message") or "")
    else:
        fields = {name: text.decode(errors="replace") for name, text in _XML.findall(response.body)}
        code, message = code or fields.get(b"Code", ""), fields.get(b"Message", "")
    # `com.amazonaws.dynamodb.v20120810#ValidationException`, `NotFoundException:http://internal.amazon.com/`
    return code.rsplit("#", 1)[-1].split(":", 1)[0] or str(response.status), message


def _json(response: Response) -> dict[str, Any]:
    try:
        return response.json() if response.body.startswith(b"{") else {}
    except ValueError:
        return {}
