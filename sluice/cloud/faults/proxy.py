"""A fault proxy for tests: stands between AWS clients and the embedded cloud, and makes chosen requests fail.

What no rule concerns passes byte for byte, so signatures stay valid. What fails, fails as AWS fails: with the
error of the service in its own protocol, a late answer, or a connection that closes. The same seed gives the
same request the same fate, whatever the timing of threads.

    slow = Rule("throttle", service="dynamodb", operation="BatchWriteItem", rate=0.2)
    with FaultProxy("http://127.0.0.1:4566", [slow], seed=7) as proxy:
        boto3.client("dynamodb", endpoint_url=proxy.endpoint)
        ...
    assert slow.fired

Limits: S3 in path style; HTTP/1.1 without TLS; no errors for services that speak CBOR (CloudWatch).
"""

import asyncio
import json
import math
import re
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

_PIECE = 64 * 1024
_HEAD_LIMIT = 256 * 1024
# Held whole, for predicates: DynamoDB's largest request is 16 MB. Larger objects pass as a stream.
_HELD_LIMIT = 16 * 1024 * 1024
_HELD_OBJECT_LIMIT = 1024 * 1024


# --- requests -------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """A request as rules see it.

    Attributes:
        service: that of the signature, but `dynamodbstreams` and `sesv2` as boto3 names them; empty when
            unsigned.
        operation: as the API names it (`PutObject`); the bare method where it is not known.
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
        """What tells this request from others, and not from its own retries."""
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

# Method, what the path names, and the query parameter that tells the operation.
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


def _scope(target: str, headers: Mapping[str, str]) -> tuple[str, str]:
    """Region and service that a request is signed for; empty when it is unsigned."""
    found = _SCOPE.search(headers.get("authorization", target))
    return (found[1], found[2]) if found else ("", "")


def _recognise(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """The service and the operation of a request."""
    _, service = _scope(target, headers)
    if "x-amz-target" in headers:
        prefix, _, operation = headers["x-amz-target"].rpartition(".")
        return ("dynamodbstreams" if prefix.startswith("DynamoDBStreams") else service), operation
    if service == "s3":
        return service, _s3_operation(method, target, headers)
    path = target.partition("?")[0]
    if path.startswith("/v2/email/"):
        service = "sesv2"
    if _is_form(headers):
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


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


# --- rules ----------------------------------------------------------------------------


Action = Literal["throttle", "error", "delay", "drop", "unprocessed", "expired", "function_error"]
_AFTER_WORK = ("error", "delay", "drop", "function_error")


@dataclass(eq=False, kw_only=True)
class Rule:
    """Makes the requests that it concerns fail, all or some.

    Rules are asked in order, and the first that fires decides. A rule belongs to one proxy. `asked` counts
    the requests that it concerned and was asked about, `fired` those that it made fail.

    Actions:
        throttle: the service's throttling error.
        error: its internal error, with `status` 500 or 503.
        delay: `seconds`, a number or a range, pass before the request is forwarded, also when the client has
            given up meanwhile.
        drop: the connection closes without an answer.
        unprocessed: BatchWriteItem and BatchGetItem succeed and hand back a `fraction` of their entries.
            With 1.0 nothing is forwarded. With less, the others are, in a body that the caller did not sign:
            the proxy signs it with its own `credentials`. The caller's permissions are checked only when it
            sends what was handed back, so a role is tested without this.
        expired: the error for expired credentials.
        function_error: a synchronous Invoke succeeds and reports that the function failed.

    Attributes:
        service: as in `Request`; None: any.
        operation: as in `Request`; None: any.
        rate: the share of requests that fail, 0 to 1. Each attempt has its own chance.
        limit: fires so many times at most (with `per_call`, for so many calls), first come, first served.
        when: asked with the request, on the proxy's thread. What it raises is raised when the proxy stops.
        per_call: all attempts of one call share a fate, so no retry saves it. AWS SDKs name the call in the
            header amz-sdk-invocation-id; without it each attempt is a call.
        after_work: for error, delay, drop and function_error: the request is forwarded and its work done;
            only then its answer is replaced, kept back, or cut in the middle.
    """

    action: Action = field(kw_only=False)
    service: str | None = None
    operation: str | None = None
    rate: float = 1.0
    limit: int | None = None
    when: Callable[[Request], bool] | None = None
    per_call: bool = False
    after_work: bool = False
    status: Literal[500, 503] = 500
    seconds: float | tuple[float, float] = 1.0
    fraction: float = 1.0
    asked: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)
    _ordinals: Counter[bytes] = field(default_factory=Counter, init=False, repr=False)
    _calls: dict[str, bool] = field(default_factory=dict, init=False, repr=False)
    _spent: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate is {self.rate}; it is a share from 0 to 1")
        if not 0 < self.fraction <= 1:
            raise ValueError(f"fraction is {self.fraction}; it is above 0 and at most 1")
        if self.after_work and self.action not in _AFTER_WORK:
            raise ValueError(f"{self.action} never follows the work; only {', '.join(_AFTER_WORK)} can")

    def concerns(self, request: Request) -> bool:
        """Whether the request is of the kind that this rule makes fail."""
        return (
            self.service in (None, request.service)
            and self.operation in (None, request.operation)
            and (self.action != "unprocessed" or (request.operation in _BATCHES and request.body != b""))
            and (self.action != "function_error" or _is_synchronous_invoke(request))
            and (self.when is None or self.when(request))
        )

    def fires(self, request: Request, salt: str) -> bool:
        """Whether a request that the rule concerns fails; counts it."""
        self.asked += 1
        call = request.headers.get("amz-sdk-invocation-id", "") if self.per_call else ""
        fires = self._calls.get(call)
        if fires is None:
            fires = (self.limit is None or self._spent < self.limit) and self._draw(request, salt) < self.rate
            self._spent += fires
            if call:
                self._calls[call] = fires
        self.fired += fires
        return fires

    def _draw(self, request: Request, salt: str) -> float:
        if self.rate in (0, 1):
            return 0.5
        ordinal = self._ordinals[request.content]
        self._ordinals[request.content] += 1
        return _chance(f"{salt}|{request.service}|{request.operation}|{ordinal}|".encode() + request.content)

    def wait(self, request: Request, salt: str) -> float:
        """How many seconds a delayed request waits."""
        if not isinstance(self.seconds, tuple):
            return self.seconds
        low, high = self.seconds
        return low + (high - low) * _chance(f"{salt}|seconds|".encode() + request.content)


