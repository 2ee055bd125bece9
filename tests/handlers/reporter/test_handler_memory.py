"""The whole function under the memory that it has in AWS, against tables that were made to be too much for it.

The function runs in a process of its own, whose memory is limited; this process is the AWS that it talks to over HTTP.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any, NamedTuple

import pytest

from handlers.reporter import environment as names
from tests.handlers.reporter.test_settings import VARIABLES

_PAGE = 1 << 20

FUNCTION = """
import json, resource
from handlers.reporter.handler import handle

resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))

class Context:
    function_name = aws_request_id = "reporter"
    def get_remaining_time_in_millis(self):
        return 240_000

handle({"scheduled_time": "2026-11-21T09:05:00Z"}, Context())
status = open("/proc/self/status").read()
print(json.dumps({"peak": int(status.split("VmHWM:")[1].split()[0]) // 1024}))
"""


class Hostile(NamedTuple):
    """Tables of one kind; `size` is what DynamoDB takes an item for."""

    tables: int
    items: int
    size: int
    item: Callable[[int], dict[str, Any]]


def texts(name: str, date: str = "2026-11-21", key: str = "") -> Callable[[int], dict[str, Any]]:
    def item(number: int) -> dict[str, Any]:
        return {"id": {"S": f"{number:04}{key}"}, "name": {"S": name}, "date": {"S": f"{date}{number:04}"}}

    return item


def nested(number: int) -> dict[str, Any]:
    """180,000 nulls, which DynamoDB takes for 360 KB and sends as 2.5 MB."""
    return {"id": {"S": f"{number:04}"}, "name": {"L": [{"NULL": True}] * 180_000}, "date": {"N": str(number)}}


HOSTILE = {
    # each item: a partition key of 2 KB, a sort key's worth beside it, a name and a date of 3 KB
    "long texts": Hostile(60, 200, 9_000, texts("名" * 1000, "日" * 1000, "鍵" * 680 + "整" * 340)),
    "many tables": Hostile(600, 150, 60, texts("Lens")),
    "many items": Hostile(300, 200, 60, texts("Lens")),
    "texts of 390 KB": Hostile(4, 60, 390_000, texts("n", "d" * 390_000)),
    "quotes": Hostile(100, 200, 700, texts("'" * 200, '"' * 200, "&" * 200)),
    "beyond the basic plane": Hostile(100, 200, 1_800, texts("😀" * 200, "😀" * 200)),
    "controls": Hostile(100, 200, 700, texts("\x01" * 200, "\x02" * 200, "\x03" * 200)),
    "nested values": Hostile(16, 2, 360_000, nested),
}


class Cloud:
    """DynamoDB with hostile tables, and S3 and SES that take what they get."""

    def __init__(self, hostile: Hostile) -> None:
        self.stored: dict[str, bytes] = {}
        self.mails: list[dict[str, Any]] = []
        self._hostile = hostile
        self._names = [f"RA_{number:04}" for number in range(hostile.tables)]
        per_page = max(1, _PAGE // hostile.size)
        self._pages = [
            json.dumps([hostile.item(number) for number in range(start, min(start + per_page, hostile.items))])
            for start in range(0, hostile.items, per_page)
        ]

    def answer(self, method: str, path: str, target: str, body: bytes) -> tuple[int, bytes]:
        if target:
            return 200, getattr(self, target.partition(".")[2])(json.loads(body)).encode()
        if method == "PUT":
            self.stored[path] = body
        elif method == "POST":
            self.mails.append(json.loads(body))
            return 200, b'{"MessageId":"1"}'
        return (200, b"") if method == "PUT" else (404, b"")

    def ListTables(self, asked: dict[str, Any]) -> str:  # noqa: N802 (as AWS has it)
        after = asked.get("ExclusiveStartTableName", "")
        found = [name for name in self._names if name > after][:100]
        return json.dumps({"TableNames": found} | ({"LastEvaluatedTableName": found[-1]} if found else {}))

    def DescribeTable(self, asked: dict[str, Any]) -> str:  # noqa: N802
        table = {
            "TableName": asked["TableName"],
            "TableStatus": "ACTIVE",
            "TableSizeBytes": self._hostile.size * self._hostile.items,
            "ItemCount": self._hostile.items,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        }
        return json.dumps({"Table": table})

    def Scan(self, asked: dict[str, Any]) -> str:  # noqa: N802
        if asked.get("Segment"):
            return '{"Count":0,"Items":[],"ConsumedCapacity":{"CapacityUnits":0.5}}'
        at = int(asked.get("ExclusiveStartKey", {"id": {"S": "0"}})["id"]["S"])
        per_page = max(1, _PAGE // self._hostile.size)
        number = min(per_page, self._hostile.items - at * per_page)
        last = f',"LastEvaluatedKey":{{"id":{{"S":"{at + 1}"}}}}' if at + 1 < len(self._pages) else ""
        units = '"ConsumedCapacity":{"CapacityUnits":1}'
        return f'{{"Count":{number},"Items":{self._pages[at]},{units}{last}}}'

    def UpdateItem(self, _: dict[str, Any]) -> str:  # noqa: N802
        return "{}"

    def GetItem(self, _: dict[str, Any]) -> str:  # noqa: N802
        return '{"Item":{}}'

    def Query(self, _: dict[str, Any]) -> str:  # noqa: N802
        return '{"Items":[]}'


@contextmanager
def served(cloud: Cloud) -> Iterator[str]:
    """Serves it; gives its address."""

    etags = count()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = cloud.answer(self.command, self.path, self.headers.get("x-amz-target", ""), body)
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.send_header("etag", f'"{next(etags)}"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_HEAD = do_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def run(cloud: Cloud) -> dict[str, Any]:
    """Runs the function; gives what it logged."""
    with served(cloud) as endpoint:
        variables = {
            **VARIABLES,
            names.ITEMS_PER_TABLE: "200",
            names.READ_UNITS: "1000000",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": "eu-north-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PATH": os.environ["PATH"],
        }
        command = [sys.executable, "-c", FUNCTION]
        ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    summary, peak = map(json.loads, ended.stdout.splitlines())
    return summary | peak


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_report_of_hostile_tables_is_made_within_512_mb(kind: str) -> None:
    hostile = HOSTILE[kind]
    cloud = Cloud(hostile)
    told = run(cloud)
    assert told["peak"] < 400  # megabytes: Lambda's own runtime has to fit beside it
    report, page = (cloud.stored[f"/reports/reports/latest.{kind}"] for kind in ("json", "html"))
    assert len(report) < 20_500_000
    assert len(page) < 17_000_000
    tables = json.loads(report)["groups"]["RA"]["tables"]
    assert [table["count"] for table in tables] == [hostile.items] * hostile.tables
    assert all(table["items_truncated"] == (len(table["items"]) < hostile.items) for table in tables)
    assert all(table["items"] for table in tables)
    assert all(len(str(item[name])) <= 1000 for table in tables for item in table["items"] for name in ("name", "date"))
    assert len(cloud.mails) == 1
