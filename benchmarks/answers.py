"""The null endpoint's answers: it accepts every write, has one table, and serves a folder's files as objects."""

import json
import re
import time
import zlib
from pathlib import Path
from typing import Any

from benchmarks import inputs

_TARGET = re.compile(rb"x-amz-target: *[A-Za-z]+_?\d*\.(\w+)", re.IGNORECASE)
_RANGE = re.compile(rb"range: *bytes=(\d+)-(\d*)", re.IGNORECASE)
_ITEMS_A_PAGE = (1 << 20) // inputs.ITEM_BYTES


def answer(status: bytes, body: bytes, kind: bytes = b"application/x-amz-json-1.0", more: bytes = b"") -> bytes:
    """Returns an HTTP response with the headers that AWS sends; DynamoDB's include the checksum that its SDK checks."""
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
    """The response to each request."""

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
        """Returns the response to a request."""
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
        """Returns the page after the start key, for the requested segment and attributes."""
        asked = json.loads(body)
        pages = self._pages[_projection(asked)]
        number, count = asked.get("Segment", 0), asked.get("TotalSegments", 1)
        start = asked.get("ExclusiveStartKey")
        page = int(start["id"]["S"].removeprefix("page-")) + 1 if start else len(pages) * number // count
        last = page + 1 >= len(pages) * (number + 1) // count
        end = b"}" if last else b',"LastEvaluatedKey":{"id":{"S":"page-%d"}}}' % page
        return answer(b"200 OK", pages[page] + end)

    def _noted(self, body: bytes) -> bytes:
        """Stores what is put into a ledger, since the importer reads it back; conditions always hold."""
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
    """Returns the attributes that a scan requests."""
    if "ProjectionExpression" not in scan:
        return frozenset(inputs.COLUMNS)
    aliases = scan.get("ExpressionAttributeNames", {})
    names = (name.strip() for name in scan["ProjectionExpression"].split(","))
    return frozenset(aliases.get(name, name) for name in names)


def _page(start: int, items: int, names: frozenset[str]) -> bytes:
    """Returns a page's JSON without its end. As in DynamoDB, a page is 1 MB before attributes are projected."""
    numbers = range(start, min(start + _ITEMS_A_PAGE, items))
    rows = [{name: value for name, value in inputs.item(number).items() if name in names} for number in numbers]
    facts = {
        "ConsumedCapacity": {"TableName": "RA_bench", "CapacityUnits": 128.5},
        "Count": len(rows),
        "ScannedCount": len(rows),
    }
    page = json.dumps({**facts, "Items": rows}, ensure_ascii=False, separators=(",", ":"))
    return page.removesuffix("}").encode()
