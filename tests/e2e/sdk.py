"""The interface of the signed client over plain boto3: the same requests, written, signed and sent by the SDK."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request, Response
from tests.clients import client

_S3_ARGUMENTS = {
    "content-type": "ContentType",
    "cache-control": "CacheControl",
    "if-match": "IfMatch",
    "if-none-match": "IfNoneMatch",
}


class SdkClient:
    """DynamoDB or SES."""

    def __init__(self, service: str, endpoint: str) -> None:
        self._client = client(service, endpoint)

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        method = getattr(self._client, xform_name(request.operation))
        answer = _answered(request.operation, method, _for_sdk(json.loads(request.body or "{}")))
        return _response(answer, json.dumps(answer, default=_wire).encode())

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        for request in requests:
            try:
                outcome = self.call(request)
            except AwsError as error:
                yield request, error
            else:
                yield request, outcome


class SdkBucket:
    """A bucket."""

    def __init__(self, name: str, endpoint: str) -> None:
        self._name = name
        self._client = client("s3", endpoint)

    def put(self, key: str, body: bytes, *, headers: Mapping[str, str] | None = None, deadline: Any = None) -> Response:
        metadata = {
            name.removeprefix("x-amz-meta-"): text
            for name, text in (headers or {}).items()
            if name not in _S3_ARGUMENTS
        }
        arguments = {_S3_ARGUMENTS[name]: text for name, text in (headers or {}).items() if name in _S3_ARGUMENTS}
        return self._call("put_object", key, Body=body, Metadata=metadata, **arguments)

    def get(self, key: str, *, deadline: Any = None) -> Response:
        return self._call("get_object", key)

    def head(self, key: str, *, deadline: Any = None) -> Response:
        return self._call("head_object", key)

    def _call(self, operation: str, key: str, **arguments: Any) -> Response:
        answer = _answered(operation, getattr(self._client, operation), {"Bucket": self._name, "Key": key, **arguments})
        return _response(answer, answer["Body"].read() if "Body" in answer else b"")


def _answered(operation: str, method: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return method(**arguments)
    except ClientError as error:
        words, status = (
            error.response.get("Error", {}),
            error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
        )
        raise AwsError("SDK", operation, words.get("Code", ""), words.get("Message", ""), status=status) from error


def _response(answer: dict[str, Any], body: bytes) -> Response:
    metadata = answer["ResponseMetadata"]
    return Response(metadata["HTTPStatusCode"], metadata["HTTPHeaders"], body)


def _for_sdk(value: Any) -> Any:
    """A payload with binary as the SDK takes it: bytes."""
    if isinstance(value, list):
        return [_for_sdk(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64decode(one) if name == "B" and isinstance(one, str) else _for_sdk(one)
        for name, one in value.items()
    }


def _wire(value: Any) -> str:
    """What JSON does not have, as it goes over the wire: binary, and times."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
