"""Privacy: nothing that the functions log holds an address or a name of the people whose data they handle."""

import json
from collections.abc import Iterator

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.cloud.program.execution import ROOT
from tests.stacks import eventually, imports_of, invoke

pytestmark = pytest.mark.e2e

USERS = [json.loads(line) for line in (ROOT / "examples" / "users.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def told() -> list[object]:
    """What the streams' events say; `up` prints these."""
    return []


@pytest.fixture(scope="module")
def stack(told) -> Iterator[Stack]:
    """A stack through which the sample people went: written, changed, imported, counted; with crashes and refusals."""
    with EmbeddedCloud(on_event=told.append) as cloud, FaultProxy(cloud.endpoint, seed=1) as faults:
        stack = cloud.deploy("local", functions_endpoint=faults.endpoint)
        faults.rules = [
            Rule("function_error", service="lambda", rate=0.1),
            Rule("throttle", rate=0.05, when=lambda request: request.service != "lambda"),
        ]
        _drive(stack)
        faults.rules = []
        yield stack


def _drive(stack: Stack) -> None:
    dynamodb = stack.cloud.client("dynamodb")
    for user in USERS:
        item = {name: {"S": str(value)} for name, value in user.items() if value is not None and value != ""}
        dynamodb.put_item(TableName=stack.output("streams.users.tables.0.name"), Item=item)
    lines = "".join(json.dumps({"id": user["userId"], **user}) + "\n" for user in USERS) + '{"name": "Ada"\n'
    bucket = stack.output("imports.items.bucket_name")
    stack.cloud.client("s3").put_object(Bucket=bucket, Key="incoming/users.jsonl", Body=lines.encode())
    stack.wait_idle(120)
    from sluice.ledger import entries

    eventually(lambda: any(entry["status"] == "PARTIAL" for entry in entries(imports_of(stack))), 120)
    invoke(stack, "reports.tables.function_name", {"scheduled_time": "2026-11-21T10:05:00Z"})


def logged(stack: Stack) -> list[str]:
    """Every line that any function logged."""
    logs = stack.cloud.client("logs")
    pages = list(logs.get_paginator("describe_log_groups").paginate())
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    return [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    ]


def test_no_log_holds_an_address_or_a_name(stack, told, promised):
    lines = logged(stack)
    private = {
        user[name].strip()
        for user in USERS
        for name in ("email", "name")
        if isinstance(user.get(name), str) and len(user[name].strip()) > 3
    }
    text = "\n".join([*lines, *map(str, told)])
    spelled = text + text.encode().decode("unicode_escape", errors="ignore")
    found = sorted(value for value in private if value in spelled)
    promised(f"privacy: {len(lines)} lines of logs hold no address, no name", cases=len(private))
    assert len([line for line in lines if '"_aws"' in line]) >= 4, "the functions' summaries are there"
    assert found == []
