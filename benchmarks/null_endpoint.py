"""A stand-in for AWS that does nothing as fast as it can, so that what is measured is the client.

`python -m benchmarks.null_endpoint FOLDER [--delay SECONDS] [--items N]` prints its port, serves until its standard
input closes, and keeps to the last core. It takes every write, knows one table, serves the files of the folder as
objects, and holds back each answer by the delay. At its end it prints on how many connections items were written.
"""

import argparse
import json
import os
import re
import selectors
import signal
import socket
import sys
import time
import zlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import inputs

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"x-amz-target: *[A-Za-z]+_?\d*\.(\w+)", re.IGNORECASE)
_RANGE = re.compile(rb"range: *bytes=(\d+)-(\d*)", re.IGNORECASE)
_RECEIVED = 1 << 18
_ITEMS_A_PAGE = (1 << 20) // inputs.ITEM_BYTES


def answer(status: bytes, body: bytes, kind: bytes = b"application/x-amz-json-1.0", more: bytes = b"") -> bytes:
    """An HTTP answer with the headers that AWS sends; DynamoDB's carry the checksum that its SDK checks."""
    checksum = b"x-amz-crc32: %d\r\n" % zlib.crc32(body) if kind.endswith(b"json-1.0") else b""
    return (
        b"HTTP/1.1 %s\r\nServer: Server\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
        b"x-amzn-RequestId: EOEFT6U78K0MGMMVE0VHOA9K9VVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n%s%s\r\n"
    ) % (
        status,
        time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()).encode(),
        kind,
        len(body),
        checksum,
        more,
    ) + body


class Answers:
    """What each request is answered with."""

    def __init__(self, folder: Path, items: int) -> None:
        self._folder = folder
        self._pages = {
            names: [_page(start, items, names) for start in range(0, items, _ITEMS_A_PAGE)]
            for names in (frozenset(inputs.COLUMNS), inputs.REPORTED)
        }
        self._objects: dict[str, bytes] = {}
        self._bulk: dict[int, bytes] = {}
        self._items: dict[str, dict[str, Any]] = {}
        key = [{"AttributeName": "id", "KeyType": "HASH"}]
        described = {
            "TableName": "RA_bench",
            "TableStatus": "ACTIVE",
            "KeySchema": key,
            "TableSizeBytes": inputs.ITEM_BYTES * items,
        }
        self._fixed = {
            b"BatchWriteItem": answer(b"200 OK", b'{"UnprocessedItems":{}}'),
            b"BatchGetItem": answer(b"200 OK", b'{"Responses":{"marks":[]},"UnprocessedKeys":{}}'),
            b"DescribeTable": answer(b"200 OK", json.dumps({"Table": {**described, "ItemCount": items}}).encode()),
            b"ListTables": answer(b"200 OK", b'{"TableNames":["RA_bench"]}'),
            b"Query": answer(b"200 OK", b'{"Count":0,"Items":[],"ScannedCount":0}'),
        }
        self._answered = {b"Scan": self._scanned, b"TransactWriteItems": self._noted, b"GetItem": self._got}
        self._nothing = answer(b"200 OK", b"{}")
        self._written = answer(b"200 OK", b"", b"application/xml", b'ETag: "d41d8cd98f00b204e9800998ecf8427e"\r\n')
        self._mailed = answer(
            b"200 OK", b'{"MessageId":"0100019a-7c1e-4f1d-9f7e-000000000000-000000"}', b"application/json"
        )

    def to(self, head: bytes, body: bytes) -> bytes:
        """The answer to a request."""
        if target := _TARGET.search(head):
            if target[1] in self._answered:
                return self._answered[target[1]](body)
            return self._fixed.get(target[1], self._nothing)
        method, path = head.split(b" ", 2)[:2]
        if path.startswith(b"/v2/email/outbound-bulk-emails"):
            return self._mailed_in_bulk(body.count(b'"Destination"'))
        if path.startswith(b"/v2/email/"):
            return self._mailed
        if method in (b"GET", b"HEAD"):
            return self._object(path.decode().partition("?")[0].lstrip("/").partition("/")[2], head)
        return self._written

    def _mailed_in_bulk(self, count: int) -> bytes:
        if count not in self._bulk:
            result = {"Status": "SUCCESS", "MessageId": "0100019a-7c1e-4f1d-9f7e-000000000000-000000"}
            body = json.dumps({"BulkEmailEntryResults": [result] * count}).encode()
            self._bulk[count] = answer(b"200 OK", body, b"application/json")
        return self._bulk[count]

    def _scanned(self, body: bytes) -> bytes:
        """The page after the start key, in the segment and with the attributes asked for."""
        asked = json.loads(body)
        pages = self._pages[_projection(asked)]
        number, count = asked.get("Segment", 0), asked.get("TotalSegments", 1)
        start = asked.get("ExclusiveStartKey")
        page = int(start["id"]["S"].removeprefix("page-")) + 1 if start else len(pages) * number // count
        last = page + 1 >= len(pages) * (number + 1) // count
        end = b"}" if last else b',"LastEvaluatedKey":{"id":{"S":"page-%d"}}}' % page
        return answer(b"200 OK", pages[page] + end)

    def _noted(self, body: bytes) -> bytes:
        """What a ledger puts is remembered, for its owner looks whether it is there; conditions always hold."""
        for put in (write["Put"]["Item"] for write in json.loads(body)["TransactItems"] if "Put" in write):
            self._items[_key_text(put)] = put
        return self._nothing

    def _got(self, body: bytes) -> bytes:
        item = self._items.get(_key_text(json.loads(body)["Key"]))
        return answer(b"200 OK", json.dumps({"Item": item}).encode()) if item else self._nothing

    def _object(self, key: str, head: bytes) -> bytes:
        if key not in self._objects:
            path = self._folder / key
            if not path.is_file():
                body = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
                return answer(b"404 Not Found", body, b"application/xml")
            self._objects[key] = path.read_bytes()
        content, status, more = self._objects[key], b"200 OK", b'ETag: "0123456789abcdef0123456789abcdef"\r\n'
        if part := _RANGE.search(head):
            start, end = int(part[1]), min(int(part[2] or len(content)), len(content) - 1)
            more += b"Content-Range: bytes %d-%d/%d\r\n" % (start, end, len(content))
            content, status = content[start : end + 1], b"206 Partial Content"
        return answer(status, content, b"binary/octet-stream", more)


