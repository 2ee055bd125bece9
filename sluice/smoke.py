"""End-to-end checks of a deployed stack: a record, a file and a report go through it, and what they left is removed.

Only what the checks wrote themselves is removed: items by their keys, objects that hold nothing else. The audit trail keeps
nothing of them; a report that ran meanwhile by its schedule is left alone.
"""

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sluice.commands.report import run as run_report
from sluice.ledger import RUNNING, entries
from sluice.target import Target

_ROWS = 30
_PATIENCE_SECONDS = 180
_SIMULATOR = "success@simulator.amazonses.com"
"""SES's own mailbox for tests; it counts against nothing."""


class Check(NamedTuple):
    """A promise and whether it held."""

    promise: str
    holds: bool


class RefusedError(Exception):
    """The checks may not run against this stack; the message says why."""


def refuse_if_unsafe(target: Target, *, even_prod: bool) -> None:
    """Sees to it that the checks can mail nobody by accident.

    Raises:
        RefusedError: it is `prod` and nobody said so, or mail is not limited by `mail.onlyTo`.
    """
    if target["environment"] == "prod" and not even_prod:
        raise RefusedError("this is prod: say --even-prod if you mean it")
    name = target["notifier_function_name"]
    config = target.client("lambda").get_function_configuration(FunctionName=name)
    told = config["Environment"]["Variables"]
    if not json.loads(told["MAIL_ONLY_TO"]) and json.loads(told["MAIL_ENABLED"]):
        raise RefusedError("mail.onlyTo is empty, so the checks could mail people: set it, or mail.enabled: false")


def checks(target: Target) -> Iterator[Check]:
    """Runs each check and cleans up after it."""
    mark = f"smoke-{uuid.uuid4().hex[:12]}"
    yield from _stream(target, mark)
    yield from _import(target, mark)
    yield _report(target)


def _stream(target: Target, mark: str) -> Iterator[Check]:
    dynamodb, table = target.client("dynamodb"), target["stream_table_name"]
    (key,) = dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
    item = {key["AttributeName"]: {"S": mark}, "name": {"S": "Smoke Test"}, "email": {"S": _SIMULATOR}}
    before = {held["Key"] for held in _archived(target)}
    dynamodb.put_item(TableName=table, Item=item)
    dynamodb.delete_item(TableName=table, Key={key["AttributeName"]: {"S": mark}})
    objects: dict[str, list[dict[str, Any]]] = {}

    def both_there() -> bool:
        for held in _archived(target):
            if held["Key"] not in before and held["Key"] not in objects:
                objects[held["Key"]] = _lines(target, held["Key"])
        seen = {line["event"] for lines in objects.values() for line in lines if mark in line["keys"].values()}
        return {"INSERT", "REMOVE"} <= seen

    yield Check("a record written and removed is in the audit trail, twice", _eventually(both_there))
    for name, lines in objects.items():
        if all(mark in line["keys"].values() for line in lines):
            _delete(target, target["archive_bucket_name"], name)


def _archived(target: Target) -> list[dict[str, Any]]:
    """The objects of this hour and the one before, for the stream's table."""
    now, found = time.time(), []
    for moment in (now - 3600, now):
        folder = time.strftime("date=%Y-%m-%d/hour=%H/", time.gmtime(moment))
        prefix = f"changes/table={target['stream_table_name']}/{folder}"
        pages = target.client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=target["archive_bucket_name"], Prefix=prefix):
            found += page.get("Contents", [])
    return found


def _lines(target: Target, key: str) -> list[dict[str, Any]]:
    body = target.client("s3").get_object(Bucket=target["archive_bucket_name"], Key=key)["Body"].read()
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def _import(target: Target, mark: str) -> Iterator[Check]:
    s3, dynamodb = target.client("s3"), target.client("dynamodb")
    bucket, key = target["import_bucket_name"], f"{target['import_prefix']}{mark}.jsonl"
    described = dynamodb.describe_table(TableName=target["import_table_name"])["Table"]
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in described["AttributeDefinitions"]}
    keys = [part["AttributeName"] for part in described["KeySchema"]]
    rows = [
        {name: f"{mark}-{number}" if types[name] == "S" else number for name in keys} | {"note": "smoke test"}
        for number in range(_ROWS)
    ]
    s3.put_object(Bucket=bucket, Key=key, Body="".join(json.dumps(row) + "\n" for row in rows).encode())
    own: list[dict[str, Any]] = []

    def ended() -> bool:
        own[:] = [entry for entry in entries(target) if entry["object"] == f"{bucket}/{key}"]
        return bool(own) and own[0]["status"] != RUNNING

    done = _eventually(ended)
    yield Check("a file's import ends", done)
    yield Check(f"its {_ROWS} rows are written", done and own[0]["rows_written"] == _ROWS)
    for row in rows:
        stored = {name: {types[name]: str(row[name])} for name in keys}
        dynamodb.delete_item(TableName=target["import_table_name"], Key=stored)
    _delete(target, bucket, key)
    _forget(target, f"{bucket}/{key}")


def _forget(target: Target, name: str) -> None:
    """Removes what the ledger knows of an object."""
    dynamodb, table = target.client("dynamodb"), target["import_ledger_table_name"]
    found = dynamodb.query(
        TableName=table,
        KeyConditionExpression="#object = :object",
        ExpressionAttributeNames={"#object": "object"},
        ExpressionAttributeValues={":object": {"S": name}},
    )["Items"]
    for item in found:
        dynamodb.delete_item(TableName=table, Key={"object": item["object"], "version": item["version"]})


def _report(target: Target) -> Check:
    report = run_report(target)
    for group, table in target["report_totals_tables"].items():
        key = {"group": {"S": group}, "generated_at": {"S": report["generated_at"]}}
        target.client("dynamodb").delete_item(TableName=table, Key=key)
    return Check("a report runs and names every group", report["groups"].keys() == target["report_prefixes"].keys())


def _delete(target: Target, bucket: str, key: str) -> None:
    """Removes an object with all of its versions."""
    s3 = target.client("s3")
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
    versions = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
    for held in versions:
        if held["Key"] == key:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=held["VersionId"])


def _eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(1)
    return False
