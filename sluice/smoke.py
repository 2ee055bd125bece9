"""End-to-end checks of a deployed stack: a record, a file and a report go through it, and their traces are removed.

Only what the checks wrote is removed: items by their keys, and objects that hold nothing else, also when a check fails.
`reports/latest.*` shows their report until the next one.
"""

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sluice.ledger import RUNNING, entries
from sluice.pipelines import Pipeline, pipelines
from sluice.reports import run as run_report
from sluice.target import Target

_ROWS = 30
_PATIENCE_SECONDS = 180
_PAUSE_SECONDS = 0.5
_SIMULATOR = "success@simulator.amazonses.com"
"""SES's own mailbox for tests; it counts against no quota."""


class Check(NamedTuple):
    """A promise and whether it held."""

    promise: str
    holds: bool


class RefusedError(Exception):
    """The checks may not run against this stack; the message says why."""


def refuse_if_unsafe(target: Target, *, even_prod: bool) -> None:
    """Ensures that the checks can mail nobody by accident; from the embedded cloud nothing leaves this machine.

    Raises:
        RefusedError: it is `prod` in AWS without `even_prod`, or mail is not limited by `mail.onlyTo` there.
    """
    if target.endpoint:
        return
    if target["environment"] == "prod" and not even_prod:
        raise RefusedError("this is prod: add --even-prod if you mean it")
    streams = pipelines(target, "streams")
    notifiers = [name for stream in streams if (name := stream["notifier_function_name"])]
    for name in (*notifiers, *(report["function_name"] for report in pipelines(target, "reports"))):
        config = target.client("lambda").get_function_configuration(FunctionName=name)
        variables = config["Environment"]["Variables"]
        if not json.loads(variables["MAIL_ONLY_TO"]) and json.loads(variables["MAIL_ENABLED"]):
            raise RefusedError("mail.onlyTo is empty, so the checks could mail people: set it, or mail.enabled: false")


def checks(target: Target) -> Iterator[Check]:
    """Runs each check and cleans up after it."""
    mark = f"smoke-{uuid.uuid4().hex[:12]}"
    for stream in pipelines(target, "streams"):
        if stream["archiver_function_name"]:
            for table in stream["tables"]:
                yield from _stream(stream, table["name"], mark)
    for pipeline in pipelines(target, "imports"):
        yield from _import(pipeline, mark)
    for report in pipelines(target, "reports"):
        yield _report(report)


def _stream(stream: Pipeline, table: str, mark: str) -> Iterator[Check]:
    target, dynamodb = stream.target, stream.client("dynamodb")
    own = _key(dynamodb.describe_table(TableName=table)["Table"], mark, 0)
    trail = _Trail(target, table, _plain(own))
    try:
        dynamodb.put_item(TableName=table, Item={**own, "name": {"S": "Smoke Test"}, "email": {"S": _SIMULATOR}})
        dynamodb.delete_item(TableName=table, Key=own)
        complete = _eventually(lambda: trail.events() == ["INSERT", "REMOVE"])
        yield Check(f"{stream}: a record written and removed is in the audit trail, each once", complete)
    finally:
        dynamodb.delete_item(TableName=table, Key=own)
        for name in trail.own_objects():
            _delete(target, target["archive_bucket_name"], name)


class _Trail:
    """The archive's lines for one record since this object was created."""

    def __init__(self, target: Target, table: str, key: dict[str, Any]) -> None:
        self._target, self._table, self._key = target, table, key
        self._before = set(self._keys())
        self._lines: dict[str, list[dict[str, Any]]] = {}

    def events(self) -> list[str]:
        """The record's events so far, in alphabetical order."""
        for key in self._keys():
            if key not in self._before and key not in self._lines:
                self._lines[key] = self._read(key)
        return sorted(line["event"] for lines in self._lines.values() for line in lines if self._is_own(line))

    def own_objects(self) -> list[str]:
        """The keys of the objects that hold nothing else."""
        return [key for key, lines in self._lines.items() if all(map(self._is_own, lines))]

    def _is_own(self, line: dict[str, Any]) -> bool:
        return line["keys"] == self._key

    def _keys(self) -> Iterator[str]:
        """The keys of the current hour and the one before."""
        now, pages = time.time(), self._target.client("s3").get_paginator("list_objects_v2")
        for moment in (now - 3600, now):
            folder = time.strftime("date=%Y-%m-%d/hour=%H/", time.gmtime(moment))
            prefix = f"changes/table={self._table}/{folder}"
            for page in pages.paginate(Bucket=self._target["archive_bucket_name"], Prefix=prefix):
                yield from (item["Key"] for item in page.get("Contents", []))

    def _read(self, key: str) -> list[dict[str, Any]]:
        item = self._target.client("s3").get_object(Bucket=self._target["archive_bucket_name"], Key=key)
        return [json.loads(line) for line in gzip.decompress(item["Body"].read()).splitlines()]


