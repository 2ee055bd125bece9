"""Imports, from a file in S3 to the items of the table: value by value, and while everything goes wrong."""

import base64
import csv
import gzip
import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.failures.queues import import_failures, redrive_imports
from sluice.ledger import entries
from tests.stacks import configured, eventually, imports_of, invoke, stop_imports, table, target

COLUMNS = {"price": "N", "active": "BOOL"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def faults(cloud: EmbeddedCloud) -> Iterator[FaultProxy]:
    with FaultProxy(cloud.endpoint, seed=4, credentials=("test", "test")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def stack(cloud: EmbeddedCloud, faults: FaultProxy) -> Stack:
    config = configured(imports={"chunkMiB": 1, "gzipLimitMiB": 1, "columns": COLUMNS})
    stack = cloud.deploy("local", config=config, functions_endpoint=faults.endpoint)
    # The lease of an invocation that failed lasts as long as that one might have run: here that is not long.
    importer = stack.output("imports.items.function_name")
    stack.cloud.client("lambda").update_function_configuration(FunctionName=importer, Timeout=10)
    # What failed comes back when it is visible again: in AWS after minutes, here at once.
    queue = stack.output("imports.items.queue_url")
    stack.cloud.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    return stack


def put(stack: Stack, name: str, body: bytes, pipeline: str = "items") -> str:
    """Uploads a file; the ledger's name of it."""
    bucket = stack.output(f"imports.{pipeline}.bucket_name")
    stack.cloud.client("s3").put_object(Bucket=bucket, Key=f"incoming/{name}", Body=body)
    return f"{bucket}/incoming/{name}"


def ended(stack: Stack, object_: str, count: int = 1) -> list[dict[str, Any]]:
    """The ledger's entries of an object, once there are so many and none runs."""

    def look() -> list[dict[str, Any]]:
        found = [entry for entry in entries(imports_of(stack)) if entry["object"] == object_]
        return found if len(found) == count and all(entry["status"] != "RUNNING" for entry in found) else []

    return eventually(look, 240)


def items(stack: Stack, prefix: str, pipeline: str = "items") -> dict[str, dict[str, Any]]:
    """The items of the table whose key begins so, as boto3 reads them."""
    found, more = {}, {}
    while True:
        page = table(stack, stack.output(f"imports.{pipeline}.table_name")).scan(**more)
        found.update({item["id"]: item for item in page["Items"] if item["id"].startswith(prefix)})
        if "LastEvaluatedKey" not in page:
            return found
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


DIGITS = "12345678901234567890123456789012345678"
"""38: all that DynamoDB keeps."""

CELLS = [
    {"id": "1", "name": 'Ada "the first", Countess', "price": DIGITS, "active": "true"},
    {"id": "2", "name": "two\nlines", "price": "-0.1", "active": "false"},
    {"id": "3", "name": "two\r\nlines", "price": "1e-7", "active": "true"},
    {"id": "4", "name": "Zoë 🚀 名前", "price": "0.10", "active": "false"},
    {"id": "5", "name": "", "price": "", "active": ""},
]


def as_csv(prefix: str, *, delimiter: str = ",", end: str = "\n", bom: bool = False) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(CELLS[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows({**row, "id": f"{prefix}{row['id']}"} for row in CELLS)
    return (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()


def from_cells(prefix: str) -> dict[str, dict[str, Any]]:
    """The items that the rows of `CELLS` are, empty cells left out."""
    typed = {"price": Decimal, "active": lambda cell: cell == "true"}
    rows = [{**row, "id": f"{prefix}{row['id']}"} for row in CELLS]
    return {row["id"]: {name: typed.get(name, str)(cell) for name, cell in row.items() if cell} for row in rows}


DOCUMENTS = f"""[
 {{"id": "@1", "nested": {{"list": [1, "two", null, {{"deep": [[]]}}], "empty": {{}}}}, "none": null}},
 {{"id": "@2", "yes": true, "no": false, "tenth": 0.1, "tiny": 1e-7, "large": {DIGITS}, "negative": -1.50}},
 {{"id": "@3", "text": "line\\nbreak \\u00e9 \\ud83d\\ude80", "empty": ""}}
]"""


def documents(prefix: str) -> list[dict[str, Any]]:
    return json.loads(DOCUMENTS.replace("@", prefix), parse_float=Decimal, parse_int=Decimal)


def as_lines(prefix: str) -> bytes:
    return b"".join(
        line.strip().rstrip(",").encode() + b"\n" for line in DOCUMENTS.replace("@", prefix).splitlines()[1:-1]
    )


EXPORTED = [
    {"id": {"S": "@1"}, "n": {"N": DIGITS}, "b": {"B": "AAH/"}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "0.1"]}},
    {"id": {"S": "@2"}, "m": {"M": {"l": {"L": [{"NULL": True}, {"BOOL": False}]}}}},
]


def exported(prefix: str) -> list[dict[str, Any]]:
    return json.loads(json.dumps(EXPORTED).replace("@", prefix))


def as_export(prefix: str) -> bytes:
    return b"".join(json.dumps({"Item": item}).encode() + b"\n" for item in exported(prefix))


def from_export(prefix: str) -> dict[str, dict[str, Any]]:
    read = TypeDeserializer().deserialize
    typed = [
        {**item, **({"b": {"B": base64.b64decode(item["b"]["B"])}} if "b" in item else {})} for item in exported(prefix)
    ]
    made = [{name: read(value) for name, value in item.items()} for item in typed]
    return {item["id"]: item for item in made}


def from_documents(prefix: str) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in documents(prefix)}


FILES = {
    "plain.csv": (as_csv, from_cells),
    "windows.csv": (lambda prefix: as_csv(prefix, end="\r\n", bom=True), from_cells),
    "tabs.tsv": (lambda prefix: as_csv(prefix, delimiter="\t"), from_cells),
    "array.json": (lambda prefix: DOCUMENTS.replace("@", prefix).encode(), from_documents),
    "lines.jsonl": (as_lines, from_documents),
    "lines.ndjson": (as_lines, from_documents),
    "export.json": (as_export, from_export),
}


def test_every_format_arrives_value_by_value_gzipped_or_not(stack):
    wanted, objects = {}, []
    for name, (write, expected) in FILES.items():
        for end, pack in (("", bytes), (".gz", gzip.compress)):
            prefix = f"{name}{end}-"
            objects.append(put(stack, f"trip/{name}{end}", pack(write(prefix))))
            wanted[name + end] = expected(prefix)
    entries_ = {object_: ended(stack, object_)[0] for object_ in objects}
    assert {
        entry["object"].rpartition("/")[2]: (entry["status"], entry["error"]) for entry in entries_.values()
    } == dict.fromkeys(wanted, ("SUCCEEDED", None))
    assert {name: items(stack, f"{name}-") for name in wanted} == wanted


def test_a_message_that_can_never_succeed_is_a_dead_letter_with_its_reason_and_is_redriven(stack):
    sqs, queue = stack.cloud.client("sqs"), stack.output("imports.items.queue_url")
    sqs.send_message(QueueUrl=queue, MessageBody="no message")
    (failure,) = eventually(lambda: list(import_failures(target(stack))))
    assert "is no message for the importer" in failure.reason
    assert [one.is_complete for one in redrive_imports(target(stack))] == [True]
    (again,) = eventually(lambda: list(import_failures(target(stack))))
    assert "is no message for the importer" in again.reason
    assert again.where != failure.where


def test_a_gzip_bomb_is_refused(stack):
    (entry,) = ended(stack, put(stack, "bomb.csv.gz", gzip.compress(b"id,text\nbomb," + b"x" * (8 << 20))))
    assert entry["status"] == "FAILED"
    assert "1" in entry["error"]


def rows(prefix: str, version: str, count: int) -> bytes:
    lines = [f"{prefix}{number},{version},{number}\n" for number in range(count)]
    lines[count // 2] = f",{version},1\n"  # has no key
    return ("id,version,price,pad\n" + "".join(line.rstrip("\n") + "," + "x" * 700 + "\n" for line in lines)).encode()


class Twice:
    """Stands for the queue's mapping: delivers each message twice, at once, through the fault proxy.

    As the mapping does, it deletes what succeeded and lets what failed be received again.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack, self._stopping, self.deliveries = stack, threading.Event(), 0
        self._sqs, self._queue = stack.cloud.client("sqs"), stack.output("imports.items.queue_url")
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(2)]

    def __enter__(self) -> "Twice":
        stop_imports(self._stack)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            received = self._sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=1, AttributeNames=["All"])
            for message in received.get("Messages", []):
                with ThreadPoolExecutor(2) as both:
                    taken = list(both.map(self._deliver, [message, message]))
                if all(taken):
                    self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                else:
                    handle = message["ReceiptHandle"]
                    self._sqs.change_message_visibility(QueueUrl=self._queue, ReceiptHandle=handle, VisibilityTimeout=1)

    def _deliver(self, message: dict[str, Any]) -> bool:
        self.deliveries += 1
        record = {
            "messageId": message["MessageId"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": message["Attributes"]["ApproximateReceiveCount"]},
        }
        how, answer = invoke(self._stack, "imports.items.function_name", {"Records": [record]})
        return how == "ok" and not answer["batchItemFailures"]


def test_the_newest_file_wins_while_workers_die_writes_are_throttled_and_messages_come_twice(stack, faults):
    count = 3000  # of some 700 bytes: three chunks
    died = Rule("function_error", service="lambda", operation="Invoke", rate=0.1, after_work=True, limit=3)
    throttled = Rule("throttle", service="dynamodb", operation="BatchWriteItem", rate=0.2)
    lost = Rule("drop", service="dynamodb", operation="TransactWriteItems", rate=0.05, after_work=True)
    faults.rules = [throttled, lost, died]
    with Twice(stack):
        object_ = put(stack, "chaos.csv", rows("chaos-", "old", count))
        eventually(lambda: any(one["object"] == object_ and one["rows_read"] for one in entries(imports_of(stack))))
        put(stack, "chaos.csv", rows("chaos-", "new", count))
        old, new = ended(stack, object_, 2)
    faults.rules = []
    assert throttled.fired
    found = items(stack, "chaos-")
    assert len(found) == count - 1
    assert {item["version"] for item in found.values()} == {"new"}
    assert (new["status"], new["rows_read"], new["rows_written"], new["rows_rejected"]) == (
        "PARTIAL",
        count,
        count - 1,
        1,
    )
    assert new["chunks_done"] == new["chunks_total"] >= 2
    assert old["rows_read"] == old["rows_written"] + old["rows_rejected"] <= count
