"""How long the console's pages take to show something when there are ten thousand changes, mails and failures.

`python -m benchmarks.paint` runs in `.venv`, which has the embedded cloud, and needs Chromium. It fills a stack, opens
each page several times, and prints JSON: for each page the milliseconds until the browser's first contentful paint
(https://www.w3.org/TR/paint-timing/), of the first visit, the median and the most; and the machine's load before and
after. There are only a thousand imports: the emulator takes 0.8 s for a query of ten thousand, and answers nobody
meanwhile.
"""

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import ROOT
from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.console.console import Console
from sluice.console.feed import Feed
from sluice.console.serving import Server
from sluice.console.web.rendering import SECTIONS
from sluice.failures.batches import batches
from sluice.failures.stream import read_batch
from sluice.pipelines import pipelines
from sluice.putting import put_files, put_poisoned_user
from sluice.target import Target
from sluice.terminal import note

_GOAL_MS = 300
_ROUNDS = 9
_MANY = 10_000
_PAUSE_MS = 300
_PATIENCE_SECONDS = 300
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main() -> None:
    """Measures and prints; exits with 1 where a goal is missed."""
    before = os.getloadavg()[0]
    feed = Feed()
    with EmbeddedCloud(on_event=feed.tell) as cloud:
        stack = cloud.deploy("local")
        target = Target(stack.outputs, cloud.endpoint, stack.cloud.region, cloud.server.token)
        _fill(stack, target)
        with Server(Console("local", target, ROOT, feed)) as server:
            pages = _pages(server)
    print(json.dumps({"load": [before, os.getloadavg()[0]], "pages": pages}, indent=1))
    sys.exit(not all(page["met"] for page in pages.values()))


def _fill(stack: Stack, target: Target) -> None:
    dynamodb, s3 = target.client("dynamodb"), target.client("s3")
    (stream, importing) = (next(iter(pipelines(target, kind))) for kind in ("streams", "imports"))
    (table,) = stream["tables"]
    _write(dynamodb, table["name"], _users())
    note("changes and mails")
    stack.wait_idle(_PATIENCE_SECONDS)

    put_files(importing, target.token)
    ledger = importing["ledger_table_name"]
    entry = next(item for item in dynamodb.scan(TableName=ledger)["Items"] if "finished_at" in item)
    _write(dynamodb, ledger, _entries(entry))
    note("imports")

    put_poisoned_user(stream, target.token)
    stack.wait_idle(_PATIENCE_SECONDS)
    end = time.monotonic() + _PATIENCE_SECONDS
    while not (failed := batches(target)[0]):
        if time.monotonic() > end:
            raise TimeoutError("no batch was given up")
        time.sleep(0.5)
    bucket, key = target["archive_bucket_name"], failed[0].key
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    for number in range(_MANY):
        s3.put_object(Bucket=bucket, Key=f"{key}-{number:05}", Body=body)
    assert read_batch(target, f"{key}-00000")
    note("failed batches")


def _users() -> Iterator[dict[str, Any]]:
    for number in range(_MANY):
        yield {
            "userId": {"S": f"u-{number:05}"},
            "name": {"S": f"User {number}"},
            "email": {"S": f"user-{number}@example.com"},
        }


def _entries(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(_MANY // 10):
        at = f"2026-01-{number // 1000 + 1:02}T{number // 60 % 24:02}:{number % 60:02}:00.{number % 1000:03}Z"
        name = f"{entry['object']['S']}-{number:05}"
        yield {**entry, "object": {"S": name}, "started_at": {"S": at}, "finished_at": {"S": at}}


def _write(dynamodb: Any, table: str, items: Iterator[dict[str, Any]]) -> None:
    requests = [{"PutRequest": {"Item": item}} for item in items]
    for start in range(0, len(requests), 25):
        dynamodb.batch_write_item(RequestItems={table: requests[start : start + 25]})


def _pages(server: Server) -> dict[str, dict[str, Any]]:
    """Opens each page as a person does, from the previous one; a first visit of all pages counts like the others."""
    taken: dict[str, list[float]] = {section.title: [] for section in SECTIONS}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page()
        page.goto(server.address)
        for number in range(_ROUNDS):
            for title, times in taken.items():
                times.append(_paint(page, title))
            note(f"round {number + 1} of {_ROUNDS}")
    return {
        title: {
            "first_ms": round(times[0]),
            "median_ms": round(statistics.median(times)),
            "most_ms": round(max(times)),
            "goal_ms": _GOAL_MS,
            "met": statistics.median(times) <= _GOAL_MS,
        }
        for title, times in taken.items()
    }


def _paint(page: Page, title: str) -> float:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
    page.wait_for_load_state()
    page.wait_for_function(_PAINT)
    painted = page.evaluate(_PAINT)
    page.wait_for_timeout(_PAUSE_MS)
    return painted


if __name__ == "__main__":
    main()
