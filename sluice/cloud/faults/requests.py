"""Requests as rules see them, and how their service and operation are recognised."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    """A request as rules see it.

    Attributes:
        service: as in the signature, but `dynamodbstreams` and `sesv2` as boto3 names them; empty when unsigned.
        operation: as the API names it (`PutObject`); the bare method if it is not known.
        method: in upper case.
        target: path and query, as sent.
        headers: names in lower case.
        body: empty when it passes as a stream: chunked, or over 16 MiB (S3: 1 MiB).
    """

    service: str
    operation: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def content(self) -> bytes:
        """Distinguishes this request from others, but not from its own retries."""
        length = self.headers.get("content-length", "")
        return blake2b(f"{self.method} {self.target} {length}\n".encode() + self.body, digest_size=16).digest()


# The scope of a signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
# Presigned URLs carry it percent-encoded.
_SCOPE = re.compile(r"Credential=[^/%]+(?:/|%2F)\d{8}(?:/|%2F)([^/%]+)(?:/|%2F)([^/%]+)(?:/|%2F)aws4_request", re.I)

_REST_OPERATIONS = (
    ("POST", re.compile(r"/2015-03-31/functions/[^/]+/invocations"), "Invoke"),
    ("POST", re.compile(r"/v2/email/outbound-emails"), "SendEmail"),
    ("POST", re.compile(r"/v2/email/outbound-bulk-emails"), "SendBulkEmail"),
)

# Method, the path's object, and the query parameter that shows the operation.
_S3_OPERATIONS = {
    ("GET", "service", ""): "ListBuckets",
    ("PUT", "bucket", ""): "CreateBucket",
    ("HEAD", "bucket", ""): "HeadBucket",
    ("DELETE", "bucket", ""): "DeleteBucket",
    ("GET", "bucket", ""): "ListObjects",
    ("GET", "bucket", "list-type"): "ListObjectsV2",
    ("GET", "bucket", "versions"): "ListObjectVersions",
    ("GET", "bucket", "uploads"): "ListMultipartUploads",
    ("POST", "bucket", "delete"): "DeleteObjects",
    ("GET", "object", ""): "GetObject",
    ("HEAD", "object", ""): "HeadObject",
    ("PUT", "object", ""): "PutObject",
    ("DELETE", "object", ""): "DeleteObject",
    ("POST", "object", "uploads"): "CreateMultipartUpload",
    ("PUT", "object", "uploadId"): "UploadPart",
    ("GET", "object", "uploadId"): "ListParts",
    ("POST", "object", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "object", "uploadId"): "AbortMultipartUpload",
}
_S3_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


def scope(target: str, headers: Mapping[str, str]) -> tuple[str, str]:
    """Returns the region and the service that a request is signed for; empty when it is unsigned."""
    match = _SCOPE.search(headers.get("authorization", target))
    return (match[1], match[2]) if match else ("", "")


def recognise(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Returns the request, with its service and its operation."""
    service, operation = _operation(method, target, headers, body)
    return Request(service, operation, method, target, headers, body)


def _operation(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """The service and the operation of a request."""
    _, service = scope(target, headers)
    if "x-amz-target" in headers:
        prefix, _, operation = headers["x-amz-target"].rpartition(".")
        return ("dynamodbstreams" if prefix.startswith("DynamoDBStreams") else service), operation
    if service == "s3":
        return service, _s3_operation(method, target, headers)
    path = target.partition("?")[0]
    if path.startswith("/v2/email/"):
        service = "sesv2"
    if is_form(headers):
        return service, parse_qs(body.decode("latin-1")).get("Action", [method])[0]
    names = (name for verb, pattern, name in _REST_OPERATIONS if verb == method and pattern.fullmatch(path))
    return service, next(names, method)


def _s3_operation(method: str, target: str, headers: Mapping[str, str]) -> str:
    path, _, query = target.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    kind = "object" if key else "bucket" if bucket else "service"
    telling = ""
    for parameter in query.split("&"):
        name, has_value, _ = parameter.partition("=")
        if (method, kind, name) in _S3_OPERATIONS:
            telling = name
        elif name and not has_value:
            return f"{method}?{name}"  # a subresource such as ?tagging
    operation = _S3_OPERATIONS.get((method, kind, telling), method)
    return _S3_COPIES.get(operation, operation) if "x-amz-copy-source" in headers else operation


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether a request is of the query protocol."""
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