def _import(pipeline: Pipeline, mark: str) -> Iterator[Check]:
    dynamodb, table = pipeline.client("dynamodb"), pipeline["table_name"]
    bucket, key = pipeline["bucket_name"], f"{pipeline['prefix']}{mark}.jsonl"
    schema = dynamodb.describe_table(TableName=table)["Table"]
    items = [_key(schema, mark, row) for row in range(_ROWS)]
    body = "".join(json.dumps({"note": "smoke test", **_plain(item)}) + "\n" for item in items)
    try:
        pipeline.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())
        _eventually(lambda: any(one["status"] != RUNNING for one in entries([pipeline], f"{bucket}/{key}")))
        statuses = [one["status"] for one in entries([pipeline], f"{bucket}/{key}")]
        yield Check(f"{pipeline}: a file's import succeeds", statuses == ["SUCCEEDED"])
        count = sum("Item" in dynamodb.get_item(TableName=table, Key=own, ConsistentRead=True) for own in items)
        yield Check(f"{pipeline}: its {_ROWS} rows are in the table", count == _ROWS)
    finally:
        for own in items:
            dynamodb.delete_item(TableName=table, Key=own)
        _delete(pipeline.target, bucket, key)
        _forget(pipeline, f"{bucket}/{key}")


def _key(schema: dict[str, Any], mark: str, row: int) -> dict[str, Any]:
    """The key of an item that the checks write into a table, as DynamoDB JSON."""
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in schema["AttributeDefinitions"]}
    names = [part["AttributeName"] for part in schema["KeySchema"]]
    return {name: {"S": f"{mark}-{row}"} if types[name] == "S" else {"N": str(_number(mark, row))} for name in names}


def _plain(key: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else value["S"] for name, value in key.items()}


def _number(mark: str, row: int) -> int:
    """A number that is unlikely to be in the table, for a key of type number."""
    return int(mark.removeprefix("smoke-"), 16) * _ROWS + row


def _forget(pipeline: Pipeline, name: str) -> None:
    """Removes an object's items in the ledger."""
    dynamodb, table = pipeline.client("dynamodb"), pipeline["ledger_table_name"]
    items = dynamodb.query(
        TableName=table,
        KeyConditionExpression="#object = :object",
        ExpressionAttributeNames={"#object": "object"},
        ExpressionAttributeValues={":object": {"S": name}},
    )["Items"]
    for item in items:
        dynamodb.delete_item(TableName=table, Key={"object": item["object"], "version": item["version"]})


def _report(pipeline: Pipeline) -> Check:
    report, target = run_report(pipeline), pipeline.target
    at = report["generated_at"]
    for group, table in pipeline["totals_tables"].items():
        target.client("dynamodb").delete_item(TableName=table, Key={"group": {"S": group}, "generated_at": {"S": at}})
    for kind in ("json", "html", "mail"):
        _delete(target, pipeline["bucket_name"], f"reports/date={at[:10]}/{at.replace(':', '-')}.{kind}")
    names_all = report["groups"].keys() == pipeline["prefixes"].keys()
    return Check(f"{pipeline}: a report runs and names every group", names_all)


def _delete(target: Target, bucket: str, key: str) -> None:
    """Removes an object with all of its versions."""
    s3 = target.client("s3")
    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)
    for version in (*versions.get("Versions", []), *versions.get("DeleteMarkers", [])):
        if version["Key"] == key:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


def _eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True
