"""Stacks deployed for tests: their settings, their tables and roles, and their functions, one invocation at a time."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sluice.cloud.embedded import Stack
from sluice.cloud.program.execution import ROOT, configuration, forget_modules
from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target
from tests import clients


def configured(**sections: dict[str, Any]) -> dict[str, str]:
    """The configuration of the stack `local` with some settings replaced: `configured(imports={"chunkMiB": 1})`.

    Those of streams, imports and reports are of the only pipeline of each kind.
    """
    config = configuration("local")
    only = {"streams": "users", "imports": "items", "reports": "tables"}
    for section, settings in sections.items():
        key = f"sluice:{section}"
        held = json.loads(config.get(key, "{}"))
        if name := only.get(section):
            config[key] = json.dumps({**held, name: {**held.get(name, {}), **settings}})
        else:
            config[key] = json.dumps({**held, **settings})
    return config


MANY: dict[str, dict[str, dict[str, Any]]] = {
    "streams": {
        "users": {},
        "sales": {
            "tables": ["Orders", "Returns"],
            "partitionKey": "orderId",
            "mails": [
                {"template": "welcome", "events": ["INSERT"], "to": ["sales@example.com", "hq@example.com"]},
                {"template": "profile-changed", "events": ["MODIFY"], "changed": ["status"], "to": "buyer"},
            ],
        },
        "audit": {"tableName": "Contracts", "partitionKey": "contractId", "archive": ["INSERT", "MODIFY", "REMOVE"]},
    },
    "imports": {
        "items": {},
        "products": {"table": "Products", "bucket": "team-exports", "prefix": "products/", "partitionKey": "sku"},
    },
    "reports": {
        "tables": {},
        "shops": {
            "groups": [
                {"name": "EU", "prefix": "EU_", "label": "Europe"},
                {"name": "US", "prefix": "US_", "label": "US"},
            ],
            "recipients": ["shops@example.com"],
        },
    },
}
"""Three streams (one over two existing tables, one without mails), two imports (one on the team's own bucket and
table) and two reports."""


def many(**imports: Any) -> dict[str, str]:
    """The configuration of the stack `local` with the pipelines of `MANY`, and these settings for each import."""
    config = configuration("local")
    for section, own in MANY.items():
        held = json.loads(config.get(f"sluice:{section}", "{}"))
        more = imports if section == "imports" else {}
        merged = {name: {**held.get(name, {}), **settings, **more} for name, settings in own.items()}
        config[f"sluice:{section}"] = json.dumps(merged)
    return config


@contextmanager
def copied_program(root: Path) -> Iterator[None]:
    """A copy of this repository's program in a folder, which may be edited; its modules are loaded from there."""
    for name in ("infra", "handlers"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.local.yaml", "pipelines.yaml"):
        shutil.copy(ROOT / name, root / name)
    others = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in ("infra", "handlers")}
    try:
        yield
    finally:
        forget_modules(root, [root / "infra/__init__.py"])
        sys.modules.update(others)


def target(stack: Stack) -> Target:
    """The stack as commands see it."""
    return Target(stack.outputs, stack.cloud.endpoint)


def imports_of(stack: Stack) -> list[Pipeline]:
    """The stack's imports as commands see them."""
    return pipelines(target(stack), "imports")


def table(stack: Stack, name: str) -> Any:
    """A table, as boto3's resource."""
    return clients.table(stack.cloud.endpoint, name)


def role_of(stack: Stack, function: str) -> str:
    """The ARN of the role of a function, given by the stack output of its name."""
    return stack.cloud.client("lambda").get_function_configuration(FunctionName=stack.output(function))["Role"]


@contextmanager
def without(stack: Stack, function: str, *actions: str) -> Iterator[None]:
    """Takes the statements with such actions, or beginnings of actions, from a function's role meanwhile."""
    iam, role = stack.cloud.client("iam"), role_of(stack, function).rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    left = [one for one in policy["Statement"] if not any(each.startswith(actions) for each in one["Action"])]
    assert len(left) < len(policy["Statement"]), f"{role} has no statement with {actions}"

    def put(statements: list[Any]) -> None:
        document = json.dumps({**policy, "Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

    put(left)
    try:
        yield
    finally:
        put(policy["Statement"])


def summaries(stack: Stack, function: str) -> list[dict[str, Any]]:
    """The line that each invocation of the function that an output names has logged."""
    name = stack.output(function)
    group = stack.cloud.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    pages = stack.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [event["message"].strip() for page in pages for event in page["events"]]
    return [json.loads(line) for line in lines if line.startswith('{"_aws"')]


def invoke(stack: Stack, function: str, event: Any) -> tuple[str, Any]:
    """How an invocation ended, `ok` or `error`, and what it answered."""
    answer = stack.cloud.invoking().invoke(FunctionName=stack.output(function), Payload=json.dumps(event).encode())
    return "error" if "FunctionError" in answer else "ok", json.loads(answer["Payload"].read())


def record(number: int | str, event: str = "INSERT") -> dict[str, Any]:
    """A stream record of a user, as Lambda hands it over."""
    user = {"userId": {"S": f"u-{number}"}, "email": {"S": f"u{number}@example.com"}, "name": {"S": "Ada"}}
    sides = {"INSERT": {"NewImage": user}, "REMOVE": {"OldImage": user}}
    return {
        "eventID": f"event-{number}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-north-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-north-1:000000000000:table/Users/stream/2026-11-21T00:00:00.000",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000,
            "Keys": {"userId": user["userId"]},
            "SequenceNumber": f"{10**20 + abs(hash(number)) % 10**9}",
            "SizeBytes": 100,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **sides[event],
        },
    }


def stop_imports(stack: Stack) -> None:
    """Stops the mappings of the imports' queues: their messages wait for `receive`."""
    for mapping in stack.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping"):
        if ":sqs:" in mapping.inputs["eventSourceArn"]:
            stack.cloud.client("lambda").update_event_source_mapping(UUID=mapping.id, Enabled=False)


def receive(stack: Stack, url: str, about: str = "", seconds: int = 0) -> list[dict[str, Any]]:
    """Takes messages out of a queue for good, and gives those with a text in them; waits so long for the first."""
    sqs = stack.cloud.client("sqs")
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message for message in found if about in message["Body"]]


def import_once(stack: Stack, messages: list[dict[str, Any]], about: str, pipeline: str = "items") -> list[str]:
    """Gives messages to an importer, and then what it sends itself about this; how each invocation ended."""
    ended, queue = [], stack.output(f"imports.{pipeline}.queue_url")
    while messages:
        for message in messages:
            delivered = {
                "messageId": message["MessageId"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            how, answer = invoke(stack, f"imports.{pipeline}.function_name", {"Records": [delivered]})
            ended.append("failed" if how == "error" or answer["batchItemFailures"] else "ok")
        messages = receive(stack, queue, about)
    return ended


def eventually(look: Any, seconds: float = 60) -> Any:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"nothing came within {seconds} s"
        time.sleep(0.1)
    return found
