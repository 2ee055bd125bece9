"""The fault proxy, before a small upstream in this process and, marked e2e, before the embedded cloud."""

import contextlib
import http.client
import io
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from hypothesis import given
from hypothesis import strategies as st

from sluice.cloud.faults.proxy import FaultProxy, Request, Rule

_REGION = "eu-north-1"
_AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential=test/20260101/{_REGION}/{{}}/aws4_request, SignedHeaders=host, Signature=0"
)


class Upstream(ThreadingHTTPServer):
    """Records what arrives and answers everything alike."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forget()

    def forget(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.peers: list[int] = []
        self.closed: set[int] = set()
        self.status, self.body, self.chunks, self.closes = 200, b"{}", False, False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        self.closed.add(client_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def _answer(self) -> None:
        body = self._body()
        self.server.seen.append((self.command, self.path, body))
        self.server.peers.append(self.client_address[1])
        self.send_response(self.server.status)
        if self.server.chunks:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        if self.command != "HEAD" and self.server.chunks:
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.server.body), self.server.body))
        elif self.command != "HEAD":
            self.wfile.write(self.server.body)
        self.close_connection = self.server.closes

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815 - http.server calls them so


class Cloud:
    """The upstream, the proxy before it, and clients of the proxy."""

    def __init__(self, upstream: Upstream, proxy: FaultProxy) -> None:
        self.upstream, self.proxy = upstream, proxy
        self.client = cache(self._client)

    def _client(self, service: str, attempts: int = 1) -> Any:
        config = Config(retries={"mode": "legacy", "total_max_attempts": attempts})
        return _client(service, self.proxy.endpoint, config=config)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.proxy.endpoint).netloc, timeout=5)


def _client(service: str, endpoint: str, key: str = "test", secret: str = "test", **settings: Any) -> Any:
    make: Callable[..., Any] = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name=_REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        **settings,
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Cloud]:
    upstream = Upstream()
    thread = threading.Thread(target=upstream.serve_forever, args=(0.01,))
    thread.start()
    with FaultProxy(upstream.url, seed=1, credentials=("proxy", "secret")) as proxy:
        yield Cloud(upstream, proxy)
    upstream.shutdown()
    upstream.server_close()
    thread.join()


@pytest.fixture
def cloud(shared: Cloud) -> Iterator[Cloud]:
    shared.upstream.forget()
    yield shared
    shared.proxy.rules = []


def _signed_head(service: str) -> dict[str, str]:
    return {"Authorization": _AUTHORIZATION.format(service)}


# --- what no rule concerns passes ---------------------------------------------------------


@contextlib.contextmanager
def _raw_exchange(sent: bytes, answer: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Sends bytes through a proxy to a bare socket; gives what came through in both directions."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        FaultProxy(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        socket.create_connection(("127.0.0.1", urlsplit(proxy.endpoint).port or 0), timeout=5) as client,
    ):
        listener.settimeout(5)
        client.sendall(sent)
        upstream, _ = listener.accept()
        with upstream:
            upstream.settimeout(5)
            arrived = b""
            while len(arrived) < len(sent):
                arrived += upstream.recv(65536)
            upstream.sendall(answer)
            received = b""
            while len(received) < len(answer):
                received += client.recv(65536)
        yield arrived, received


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(b"Content-Length: 5\r\n", b"hello", id="length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"5;a=b\r\nhello\r\n0\r\nx-end: 1\r\n\r\n", id="chunked"),
    ],
)
def test_requests_and_answers_pass_byte_for_byte(head: bytes, body: bytes) -> None:
    sent = b"PUT /b/k%20+?x-id=Put&a HTTP/1.1\r\nhOST: s3.example\r\nX-Odd:  two   spaces \r\n" + head + b"\r\n" + body
    answer = b'HTTP/1.1 201 Made  Up\r\neTag:"x"\r\n' + head + b"\r\n" + body
    with _raw_exchange(sent, answer) as (arrived, received):
        assert arrived == sent
        assert received == answer


def test_one_connection_serves_many_requests(cloud: Cloud) -> None:
    with contextlib.closing(cloud.connect()) as connection:
        for path in ("/1", "/2", "/3"):
            connection.request("POST", path, body=b"x")
            assert connection.getresponse().read() == b"{}"
    assert [path for _, path, _ in cloud.upstream.seen] == ["/1", "/2", "/3"]
    assert len(set(cloud.upstream.peers)) == 1


def test_an_upstream_that_closed_is_connected_to_anew(cloud: Cloud) -> None:
    cloud.upstream.closes = True
    with contextlib.closing(cloud.connect()) as connection:
        for _ in range(2):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"{}"
            while cloud.upstream.peers[-1] not in cloud.upstream.closed:
                time.sleep(0.001)
    assert len(set(cloud.upstream.peers)) == 2


def test_an_answer_to_head_has_no_body(cloud: Cloud) -> None:
    cloud.upstream.body = b"x" * 100
    with contextlib.closing(cloud.connect()) as connection:
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        assert (answer.headers["Content-Length"], answer.read()) == ("100", b"")
        connection.request("GET", "/")
        assert len(connection.getresponse().read()) == 100


def test_large_answers_pass(cloud: Cloud) -> None:
    cloud.upstream.body = random.Random(1).randbytes(3_000_000)
    for cloud.upstream.chunks in (False, True):
        with contextlib.closing(cloud.connect()) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().read() == cloud.upstream.body


@pytest.mark.parametrize("size", [5, 2_000_000])
def test_a_client_that_expects_100_continue_is_told_to_go_on(cloud: Cloud, size: int) -> None:
    body = random.Random(1).randbytes(size)
    with contextlib.closing(cloud.connect()) as connection:
        connection.putrequest("PUT", "/b/k")
        for name, value in {
            **_signed_head("s3"),
            "Content-Length": str(size),
            "Expect": "100-continue",
        }.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.sock.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(body)
        assert connection.getresponse().read() == b"{}"
    assert cloud.upstream.seen == [("PUT", "/b/k", body)]


def test_a_file_of_the_sdk_arrives_whole(cloud: Cloud) -> None:
    cloud.upstream.body = b""
    body = random.Random(1).randbytes(2_000_000)
    cloud.client("s3").put_object(Bucket="b", Key="k", Body=io.BytesIO(body))
    assert cloud.upstream.seen == [("PUT", "/b/k", body)]


def test_a_large_object_passes_as_a_stream_and_can_be_refused_early() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        FaultProxy(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        contextlib.closing(http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc, timeout=5)) as client,
    ):
        listener.settimeout(5)
        client.putrequest("PUT", "/b/k")
        client.putheader("Authorization", _AUTHORIZATION.format("s3"))
        client.putheader("Content-Length", str(100 * 1024 * 1024))
        client.endheaders(b"the first bytes")
        upstream, _ = listener.accept()
        with upstream:
            upstream.settimeout(5)
            arrived = b""
            while not arrived.endswith(b"the first bytes"):
                arrived += upstream.recv(65536)
            upstream.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (403, b"no")


@pytest.mark.parametrize("length", [100, 100_000])
def test_an_answer_that_the_upstream_breaks_off_is_broken_off(length: int) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        FaultProxy(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        contextlib.closing(http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc, timeout=5)) as client,
    ):
        listener.settimeout(5)
        client.request("GET", "/")
        upstream, _ = listener.accept()
        with upstream:
            upstream.recv(65536)
            upstream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nbegun" % length)
        with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)):
            client.getresponse().read()


def test_an_upstream_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with FaultProxy(f"http://127.0.0.1:{port}") as proxy:
        with pytest.raises(urllib.error.HTTPError, match="502") as caught:
            urllib.request.urlopen(proxy.endpoint, timeout=5)
        with caught.value:
            assert f"nothing listens at 127.0.0.1:{port}" in caught.value.read().decode()


def test_an_upstream_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="upstream is 'https://example'; it has the form http://host:port"):
        FaultProxy("https://example")


# --- services and operations are recognised -----------------------------------------------

_BATCH = {"t": [{"PutRequest": {"Item": {"id": {"S": str(n)}}}} for n in range(10)]}
_KEYS = {"t": {"Keys": [{"id": {"S": str(n)}} for n in range(10)], "ProjectionExpression": "id"}}
_MAIL = {"FromEmailAddress": "a@example.com", "Destination": {"ToAddresses": ["b@example.com"]}}
_BULK = {
    "DefaultContent": {"Template": {"TemplateName": "t", "TemplateData": "{}"}},
    "BulkEmailEntries": [{"Destination": {"ToAddresses": ["b@example.com"]}}],
}
_CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "BatchWriteItem", {"RequestItems": _BATCH}),
    ("dynamodb", "GetItem", {"TableName": "t", "Key": {"id": {"S": "1"}}}),
    ("dynamodbstreams", "GetRecords", {"ShardIterator": "i"}),
    ("lambda", "Invoke", {"FunctionName": "f", "Payload": b"{}"}),
    ("sesv2", "SendEmail", {**_MAIL, "Content": {"Raw": {"Data": b"x"}}}),
    ("sesv2", "SendBulkEmail", _BULK),
    ("ses", "GetSendQuota", {}),
    ("sns", "Publish", {"TopicArn": "arn:aws:sns:eu-north-1:000000000000:t", "Message": "m"}),
    ("sqs", "SendMessage", {"QueueUrl": "https://sqs.eu-north-1.amazonaws.com/0/q", "MessageBody": "m"}),
    ("s3", "ListBuckets", {}),
    ("s3", "CreateBucket", {"Bucket": "b"}),
    ("s3", "HeadBucket", {"Bucket": "b"}),
    ("s3", "ListObjects", {"Bucket": "b"}),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": ""}),
    ("s3", "ListObjectVersions", {"Bucket": "b"}),
    ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}}),
    ("s3", "GetObject", {"Bucket": "b", "Key": "a/b c", "VersionId": "1"}),
    ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"x"}),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "b/l"}),
    ("s3", "DeleteObject", {"Bucket": "b", "Key": "k"}),
    ("s3", "CreateMultipartUpload", {"Bucket": "b", "Key": "k"}),
    ("s3", "UploadPart", {"Bucket": "b", "Key": "k", "UploadId": "u", "PartNumber": 1, "Body": b"x"}),
    ("s3", "CompleteMultipartUpload", {"Bucket": "b", "Key": "k", "UploadId": "u"}),
    ("s3", "AbortMultipartUpload", {"Bucket": "b", "Key": "k", "UploadId": "u"}),
]
_ARGUMENTS = {(service, operation): arguments for service, operation, arguments in _CALLS}


def _call(client: Any, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return client._make_api_call(operation, arguments)


def _refusal(cloud: Cloud, service: str, operation: str) -> ClientError:
    with pytest.raises(ClientError) as caught:
        _call(cloud.client(service), operation, _ARGUMENTS[service, operation])
    return caught.value


@pytest.mark.parametrize(("service", "operation"), [call[:2] for call in _CALLS])
def test_an_operation_of_the_sdk_is_recognised(cloud: Cloud, service: str, operation: str) -> None:
    cloud.proxy.rules = [Rule("throttle")]
    before = cloud.proxy.requests
    _refusal(cloud, service, operation)
    assert cloud.proxy.requests - before == {(service, operation): 1}


def test_a_presigned_url_is_recognised(cloud: Cloud) -> None:
    url = cloud.client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
    before = cloud.proxy.requests
    urllib.request.urlopen(url, timeout=5).close()
    assert cloud.proxy.requests - before == {("s3", "GetObject"): 1}


def test_a_subresource_is_not_taken_for_its_object(cloud: Cloud) -> None:
    cloud.upstream.body = b""
    before = cloud.proxy.requests
    _call(cloud.client("s3"), "DeleteObjectTagging", {"Bucket": "b", "Key": "k"})
    assert cloud.proxy.requests - before == {("s3", "DELETE?tagging"): 1}


# --- each fault is the service's own --------------------------------------------------------


def _outcome(error: ClientError) -> tuple[str, str, int]:
    details = error.response
    return (
        type(error).__name__,
        details.get("Error", {}).get("Code", ""),
        details.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
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
    assert _outcome(_refusal(cloud, service, operation)) == (name, code, status)
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
    assert _outcome(_refusal(cloud, service, operation)) == (name, code, 500)
    cloud.proxy.rules = [Rule("error", status=503)]
    assert _outcome(_refusal(cloud, service, operation)) == ("ClientError", "ServiceUnavailable", 503)
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
    assert _outcome(_refusal(cloud, service, operation)) == ("ClientError", code, status)
    assert not cloud.upstream.seen


def test_sqs_by_its_query_protocol_is_refused_in_xml(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("throttle", service="sqs", operation="SendMessage")]
    headers = {**_signed_head("sqs"), "Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.closing(cloud.connect()) as connection:
        connection.request("POST", "/0/q", body=b"Action=SendMessage&MessageBody=m", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (400, "text/xml")
        assert b"<Code>RequestThrottled</Code>" in answer.read()


def test_a_refused_stream_leaves_its_connection_usable(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("throttle", limit=1)]
    body = b"x" * 2_000_000
    with contextlib.closing(cloud.connect()) as connection:
        connection.request("PUT", "/b/k", body=body, headers=_signed_head("s3"))
        refused = connection.getresponse()
        assert (refused.status, b"SlowDown" in refused.read()) == (503, True)
        connection.request("PUT", "/b/k", body=body, headers=_signed_head("s3"))
        assert connection.getresponse().read() == b"{}"
    assert cloud.upstream.seen == [("PUT", "/b/k", body)]


@pytest.mark.parametrize(("after_work", "seen"), [(False, 0), (True, 1)])
def test_an_error_comes_in_place_of_the_work_or_after_it(cloud: Cloud, after_work: bool, seen: int) -> None:
    cloud.proxy.rules = [Rule("error", after_work=after_work)]
    assert _outcome(_refusal(cloud, "dynamodb", "GetItem"))[2] == 500
    assert len(cloud.upstream.seen) == seen


def test_a_dropped_request_never_reaches_the_service(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("drop")]
    with pytest.raises(ConnectionClosedError):
        _call(cloud.client("dynamodb"), "GetItem", _ARGUMENTS["dynamodb", "GetItem"])
    assert not cloud.upstream.seen


@pytest.mark.parametrize(
    ("body", "chunks"), [(b"{}", False), (b"", False), (b"1", False), (b"{}" * 99_000, False), (b"{}", True)]
)
def test_a_drop_after_the_work_cuts_the_answer(cloud: Cloud, body: bytes, chunks: bool) -> None:
    cloud.upstream.body, cloud.upstream.chunks = body, chunks
    cloud.proxy.rules = [Rule("drop", after_work=True)]
    with pytest.raises(HTTPClientError):
        _call(cloud.client("dynamodb"), "GetItem", _ARGUMENTS["dynamodb", "GetItem"])
    assert len(cloud.upstream.seen) == 1


@pytest.mark.parametrize(("after_work", "seen"), [(False, 0), (True, 1)])
def test_a_delay_comes_before_the_work_or_after_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, after_work: bool, seen: int
) -> None:
    waits: list[tuple[float, int]] = []

    async def sleep(seconds: float) -> None:
        waits.append((seconds, len(cloud.upstream.seen)))

    cloud.proxy.rules = [Rule("delay", seconds=30, after_work=after_work)]
    monkeypatch.setattr("sluice.cloud.faults.proxy.asyncio.sleep", sleep)
    _call(cloud.client("dynamodb"), "GetItem", _ARGUMENTS["dynamodb", "GetItem"])
    assert waits == [(30, seen)]
    assert len(cloud.upstream.seen) == 1


def test_delays_are_drawn_from_their_range() -> None:
    rule = Rule("delay", seconds=(1, 3))
    waits = [rule.wait(_request(n), "1|0") for n in range(200)]
    assert min(waits) >= 1
    assert max(waits) < 3
    assert len(set(waits)) == 200


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


# --- batches of which a part is handed back -------------------------------------------------


def test_a_whole_batch_is_handed_back_and_not_forwarded(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("unprocessed")]
    written = cloud.client("dynamodb").batch_write_item(RequestItems=_BATCH)
    read = cloud.client("dynamodb").batch_get_item(RequestItems=_KEYS)
    assert written["UnprocessedItems"] == _BATCH
    assert (read["UnprocessedKeys"], read["Responses"]) == (_KEYS, {})
    assert not cloud.upstream.seen


def _ids(entries: list[dict[str, Any]]) -> set[str]:
    return {entry.get("PutRequest", {}).get("Item", entry)["id"]["S"] for entry in entries}


def test_what_is_not_handed_back_is_forwarded(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.3)]
    left = cloud.client("dynamodb").batch_write_item(RequestItems=_BATCH)["UnprocessedItems"]["t"]
    forwarded = json.loads(cloud.upstream.seen[0][2])["RequestItems"]["t"]
    assert (len(left), len(forwarded)) == (3, 7)
    assert _ids(left) | _ids(forwarded) == _ids(_BATCH["t"])


def test_keys_that_are_handed_back_keep_their_settings(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.3)]
    left = cloud.client("dynamodb").batch_get_item(RequestItems=_KEYS)["UnprocessedKeys"]["t"]
    forwarded = json.loads(cloud.upstream.seen[0][2])["RequestItems"]["t"]
    assert left["ProjectionExpression"] == forwarded["ProjectionExpression"] == "id"
    assert _ids(left["Keys"]) | _ids(forwarded["Keys"]) == _ids(_KEYS["t"]["Keys"])


def test_what_the_service_hands_back_is_added(cloud: Cloud) -> None:
    own = {
        "t": [{"PutRequest": {"Item": {"id": {"S": "own"}}}}],
        "other": [{"PutRequest": {"Item": {"id": {"S": "x"}}}}],
    }
    cloud.upstream.body = json.dumps({"UnprocessedItems": own}).encode()
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.1)]
    left = cloud.client("dynamodb").batch_write_item(RequestItems=_BATCH)["UnprocessedItems"]
    assert len(left["t"]) == 2
    assert own["t"][0] in left["t"]
    assert left["other"] == own["other"]


def test_a_refusal_of_the_rest_is_passed_on(cloud: Cloud) -> None:
    cloud.upstream.status, cloud.upstream.body = 400, b'{"__type": "x#ValidationException", "message": "no"}'
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.5)]
    assert _outcome(_refusal(cloud, "dynamodb", "BatchWriteItem"))[1] == "ValidationException"


def test_a_part_needs_the_proxys_credentials() -> None:
    with pytest.raises(ValueError, match="needs the proxy's credentials"):
        FaultProxy("http://127.0.0.1:1", [Rule("unprocessed", fraction=0.5)])


# --- which requests fail ----------------------------------------------------------------------


def _request(content: object = "", *, service: str = "dynamodb", operation: str = "PutItem", call: str = "") -> Request:
    headers = {"amz-sdk-invocation-id": call} if call else {}
    return Request(service, operation, "POST", "/", headers, str(content).encode())


def _fates(rules: list[Rule], requests: list[Request], seed: int = 1) -> list[bool]:
    proxy = FaultProxy("http://127.0.0.1:1", rules, seed=seed)
    return [proxy.decide(request)[0] is not None for request in requests]


def test_a_rate_is_a_share_of_requests() -> None:
    assert 160 < sum(_fates([Rule("drop", rate=0.2)], [_request(n) for n in range(1000)])) < 240


@given(st.lists(st.integers(0, 5), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_requests_does_not_change_their_fates(contents: list[int], random: random.Random) -> None:
    shuffled = random.sample(contents, len(contents))
    fates, other = (_fates([Rule("drop", rate=0.5)], [_request(n) for n in order]) for order in (contents, shuffled))
    assert sorted(zip(contents, fates, strict=True)) == sorted(zip(shuffled, other, strict=True))


def test_a_retry_has_a_chance_of_its_own() -> None:
    assert len(set(_fates([Rule("drop", rate=0.5)], [_request()] * 20))) == 2


def test_seeds_and_rules_have_chances_of_their_own() -> None:
    requests = [_request(n) for n in range(50)]
    first = _fates([Rule("drop", rate=0.5)], requests)
    assert first == _fates([Rule("drop", rate=0.5)], requests)
    assert first != _fates([Rule("drop", rate=0.5)], requests, seed=2)
    assert first != _fates([Rule("drop", rate=0), Rule("drop", rate=0.5)], requests)


def test_a_rule_concerns_its_service_and_operation_and_what_its_predicate_picks() -> None:
    picky = Rule("drop", service="dynamodb", operation="PutItem", when=lambda request: b"bad" in request.body)
    requests = [
        _request("bad"),
        _request("good"),
        _request("bad", service="s3"),
        _request("bad", operation="GetItem"),
    ]
    assert _fates([picky], requests) == [True, False, False, False]
    assert (picky.asked, picky.fired) == (1, 1)


def test_the_first_rule_that_fires_decides() -> None:
    rules = [Rule("drop", limit=1), Rule("throttle"), Rule("error")]
    proxy = FaultProxy("http://127.0.0.1:1", rules)
    fired = [rule and rule.action for rule, _ in (proxy.decide(_request()) for _ in range(3))]
    assert fired == ["drop", "throttle", "throttle"]
    assert [(rule.asked, rule.fired) for rule in rules] == [(3, 1), (2, 2), (0, 0)]
    assert proxy.requests == {("dynamodb", "PutItem"): 3}


def test_all_attempts_of_a_call_share_its_fate() -> None:
    rule = Rule("drop", rate=0.5, per_call=True)
    fates = _fates([rule], [_request(n, call=str(n)) for n in range(20) for _ in range(4)])
    calls = [fates[start : start + 4] for start in range(0, 80, 4)]
    assert {tuple(call) for call in calls} == {(True,) * 4, (False,) * 4}


def test_a_limit_counts_calls_where_the_rule_does() -> None:
    requests = [_request(call=call) for call in "aabbcc"]
    assert _fates([Rule("drop", per_call=True, limit=2)], requests) == [True] * 4 + [False] * 2
    assert _fates([Rule("drop", limit=2)], requests) == [True] * 2 + [False] * 4


def test_retries_of_the_sdk_share_the_fate_of_their_call(cloud: Cloud) -> None:
    rule = Rule("throttle", per_call=True, limit=1)
    cloud.proxy.rules = [rule]
    client = cloud.client("dynamodb", attempts=3)
    with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
        client.get_item(**_ARGUMENTS["dynamodb", "GetItem"])
    client.get_item(**_ARGUMENTS["dynamodb", "GetItem"])
    assert (rule.asked, rule.fired, len(cloud.upstream.seen)) == (4, 3, 1)


def test_rules_can_be_replaced_while_running(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("throttle")]
    _refusal(cloud, "dynamodb", "GetItem")
    cloud.proxy.rules = []
    cloud.client("dynamodb").get_item(**_ARGUMENTS["dynamodb", "GetItem"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"action": "drop", "rate": 1.5}, "rate is 1.5"),
        ({"action": "unprocessed", "fraction": 0}, "fraction is 0"),
        ({"action": "throttle", "after_work": True}, "throttle never follows the work"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Rule(**settings)


# --- the end ------------------------------------------------------------------------------------


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
def test_leaving_closes_everything_whatever_is_under_way(cloud: Cloud) -> None:
    before = _open_files()
    delayed = Rule("delay", seconds=600)
    with FaultProxy(cloud.upstream.url, [delayed]) as proxy:
        port = urlsplit(proxy.endpoint).port or 0
        idle, waiting, sending = (socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(3))
        waiting.sendall(b"GET / HTTP/1.1\r\n\r\n")
        sending.sendall(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
        while delayed.fired < 2:
            time.sleep(0.001)
    for client in (idle, waiting, sending):
        with client, contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert proxy._thread not in threading.enumerate()
    assert _open_files() == before


def test_what_a_predicate_raises_is_raised_at_the_end(cloud: Cloud) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        FaultProxy(cloud.upstream.url, [Rule("drop", when=lambda request: 1 / 0 > 1)]) as proxy,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        urllib.request.urlopen(proxy.endpoint, timeout=5)


# --- before the embedded cloud, which checks signatures ------------------------------------------


class Emulator(NamedTuple):
    """A running MiniStack, and a caller whose signature it checks (it does not check root's)."""

    url: str
    key: str
    secret: str


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("ministack")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
    }
    command = [str(Path(sys.executable).with_name("ministack"))]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _await_health(process, url)
        yield Emulator(url, *_caller(url))
    finally:
        process.terminate()
        process.wait(10)