def _chance(key: bytes) -> float:
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(blake2b(key, digest_size=6).digest(), "big") / 2**48


def _is_synchronous_invoke(request: Request) -> bool:
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    return request.operation == "Invoke" and kind == "RequestResponse"


# --- answers that AWS would give ------------------------------------------------------


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
        has_short_code = request.service == "s3" or _is_form(request.headers)
        code = "ExpiredToken" if has_short_code else "ExpiredTokenException"
        status = 400 if request.service == "s3" or "x-amz-target" in request.headers else 403
        return _Error(status, code, "The security token included in the request is expired")
    code = "ServiceUnavailable" if rule.status == 503 else _INTERNAL.get(request.service, "InternalFailure")
    return _Error(rule.status, code, "We encountered an internal error. Please try again.")


def _fault(rule: Rule, request: Request) -> bytes:
    """The answer that a rule gives in place of the service's."""
    if rule.action == "function_error":
        payload = {"errorMessage": "made by the fault proxy", "errorType": "InjectedFault"}
        headers = {"X-Amz-Function-Error": "Unhandled", "X-Amz-Executed-Version": "$LATEST"}
        return _json_answer(200, payload, headers)
    return _error_answer(request, _error_of(rule, request))


def _error_answer(request: Request, error: _Error) -> bytes:
    """An error in the protocol of its service: https://smithy.io/2.0/aws/protocols/index.html."""
    sender = "Sender" if error.status < 500 else "Receiver"
    if "x-amz-target" in request.headers:
        namespace = "dynamodb.v20120810" if request.service.startswith("dynamodb") else request.service
        payload = {"__type": f"com.amazonaws.{namespace}#{error.code}", "message": error.message}
        headers = {"x-amzn-query-error": f"{error.code};{sender}"} if request.service == "sqs" else {}
        return _json_answer(error.status, payload, headers, version=request.headers.get("content-type", ""))
    details = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
    if request.service == "s3":
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error>{details}<RequestId>fault</RequestId></Error>'
        has_body = request.method != "HEAD"
        return _answer(error.status, body.encode() if has_body else b"", "application/xml", {})
    if _is_form(request.headers):
        element = f"<Error><Type>{sender}</Type>{details}</Error>"
        body = f"<ErrorResponse>{element}<RequestId>fault</RequestId></ErrorResponse>"
        return _answer(error.status, body.encode(), "text/xml", {})
    return _json_answer(error.status, {"message": error.message}, {"x-amzn-ErrorType": error.code})


