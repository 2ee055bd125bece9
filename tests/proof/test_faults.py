"""Faults: each pipeline works through throttling, errors, delays, drops, partial batches and expired credentials.

The short form has one seed a pipeline, the full form five. A seed gives the same request the same fate.
"""

import functools
import gzip
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import mails
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.failures.stream import redrive_stream, stream_failures
from sluice.ledger import entries
from tests.proof.faults import faults_of, lost_answers, spare_marks, workers
from tests.stacks import configured, eventually, imports_of, invoke, target

pytestmark = pytest.mark.e2e

SEEDS = (1, 2, 3, 4, 5)
RECORDS, FEWER = 60, 20
"""Of a stream, in the full form and in the short one: each is archived once and mailed four times."""
TEAMS = ("team@example.com", "sales@example.com", "audit@example.com")
RULES = [
    {"template": "welcome", "events": ["INSERT"]},
    {"template": "profile-changed", "events": ["INSERT"], "to": list(TEAMS)},
]


class Place(NamedTuple):
    stack: Stack
    faults: FaultProxy
    emulator: int
    """The process that leads the group in which functions run."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with EmbeddedCloud() as cloud, FaultProxy(cloud.endpoint, credentials=("test", "test")) as faults:
        config = configured(imports={"chunkMiB": 1}, streams={"mails": RULES, "maximumRetryAttempts": 2})
        stack = cloud.deploy("local", config=config, functions_endpoint=faults.endpoint)
        # A report waits for another run's claim, and an import for the lease of a worker that failed, as long as
        # that one might have run: here that is not long.
        for function, seconds in (("reports.tables.function_name", 30), ("imports.items.function_name", 10)):
            stack.cloud.client("lambda").update_function_configuration(
                FunctionName=stack.output(function), Timeout=seconds
            )
        # What failed comes back when it is visible again: in AWS after minutes, here at once.
        stack.cloud.client("sqs").set_queue_attributes(
            QueueUrl=stack.output("imports.items.queue_url"), Attributes={"VisibilityTimeout": "5"}
        )
        yield Place(stack, faults, cloud.server.pid)


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest, full: bool) -> int:
    if not full and request.param != SEEDS[0]:
        pytest.skip("the full form has more seeds: make proof")
    return request.param


def _archived(stack: Stack, prefix: str) -> Counter[str]:
    s3, bucket = stack.cloud.client("s3"), stack.outputs["archive_bucket_name"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="changes/")
    keys = [held["Key"] for page in pages for held in page.get("Contents", [])]
    bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    users = [json.loads(line)["keys"]["userId"] for body in bodies for line in body.splitlines()]
    return Counter(user for user in users if user.startswith(prefix))


def _crashes(users: Sequence[str]) -> list[Rule]:
    """Invocations that crash: some, all with the first user before their work, all with the second after it."""
    crash = functools.partial(Rule, "function_error", service="lambda", operation="Invoke")
    before, after = (f'"{user}"'.encode() for user in users[:2])
    return [
        crash(when=lambda request: before in request.body),
        crash(when=lambda request: after in request.body, after_work=True),
        crash(rate=0.1),
    ]


def _mailed(stack: Stack, prefix: str) -> Counter[tuple[str, str]]:
    """How often each address was mailed about each user, who is named in each mail."""
    sent = mails(stack.cloud.endpoint, stack.cloud.token)
    greeted = ((re.search(rf"Hello ({prefix}\d+)", mail["text"]), to) for mail in sent for to in mail["to"])
    return Counter((named[1], to) for named, to in greeted if named)


def test_a_stream_of_records_is_archived_and_mailed_once_each_by_each_rule_to_each_address(place, promised, seed, full):
    stack, prefix, count = place.stack, f"s{seed}-", RECORDS if full else FEWER
    place.faults.seed = seed
    users = [f"{prefix}{number}" for number in range(count)]
    services = ("dynamodb", "s3", "sesv2", "ses")
    faults = [*faults_of(*services), *lost_answers("dynamodb", "s3")]
    spare_marks(faults)
    place.faults.rules = [*_crashes(users), *faults]
    for user in users:
        item = {"userId": {"S": user}, "name": {"S": user}, "email": {"S": f"{user}@example.com"}}
        stack.cloud.client("dynamodb").put_item(TableName=stack.output("streams.users.tables.0.name"), Item=item)
    stack.wait_idle(120)
    fired = sum(rule.fired for rule in place.faults.rules)
    place.faults.rules = []
    failed = sum(failure.records for failure in stream_failures(target(stack)))
    assert all(result.is_complete for result in redrive_stream(target(stack)))
    assert not list(stream_failures(target(stack)))
    wanted = {(user, to) for user in users for to in (f"{user}@example.com", *TEAMS)}
    archived, mailed = _archived(stack, prefix), _mailed(stack, prefix)
    lost = [*(set(users) - archived.keys()), *(wanted - mailed.keys())]
    doubled = [key for found in (archived, mailed) for key, times in found.items() if times > 1]
    promised(
        f"stream under {fired} faults, {failed} records redriven, seed {seed}",
        cases=count + len(wanted),
        lost=len(lost),
        doubled=len(doubled),
    )
    assert failed >= 4  # of both consumers, who never ran and whose answer is always lost
    assert mailed.keys() <= wanted
    assert (lost, doubled) == ([], [])


def test_a_file_is_imported_row_by_row_and_counted_once(place, promised, seed):
    stack, count = place.stack, 2000
    place.faults.seed = seed
    place.faults.rules = [*faults_of("dynamodb", "s3", "sqs"), *lost_answers("dynamodb", "s3", "sqs")]
    bucket, key = stack.output("imports.items.bucket_name"), f"incoming/faults-{seed}.csv"
    body = b"id,text\n" + b"".join(b"f%d-%d,%s\n" % (seed, n, b"x" * 700) for n in range(count))
    stack.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def look() -> list[dict[str, Any]]:
        return [one for one in entries(imports_of(stack)) if one["object"].endswith(key) and one["status"] != "RUNNING"]

    (entry,) = eventually(look, 400)
    fired = sum(rule.fired for rule in place.faults.rules)
    place.faults.rules = []
    pages = (
        stack.cloud.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.output("imports.items.table_name"))
    )
    there = {item["id"]["S"] for page in pages for item in page["Items"]}
    lost = {f"f{seed}-{n}" for n in range(count)} - there
    promised(
        f"import under {fired} faults, seed {seed}", cases=count, lost=len(lost), doubled=entry["rows_written"] - count
    )
    assert fired
    assert (entry["status"], entry["rows_read"], entry["rows_written"]) == ("SUCCEEDED", count, count)
    assert lost == set()


def test_an_import_whose_workers_are_killed_is_whole(place, promised, full):
    if not full:
        pytest.skip("in the full form only: make proof")
    stack, count, killed = place.stack, 5000, 0
    place.faults.rules = [Rule("delay", service="dynamodb", operation="BatchWriteItem", seconds=(0.1, 0.3))]
    bucket, key = stack.output("imports.items.bucket_name"), "incoming/killed.csv"
    body = b"id,text\n" + b"".join(b"killed-%d,%s\n" % (n, b"x" * 700) for n in range(count))
    stack.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def look() -> list[dict[str, Any]]:
        return [one for one in entries(imports_of(stack)) if one["object"].endswith(key)]

    eventually(look)
    for _ in range(3):
        time.sleep(0.2)
        for worker in workers(place.emulator):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                killed += 1
    (entry,) = eventually(lambda: [one for one in look() if one["status"] != "RUNNING"], 400)
    place.faults.rules = []
    pages = (
        stack.cloud.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.output("imports.items.table_name"))
    )
    there = {item["id"]["S"] for page in pages for item in page["Items"]}
    lost = {f"killed-{n}" for n in range(count)} - there
    doubled = entry["rows_written"] - count
    promised(f"import, {killed} workers killed at work", cases=count, lost=len(lost), doubled=doubled)
    assert killed
    assert (entry["status"], entry["rows_read"], entry["rows_written"]) == ("SUCCEEDED", count, count)
    assert lost == set()


def test_a_report_is_made_and_mailed_once_however_often_its_run_fails(place, promised, seed):
    stack, scheduled = place.stack, f"2026-01-{seed:02}T00:00:00Z"
    place.faults.seed = seed
    place.faults.rules = [*faults_of("dynamodb", "s3", "sesv2", "ses"), *lost_answers("dynamodb", "s3")]
    before = len(mails(stack.cloud.endpoint, stack.cloud.token))
    ended = [invoke(stack, "reports.tables.function_name", {"scheduled_time": scheduled})[0] for _ in range(3)]
    fired = sum(rule.fired for rule in place.faults.rules)
    place.faults.rules = []
    how, report = invoke(stack, "reports.tables.function_name", {"scheduled_time": scheduled})
    sent = len(mails(stack.cloud.endpoint, stack.cloud.token)) - before
    promised(
        f"report under {fired} faults, seed {seed}", cases=len(ended), lost=int(sent < 1), doubled=max(sent - 1, 0)
    )
    assert how == "ok"
    assert stack.cloud.client("s3").head_object(Bucket=stack.output("reports.tables.bucket_name"), Key=report["page"])
    assert sent == 1