def _await_health(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(200):
        assert process.poll() is None, "ministack ended before it was ready"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=1).close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"ministack did not answer at {url} within ten seconds")


def _caller(url: str) -> tuple[str, str]:
    users = _client("iam", url)
    users.create_user(UserName="caller")
    statement = {"Effect": "Allow", "Action": ["s3:*", "dynamodb:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    users.put_user_policy(UserName="caller", PolicyName="all", PolicyDocument=policy)
    key = users.create_access_key(UserName="caller")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.mark.e2e
def test_the_emulator_sees_the_callers_own_signature(emulator: Emulator) -> None:
    with FaultProxy(emulator.url) as proxy:
        caller = _client("dynamodb", proxy.endpoint, emulator.key, emulator.secret)
        assert caller.list_tables()["TableNames"] == []
        forger = _client("dynamodb", proxy.endpoint, emulator.key, "wrong")
        with pytest.raises(ClientError, match="signature"):
            forger.list_tables()
        not_allowed = _client("sqs", proxy.endpoint, emulator.key, emulator.secret)
        with pytest.raises(ClientError, match="AccessDenied"):
            not_allowed.list_queues()


@pytest.mark.e2e
def test_a_large_object_arrives_whole(emulator: Emulator) -> None:
    body = random.Random(1).randbytes(20 * 1024 * 1024)
    with FaultProxy(emulator.url) as proxy:
        objects = _client("s3", proxy.endpoint, emulator.key, emulator.secret)
        objects.create_bucket(Bucket="large", CreateBucketConfiguration={"LocationConstraint": _REGION})
        objects.put_object(Bucket="large", Key="ключ é+ %", Body=io.BytesIO(body))
        with objects.get_object(Bucket="large", Key="ключ é+ %")["Body"] as stream:
            assert stream.read() == body


@pytest.mark.e2e
def test_a_batch_handed_back_in_parts_arrives_whole(emulator: Emulator) -> None:
    rule = Rule("unprocessed", fraction=0.5, limit=2)
    keys = (emulator.key, emulator.secret)
    with FaultProxy(emulator.url, [rule], credentials=keys) as proxy:
        tables = _client("dynamodb", proxy.endpoint, *keys)
        tables.create_table(
            TableName="batches",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        sizes, items = [], {"batches": _BATCH["t"]}
        while items:
            sizes.append(len(items["batches"]))
            items = tables.batch_write_item(RequestItems=items)["UnprocessedItems"]
        assert sizes == [10, 5, 3]
        assert tables.scan(TableName="batches")["Count"] == 10
