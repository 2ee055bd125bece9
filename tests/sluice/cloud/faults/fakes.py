"""What the tests of the fault proxy use: a small upstream in this process, clients, and calls of the SDK."""

import contextlib
import http.client
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.cloud.faults.proxy import FaultProxy
from tests.clients import REGION, client

AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{{}}/aws4_request, SignedHeaders=host, Signature=0"


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
        return client(service, self.proxy.endpoint, config=config)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.proxy.endpoint).netloc, timeout=5)


def signed_head(service: str) -> dict[str, str]:
    return {"Authorization": AUTHORIZATION.format(service)}


BATCH = {"t": [{"PutRequest": {"Item": {"id": {"S": str(n)}}}} for n in range(10)]}
KEYS = {"t": {"Keys": [{"id": {"S": str(n)}} for n in range(10)], "ProjectionExpression": "id"}}
_MAIL = {"FromEmailAddress": "a@example.com", "Destination": {"ToAddresses": ["b@example.com"]}}
_BULK = {
    "DefaultContent": {"Template": {"TemplateName": "t", "TemplateData": "{}"}},
    "BulkEmailEntries": [{"Destination": {"ToAddresses": ["b@example.com"]}}],
}
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "BatchWriteItem", {"RequestItems": BATCH}),
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
ARGUMENTS = {(service, operation): arguments for service, operation, arguments in CALLS}


def make_call(client: Any, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return client._make_api_call(operation, arguments)


def refusal(cloud: Cloud, service: str, operation: str) -> ClientError:
    with pytest.raises(ClientError) as caught:
        make_call(cloud.client(service), operation, ARGUMENTS[service, operation])
    return caught.value


def outcome(error: ClientError) -> tuple[str, str, int]:
    details = error.response
    return (
        type(error).__name__,
        details.get("Error", {}).get("Code", ""),
        details.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
    )
