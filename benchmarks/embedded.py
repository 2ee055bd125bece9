"""Measurements in the embedded cloud: deploying, previewing, and imports by 1, 2 and 4 workers.

`python -m benchmarks.embedded deploy|preview|import [--rows N ...]` runs in `.venv`, where the embedded cloud is, and
prints JSON.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks import inputs
from benchmarks.measure import ROOT
from benchmarks.workers import Workers
from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.program import execution as program

WORKERS = (1, 2, 4)
_ROUNDS = 3
_LONGEST_SECONDS = 240.0
_POLL_SECONDS = 1.5
"""How long the emulator's mapping may continue after it was switched off."""


def deploy() -> list[float]:
    """Returns the seconds from nothing to a deployed stack, including the emulator's start."""
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        with EmbeddedCloud() as cloud:
            cloud.deploy("local")
            seconds.append(time.perf_counter() - started)
    return seconds


def preview() -> list[float]:
    """Returns the seconds of the command that previews prod."""
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "sluice", "preview", "--stack", "prod"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds.append(time.perf_counter() - started)
    return seconds


def imports(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Returns the seconds from a CSV file's upload to the end of its import, by rows and workers, a stack for each.

    `peak_mb` is the largest memory that a worker has had so far.
    """
    points = []
    for count in WORKERS:
        with EmbeddedCloud() as cloud:
            stack = cloud.deploy("local", config=_configuration())
            _import(
                stack, 10, "first"
            )  # through the emulator's own mapping, which is idle then and can be switched off
            with _workers(stack, count), Workers(cloud.server.pid) as workers:
                _import(stack, 10_000, "second")  # a worker is a process that starts with its first event
                for rows in sizes:
                    took = _import(stack, rows)
                    points.append({"workers": count, "rows": rows, "seconds": took, "peak_mb": workers.peak_mib})
    return points


@contextmanager
def _workers(stack: Stack, count: int) -> Iterator[None]:
    """Feeds the function from the queue with this many parallel invocations; the emulator's own mapping has one."""
    (mapping,) = stack.cloud.client("lambda").list_event_source_mappings(
        FunctionName=stack.output("imports.items.function_name")
    )["EventSourceMappings"]
    stack.cloud.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    time.sleep(_POLL_SECONDS)
    over = threading.Event()
    threads = [threading.Thread(target=_work, args=(stack, over)) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _work(stack: Stack, over: threading.Event) -> None:
    sqs, function = stack.cloud.client("sqs"), stack.cloud.client("lambda")
    url = stack.output("imports.items.queue_url")
    while not over.is_set():
        received = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])
        for message in received.get("Messages", []):
            record = {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            answer = function.invoke(
                FunctionName=stack.output("imports.items.function_name"), Payload=json.dumps({"Records": [record]})
            )
            if json.load(answer["Payload"]) == {"batchItemFailures": []}:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        if "Messages" not in received:
            time.sleep(0.02)


def _configuration() -> dict[str, str]:
    config = program.configuration("local")
    items = {"partitionKey": "id", "columns": inputs.TYPES, "chunkMiB": 1}
    return {**config, "sluice:imports": json.dumps({"items": items})}


def _import(stack: Stack, rows: int, name: str = "measured") -> float:
    bucket, key = stack.output("imports.items.bucket_name"), f"{stack.output('imports.items.prefix')}{name}-{rows}.csv"
    body = "".join(inputs.csv_lines(rows)).encode()
    started = time.perf_counter()
    stack.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    while time.perf_counter() - started < _LONGEST_SECONDS:
        entry = _entry(stack, f"{bucket}/{key}")
        if entry.get("status", {}).get("S") == "SUCCEEDED" and entry["rows_written"]["N"] == str(rows):
            return time.perf_counter() - started
        if entry.get("status", {}).get("S") in ("FAILED", "PARTIAL"):
            raise RuntimeError(f"the import ended otherwise than expected: {entry}")
        time.sleep(0.05)
    raise TimeoutError(f"{rows} rows were not imported within {_LONGEST_SECONDS} s")


def _entry(stack: Stack, name: str) -> dict[str, Any]:
    entries = stack.cloud.client("dynamodb").query(
        TableName=stack.output("imports.items.ledger_table_name"),
        KeyConditionExpression="#object = :object",
        ExpressionAttributeNames={"#object": "object"},
        ExpressionAttributeValues={":object": {"S": name}},
    )["Items"]
    return next((entry for entry in entries if "status" in entry), {})


def main() -> None:
    """Prints the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("deploy", "preview", "import"))
    parser.add_argument("--rows", type=int, nargs="*", default=[])
    options = parser.parse_args()
    measured = {"deploy": deploy, "preview": preview, "import": lambda: imports(options.rows)}[options.what]()
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