def _key_text(item: dict[str, Any]) -> str:
    return json.dumps([item.get("object"), item.get("version")])


def _projection(scan: dict[str, Any]) -> frozenset[str]:
    """Which attributes a scan asks for."""
    if "ProjectionExpression" not in scan:
        return frozenset(inputs.COLUMNS)
    aliases = scan.get("ExpressionAttributeNames", {})
    names = (name.strip() for name in scan["ProjectionExpression"].split(","))
    return frozenset(aliases.get(name, name) for name in names)


def _page(start: int, items: int, names: frozenset[str]) -> bytes:
    """The beginning of a page's JSON: all but its end. As in DynamoDB a page is 1 MB before attributes are chosen."""
    numbers = range(start, min(start + _ITEMS_A_PAGE, items))
    rows = [{name: value for name, value in inputs.item(number).items() if name in names} for number in numbers]
    facts = {
        "ConsumedCapacity": {"TableName": "RA_bench", "CapacityUnits": 128.5},
        "Count": len(rows),
        "ScannedCount": len(rows),
    }
    page = json.dumps({**facts, "Items": rows}, ensure_ascii=False, separators=(",", ":"))
    return page.removesuffix("}").encode()


class Connection:
    """What came and what is to be sent on one socket."""

    def __init__(self, sock: socket.socket, answer_to: Callable[[bytes, bytes], bytes]) -> None:
        self.sock = sock
        self._answer_to = answer_to
        self._received = bytearray()
        self._length = -1
        self._outgoing: deque[memoryview] = deque()
        self.writes = False
        """It has carried a BatchWriteItem."""

    def receive(self) -> list[bytes] | None:
        """Reads what is there; gives the answers to the requests that are complete, None at the end."""
        try:
            data = self.sock.recv(_RECEIVED)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        self._received += data
        answers: list[bytes] = []
        while (head_end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:head_end])
            found = _LENGTH.search(head)
            end = head_end + 4 + (int(found[1]) if found else 0)
            if len(self._received) < end:
                if b"100-continue" in head and len(self._received) == head_end + 4:
                    self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                break
            body = bytes(self._received[head_end + 4 : end])
            del self._received[:end]
            self.writes = self.writes or b"BatchWriteItem" in head
            answers.append(self._answer_to(head, body))
        return answers

    def put(self, message: bytes) -> None:
        """Puts an answer in the queue of what is to be sent."""
        self._outgoing.append(memoryview(message))

    def send(self) -> bool:
        """Sends what the socket takes; False where something is left."""
        while self._outgoing:
            try:
                count = self.sock.send(self._outgoing[0])
            except BlockingIOError:
                return False
            except OSError:
                self._outgoing.clear()
                break
            self._outgoing[0] = self._outgoing[0][count:]
            if not self._outgoing[0]:
                self._outgoing.popleft()
        return True


class Endpoint:
    """One thread that serves all connections."""

    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers, self._delay = answers, delay
        self._later: deque[tuple[float, Connection, bytes]] = deque()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self.port = self._listener.getsockname()[1]
        self.writing: set[Connection] = set()
        """The connections on which items were written."""

    def serve(self) -> None:
        """Serves until standard input closes, and never sleeps.

        To wake up another core costs more than to send, and the client would pay for it; and a selector wakes up late.
        """
        while True:
            self._send_due()
            for key, events in self._selector.select(0):
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif events & selectors.EVENT_WRITE:
                    self._send(key.data)
                else:
                    self._receive(key.data)

    def _send_due(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, connection, message = self._later.popleft()
            connection.put(message)
            self._send(connection)

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(sock, selectors.EVENT_READ, Connection(sock, self._answers.to))

    def _receive(self, connection: Connection) -> None:
        answers = connection.receive()
        if answers is None:
            self._selector.unregister(connection.sock)
            connection.sock.close()
            return
        if connection.writes:
            self.writing.add(connection)
        for message in answers:
            if self._delay:
                self._later.append((time.monotonic() + self._delay, connection, message))
            else:
                connection.put(message)
                self._send(connection)

    def _send(self, connection: Connection) -> None:
        if connection.sock.fileno() < 0:
            return  # its peer has gone
        events = selectors.EVENT_READ if connection.send() else selectors.EVENT_WRITE
        if self._selector.get_key(connection.sock).events != events:
            self._selector.modify(connection.sock, events, connection)


def main() -> None:
    """Serves, on the last core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--items", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this, and closes standard input
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    endpoint = Endpoint(Answers(options.folder, options.items), options.delay)
    print(endpoint.port, flush=True)
    endpoint.serve()
    print(len(endpoint.writing))


if __name__ == "__main__":
    main()