def _json_answer(status: int, payload: Any, headers: dict[str, str], *, version: str = "application/json") -> bytes:
    return _answer(status, json.dumps(payload).encode(), version, headers)


def _answer(status: int, body: bytes, content_type: str, headers: dict[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "x-amzn-RequestId: fault",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


# --- batches of which a part is handed back -------------------------------------------

# What is missing in the answer, and what else the answer has when nothing was done.
_BATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "BatchWriteItem": ("UnprocessedItems", {}),
    "BatchGetItem": ("UnprocessedKeys", {"Responses": {}}),
}

_Entries = list[tuple[str, Any]]


def _split(request: Request, fraction: float, salt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The `RequestItems` that are done, and those (at least one) that are handed back; chosen by content."""
    tables: dict[str, Any] = json.loads(request.body)["RequestItems"]
    entries: _Entries = [
        (table, entry)
        for table, asked in tables.items()
        for entry in (asked["Keys"] if isinstance(asked, dict) else asked)
    ]
    chances = [_chance(f"{salt}|{json.dumps(entry)}".encode()) for entry in entries]
    highest = sorted(chances)[math.ceil(len(entries) * fraction) - 1]
    done = [entry for entry, chance in zip(entries, chances, strict=True) if chance > highest]
    left = [entry for entry, chance in zip(entries, chances, strict=True) if chance <= highest]
    return _grouped(tables, done), _grouped(tables, left)


def _grouped(tables: dict[str, Any], entries: _Entries) -> dict[str, Any]:
    grouped: dict[str, Any] = {}
    for table, entry in entries:
        asked = tables[table]
        if isinstance(asked, dict):
            grouped.setdefault(table, {**asked, "Keys": []})["Keys"].append(entry)
        else:
            grouped.setdefault(table, []).append(entry)
    return grouped


def _handed_back(answer: dict[str, Any], name: str, left: dict[str, Any]) -> dict[str, Any]:
    """The answer with `left` added to what the service itself handed back."""
    merged = dict(left)
    for table, asked in answer.get(name, {}).items():
        if isinstance(asked, dict):
            merged[table] = {**asked, "Keys": merged.get(table, {"Keys": []})["Keys"] + asked["Keys"]}
        else:
            merged[table] = merged.get(table, []) + asked
    return {**answer, name: merged}


def _signed(request: Request, items: dict[str, Any], keys: tuple[str, str]) -> bytes:
    """The batch with other `RequestItems`, signed with the proxy's own keys."""
    from botocore.auth import SigV4Auth  # only this rare fault needs the SDK
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = json.dumps({**json.loads(request.body), "RequestItems": items}).encode()
    region, service = _scope(request.target, request.headers)
    kept = {name: request.headers[name] for name in ("host", "content-type", "x-amz-target")}
    signed = AWSRequest(request.method, f"http://{kept['host']}{request.target}", headers=kept, data=body)
    SigV4Auth(Credentials(*keys), service, region).add_auth(signed)
    lines = [f"{name}: {value}" for name, value in signed.headers.items()]
    head = [f"{request.method} {request.target} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


# --- HTTP/1.1 as it lies on the wire: RFC 9112 ----------------------------------------

_CHUNKED, _UNTIL_CLOSE = -1, -2


class _Head(NamedTuple):
    raw: bytes
    start: list[str]
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        """Bytes of the body, or `_CHUNKED`; None where the head does not say."""
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return _CHUNKED
        return int(self.headers["content-length"]) if "content-length" in self.headers else None

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close" or "HTTP/1.0" in self.start


async def _read_head(reader: asyncio.StreamReader) -> _Head:
    raw = await reader.readuntil(b"\r\n\r\n")
    start, *lines = raw.decode("latin-1").split("\r\n")[:-2]
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return _Head(raw, start.split(" ", 2), headers)


async def _pieces(reader: asyncio.StreamReader, length: int) -> AsyncIterator[bytes]:
    """A body in pieces, as it lies on the wire."""
    if length == _UNTIL_CLOSE:
        while piece := await reader.read(_PIECE):
            yield piece
    elif length == _CHUNKED:
        size = 1
        while size:
            line = await reader.readuntil(b"\n")
            size = int(line.partition(b";")[0], 16)
            yield line
            if size:
                async for piece in _pieces(reader, size + len(b"\r\n")):
                    yield piece
        trailer = b""
        while trailer != b"\r\n":
            trailer = await reader.readuntil(b"\n")
            yield trailer
    while length > 0:
        piece = await reader.read(min(length, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", length)
        length -= len(piece)
        yield piece


def _request(head: _Head, body: bytes) -> Request:
    method, target = head.start[0], head.start[1]
    service, operation = _recognise(method, target, head.headers, body)
    return Request(service, operation, method, target, head.headers, body)


async def _pump(reader: asyncio.StreamReader, length: int, writer: asyncio.StreamWriter) -> None:
    async for piece in _pieces(reader, length):
        writer.write(piece)
        await writer.drain()


async def _discard(reader: asyncio.StreamReader, length: int) -> None:
    async for _ in _pieces(reader, length):
        pass


class _Answer(NamedTuple):
    """The upstream's answer, its body still to be read."""

    head: _Head
    length: int
    body: asyncio.StreamReader


async def _read_answer(reader: asyncio.StreamReader, method: str) -> _Answer:
    head = await _read_head(reader)
    while head.start[1].startswith("1"):
        head = await _read_head(reader)
    if method == "HEAD" or head.start[1] in ("204", "304"):
        return _Answer(head, 0, reader)
    return _Answer(head, _UNTIL_CLOSE if head.length is None else head.length, reader)


# --- the proxy ------------------------------------------------------------------------


class _Connection:
    """One connection of a client, and the connection to the upstream that serves it."""

    def __init__(self, proxy: "FaultProxy", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader, self._writer = reader, writer
        self._upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._stays_open = True

    async def serve(self) -> None:
        """Answers requests until either side closes."""
        try:
            while self._stays_open:
                await self._answer_next()
            self._writer.close()
            await self._writer.wait_closed()
        finally:
            if self._upstream:
                self._upstream[1].transport.abort()

    async def _answer_next(self) -> None:
        head = await _read_head(self._reader)
        try:
            await self._exchange(head)
        except ConnectionRefusedError:
            message = "nothing listens at {}:{}, the upstream of the fault proxy".format(*self._proxy.address)
            await self._write(_answer(502, message.encode(), "text/plain", {}))
            self._stays_open = False

    async def _exchange(self, head: _Head) -> None:
        if head.headers.get("expect", "").lower() == "100-continue":  # the upstream's own 100 is passed over
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._hold(head)
        request = _request(head, body or b"")
        rule, salt = self._proxy.decide(request)
        self._stays_open = not head.closes
        if rule and not rule.after_work and rule.action != "delay":
            await _discard(self._reader, (head.length or 0) if body is None else 0)
            await self._fail(rule, salt, request)
            return
        if rule and not rule.after_work:
            await asyncio.sleep(rule.wait(request, salt))
        answer = await self._forward(head, body)
        if rule and rule.after_work:
            await self._fail_after(rule, salt, request, answer)
        else:
            await self._relay(answer)

    async def _hold(self, head: _Head) -> bytes | None:
        """The body; None leaves it to pass as a stream."""
        length = head.length or 0
        is_object = _scope(head.start[1], head.headers)[1] == "s3"
        is_chunked = length == _CHUNKED or "aws-chunked" in head.headers.get("content-encoding", "")
        if is_chunked or length > (_HELD_OBJECT_LIMIT if is_object else _HELD_LIMIT):
            return None
        return await self._reader.readexactly(length)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection to the upstream, a new one if the upstream has closed it since."""
        if self._upstream and self._upstream[0].at_eof():
            self._upstream[1].transport.abort()
            self._upstream = None
        if not self._upstream:
            self._upstream = await asyncio.open_connection(*self._proxy.address, limit=_HEAD_LIMIT)
        return self._upstream

    async def _forward(self, head: _Head, body: bytes | None) -> _Answer:
        reader, writer = await self._connect()
        writer.write(head.raw + (body or b""))
        method = head.start[0]
        if body is not None:
            await writer.drain()
            return await _read_answer(reader, method)
        sending = asyncio.create_task(_pump(self._reader, head.length or 0, writer))
        answer = asyncio.create_task(_read_answer(reader, method))
        try:
            await asyncio.wait((sending, answer), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                sending.result()
            elif not sending.done() or sending.exception():
                self._stays_open = False  # answered before the body's end: the rest of it stays unread
            return await answer
        finally:
            sending.cancel()
            answer.cancel()
            await asyncio.gather(sending, answer, return_exceptions=True)

    async def _relay(self, answer: _Answer) -> None:
        if 0 <= answer.length <= _PIECE:
            await self._write(answer.head.raw + await answer.body.readexactly(answer.length))
        else:
            self._writer.write(answer.head.raw)
            await _pump(answer.body, answer.length, self._writer)
        self._stays_open &= answer.length != _UNTIL_CLOSE and not answer.head.closes

    async def _fail(self, rule: Rule, salt: str, request: Request) -> None:
        """Fails a request in place of its work."""
        if rule.action == "drop":
            self._stays_open = False
        elif rule.action == "unprocessed":
            await self._process_part(rule, salt, request)
        else:
            await self._write(_fault(rule, request))

    async def _fail_after(self, rule: Rule, salt: str, request: Request, answer: _Answer) -> None:
        """Fails a request whose work is done."""
        if rule.action == "delay":
            await asyncio.sleep(rule.wait(request, salt))
            await self._relay(answer)
        elif rule.action == "drop":
            begun = await answer.body.read(_PIECE) if answer.length else b""
            # An answer without a body is cut in its first word: clients take a cut header for the last.
            await self._write(answer.head.raw + begun[: len(begun) // 2] if begun else b"HTTP/")
            self._stays_open = False
        else:
            await _discard(answer.body, answer.length)
            await self._write(_fault(rule, request))

    async def _process_part(self, rule: Rule, salt: str, request: Request) -> None:
        """Answers a batch of which at least one entry is handed back; only the others are forwarded."""
        name, result = _BATCHES[request.operation]
        done, left = _split(request, rule.fraction, salt)
        if done and self._proxy.credentials:
            reader, writer = await self._connect()
            writer.write(_signed(request, done, self._proxy.credentials))
            answer = await _read_answer(reader, request.method)
            if answer.head.start[1] != "200":
                await self._relay(answer)
                return
            result = json.loads(await answer.body.readexactly(answer.length))
        version = request.headers["content-type"]
        await self._write(_json_answer(200, _handed_back(result, name, left), {}, version=version))

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


class FaultProxy:
    """A reverse proxy on a free port of 127.0.0.1, in a thread of its own, while its context is entered.

    Leaving the context closes the port and every connection, and raises what a rule's predicate has raised.

    Args:
        upstream: where requests go, as `http://host:port`.
        rules: can be replaced at any time by assigning to `rules`.
        seed: decides, with the content of a request and how often it came before, which requests fail.
        credentials: the proxy's own key id and secret key, for `unprocessed` with a `fraction` below 1.

    Attributes:
        address: host and port of the upstream.
        endpoint: the URL for clients, once entered.
    """

    def __init__(
        self,
        upstream: str,
        rules: Iterable[Rule] = (),
        *,
        seed: int = 0,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        parts = urlsplit(upstream)
        if parts.scheme != "http" or not parts.hostname or not parts.port:
            raise ValueError(f"upstream is {upstream!r}; it has the form http://host:port")
        self.address = (parts.hostname, parts.port)
        self.seed = seed
        self.credentials = credentials
        self.rules = rules
        self._requests: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._connections: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are asked."""
        return self._rules

    @rules.setter
    def rules(self, rules: Iterable[Rule]) -> None:
        rules = tuple(rules)
        if not self.credentials and any(rule.fraction < 1 for rule in rules):
            raise ValueError("a fraction below 1 needs the proxy's credentials: FaultProxy(..., credentials=(id, key))")
        self._rules = rules

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How many requests came so far, by service and operation; those that failed included."""
        with self._lock:
            return self._requests.copy()

    def decide(self, request: Request) -> tuple[Rule | None, str]:
        """Records a request; returns the rule that fires, and the salt of its chances."""
        with self._lock:
            self._requests[request.service, request.operation] += 1
        for index, rule in enumerate(self._rules):
            salt = f"{self.seed}|{index}"
            if rule.concerns(request) and rule.fires(request, salt):
                return rule, salt
        return None, ""

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        serving = self._serve(listener)
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(serving,), name="fault-proxy", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        if self._failure:
            raise self._failure

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._accept, sock=listener, limit=_HEAD_LIMIT)
        await self._stopping.wait()
        server.close()
        while self._connections:
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # a transport closes its socket one turn after it is aborted

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve_connection(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        connection.add_done_callback(lambda _: writer.transport.abort())

    async def _serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Connection(self, reader, writer).serve()
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went away
        except Exception as failure:
            self._failure = failure
