"""A proxy for tests that alters the answers of AWS, where the emulator's own are not AWS's.

`sluice.cloud.faults` makes requests fail as any service may; this one gives the answers that only one test needs.
Requests pass as they were signed.
"""

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

_NOT_FORWARDED = ("transfer-encoding", "content-length", "connection", "date", "server")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def with_json(self, document: Any) -> "Answer":
        return self._replace(body=json.dumps(document).encode(), headers=_without_checksum(self.headers))


class Asked(NamedTuple):
    operation: str
    """`Scan`, or where the protocol names none method and path: `PUT /bucket/key`."""
    body: bytes


Alter = Callable[[Asked, Callable[[], Answer]], Answer]
"""Gets what is asked and what would answer it, and gives the answer."""


def refused_by_ses(code: str, message: str) -> Answer:
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return Answer(400, headers, json.dumps({"message": message}).encode())


def refused_by_s3(code: str) -> Answer:
    return Answer(403, {"content-type": "application/xml"}, f"<Error><Code>{code}</Code></Error>".encode())


def unaltered(_asked: Asked, forward: Callable[[], Answer]) -> Answer:
    return forward()


class AlteringProxy:
    """Stands before an upstream on a free port of 127.0.0.1; `alter` may be replaced at any time."""

    def __init__(self, upstream: str, alter: Alter = unaltered) -> None:
        self.alter = alter
        self._address = upstream.removeprefix("http://")

    def __enter__(self) -> Self:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                proxy._serve(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815 the names are http.server's

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        named = handler.headers.get("x-amz-target", "").rpartition(".")[2]
        asked = Asked(named or f"{handler.command} {handler.path}", body)
        answer = self.alter(asked, lambda: self._forward(handler, body))
        handler.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in _NOT_FORWARDED:
                handler.send_header(name, value)
        length = answer.headers.get("content-length") if handler.command == "HEAD" else None
        handler.send_header("content-length", length or str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()


def _without_checksum(headers: dict[str, str]) -> dict[str, str]:
    """DynamoDB's answers carry a checksum of their body, which the SDK checks."""
    return {name: value for name, value in headers.items() if name != "x-amz-crc32"}
