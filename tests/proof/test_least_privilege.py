"""Least privilege: each permission of each role is taken away once, and what needs it is seen to fail.

The cases are what the deployed roles hold, one for each action and resource of each statement, so a new permission that
nothing needs shows up by itself. What the emulator does not judge stands in `UNJUDGED`;
`tests/policies/test_documents_lint.py` holds it against AWS's service authorization reference.
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.ministack import ASKED_BESIDE
from sluice.cloud.emulator.outbox import mails
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.poller import StreamPoller
from sluice.cloud.triggers.streams.worker import Clients
from tests import stacks
from tests.stacks import eventually, import_once, invoke, receive, record

pytestmark = pytest.mark.e2e

UNJUDGED = {
    r"WriteLogs logs:.*": "the emulator writes the logs itself, and asks nobody",
    r"ReadStream dynamodb:ListStreams": "Lambda asks for it when a mapping is made; the poller needs no list",
    r"SendTemplates ses:SendBulkTemplatedEmail": "accounts have been seen to check the first API's action too",
    r"TellGoneFromForbidden s3:ListBucket": "without it S3 answers 403 for what is gone; the emulator always 404",
    r"ReceiveWork sqs:.*": "Lambda does it for the mapping; the emulator's mapping asks nobody",
    r"reports\.\w+\.function_name KeepFailures sqs:SendMessage": "Lambda does it; the emulator asks nobody",
    r"schedule (Invoke|KeepFailures) .*": "EventBridge Scheduler does it; ours is root",
}
"""Function, statement and action, as far as is needed, of what nothing here can judge -> why."""

_numbers = count(1)


class Permission(NamedTuple):
    """One action on one resource of one statement."""

    sid: str
    action: str
    resource: str


class Role:
    """A role with an inline policy, of which one permission can be taken away."""

    def __init__(self, stack: Stack, arn: str) -> None:
        self._iam, self._name = stack.cloud.client("iam"), arn.rpartition("/")[2]
        (self._policy,) = self._iam.list_role_policies(RoleName=self._name)["PolicyNames"]
        held = self._iam.get_role_policy(RoleName=self._name, PolicyName=self._policy)["PolicyDocument"]
        self._document = held
        self.permissions = [
            Permission(statement["Sid"], action, resource)
            for statement in held["Statement"]
            for action in _listed(statement["Action"])
            if action not in ASKED_BESIDE.values()
            for resource in _listed(statement["Resource"])
        ]

    @contextmanager
    def without(self, missing: Permission) -> Iterator[None]:
        """All permissions but one, meanwhile."""
        conditions = {statement["Sid"]: statement.get("Condition") for statement in self._document["Statement"]}
        statements = [
            {
                "Sid": f"S{number}",
                "Effect": "Allow",
                "Action": [one.action, *([ASKED_BESIDE[one.action]] if one.action in ASKED_BESIDE else [])],
                "Resource": [one.resource],
                **({"Condition": conditions[one.sid]} if conditions[one.sid] else {}),
            }
            for number, one in enumerate(self.permissions)
            if one != missing
        ]
        self._put({"Version": "2012-10-17", "Statement": statements})
        try:
            yield
        finally:
            self._put(self._document)

    def _put(self, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(RoleName=self._name, PolicyName=self._policy, PolicyDocument=json.dumps(document))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


class Place(NamedTuple):
    """A stack, the proxy before its functions, and the name of the pipeline that is looked at."""

    stack: Stack
    faults: FaultProxy
    pipeline: str = ""

    def output(self, section: str, name: str) -> Any:
        """Returns an output of the pipeline."""
        return self.stack.output(f"{section}.{self.pipeline}.{name}")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """The stack `local`, the mapping of its import's queue stopped, and tables to count."""
    with deployed(stacks.configured(imports={"chunkMiB": 1})) as place:
        yield place


@pytest.fixture(scope="module")
def many() -> Iterator[Place]:
    """A stack of seven pipelines, the mappings of its imports' queues stopped, and tables to count."""
    with deployed(stacks.many(chunkMiB=1)) as place:
        yield place


@contextmanager
def deployed(config: dict[str, str]) -> Iterator[Place]:
    """A stack with this configuration behind a proxy, the mappings of its imports stopped, and tables to count."""
    with EmbeddedCloud() as cloud, FaultProxy(cloud.endpoint) as faults:
        stack = cloud.deploy("local", config=config, functions_endpoint=faults.endpoint)
        stacks.stop_imports(stack)
        for report in stack.outputs["reports"].values():
            # A run that lacks a permission may wait for another's claim to end; it need not wait for minutes.
            stack.cloud.client("lambda").update_function_configuration(FunctionName=report["function_name"], Timeout=10)
            for prefix in report["prefixes"].values():
                _make_table(stack, f"{prefix}things")
        yield Place(stack, faults)


def _make_table(stack: Stack, name: str) -> None:
    stack.cloud.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    stack.cloud.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "1"}, "name": {"S": "one"}})


# What each function does, from end to end; a journey gives what can be seen of it, the same each time.


def notify(place: Place) -> Any:
    """Mails three new users, of whom one comes again and one is redriven."""
    one, other, redriven = (record(next(_numbers)) for _ in range(3))
    before = _greeted(place)
    events = [{"Records": [one]}, {"Records": [one, other]}, {"Records": [redriven], "redriven": True}]
    function = f"streams.{place.pipeline}.notifier_function_name"
    ended = [invoke(place.stack, function, event) for event in events]
    return [how == "ok" and not answer["batchItemFailures"] for how, answer in ended], (_greeted(place) - before)


def _greeted(place: Place) -> int:
    """How many mails there are about records of ours: the stack's own mappings send others meanwhile."""
    return sum("Ada" in mail["subject"] for mail in mails(place.stack.cloud.endpoint, place.stack.cloud.token))


def archive(place: Place) -> Any:
    """Archives a new user."""
    function = f"streams.{place.pipeline}.archiver_function_name"
    how, answer = invoke(place.stack, function, {"Records": [record(next(_numbers))]})
    return how, answer.get("batchItemFailures")


def import_files(place: Place) -> Any:
    """Imports files that need everything that the importer may do."""
    stack, number = place.stack, next(_numbers)
    s3, bucket, pipeline = stack.cloud.client("s3"), place.output("imports", "bucket_name"), place.pipeline
    queue, dead_letters = (place.output("imports", f"{name}_url") for name in ("queue", "dead_letter_queue"))
    key = _key(stack, place.output("imports", "table_name")).encode()

    folder = f"{place.output('imports', 'prefix')}{number}/"

    def put(name: str, body: bytes, *, deleted: bool = False) -> list[str]:
        path = f"{folder}{name}"
        s3.put_object(Bucket=bucket, Key=path, Body=body)
        messages = eventually(lambda: receive(stack, queue, folder, 1))
        if deleted:
            s3.delete_object(Bucket=bucket, Key=path)
        return import_once(stack, messages, folder, pipeline)

    ended = [
        put("rows.csv", key + b",name\n%d,Ada\n,nobody\n" % number),
        put("rows.csv", key + b",name\n%d,Grace\n" % number),
        put("gone.csv", key + b"\n1\n", deleted=True),
        put("large.csv", key + b",text\n" + b"".join(b"%d-%d,%s\n" % (number, i, b"x" * 100_000) for i in range(12))),
        import_once(stack, [{"MessageId": "m", "Body": "no message"}], folder, pipeline),
    ]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ended.append(put("versioned.csv", key + b"\n%d-v\n" % number))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    rejected = s3.list_objects_v2(Bucket=bucket, Prefix=f"rejected/{folder}").get("Contents", [])
    return ended, _statuses(stack, f"{bucket}/{folder}"), len(rejected), len(receive(stack, dead_letters))


def _statuses(stack: Stack, prefix: str) -> Any:
    from sluice.ledger import entries

    fields = ("status", "rows_written", "rows_rejected", "chunks_done", "error")
    ours = [entry for entry in entries(stacks.imports_of(stack)) if entry["object"].startswith(prefix)]
    return sorted([entry["object"].removeprefix(prefix), *(entry[field] for field in fields)] for entry in ours)


def report(place: Place) -> Any:
    """Runs a report twice, one more while the bucket takes no marks of mails, and that again when it does."""
    stack, number, before = place.stack, next(_numbers), len(mails(place.stack.cloud.endpoint, place.stack.cloud.token))
    times = [f"20{number // 60 % 100:02}-01-01T00:{number % 60:02}:{second:02}Z" for second in (0, 30)]
    function = f"reports.{place.pipeline}.function_name"
    ended = [invoke(stack, function, {"scheduled_time": times[0]}) for _ in range(2)]
    place.faults.rules = [Rule("expired", service="s3", when=lambda request: ".mail" in request.target)]
    ended.append(invoke(stack, function, {"scheduled_time": times[1]}))
    place.faults.rules = []
    ended.append(invoke(stack, function, {"scheduled_time": times[1]}))
    counts = [answer.get("totals") for _, answer in ended]
    return (
        [how for how, _ in ended],
        counts,
        len(mails(stack.cloud.endpoint, stack.cloud.token)) - before,
        _history(place, times),
    )


def _history(place: Place, times: list[str]) -> Any:
    s3, bucket = place.stack.cloud.client("s3"), place.output("reports", "bucket_name")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"reports/date={times[0][:10]}/").get("Contents", [])
    pages = {held["Key"]: s3.get_object(Bucket=bucket, Key=held["Key"])["Body"].read() for held in listed}
    own = [f"{time.replace(':', '-')}.json" for time in times]
    records = [json.loads(page) for key, page in pages.items() if key.endswith(tuple(own))]
    tables = [table for record in records for group in record["groups"].values() for table in group["tables"]]
    states = {(table["name"], table.get("status"), len(table["items"])) for table in tables}
    return bool(pages), len(pages) >= 3, sorted(states, key=str)


class _Refusing:
    """Stands for Lambda: takes records, and refuses each that is poisoned."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def invoke(self, FunctionName: str, Payload: bytes, **_: Any) -> Any:
        import io

        keys = [key["S"] for one in json.loads(Payload)["Records"] for key in one["dynamodb"]["Keys"].values()]
        poisoned = any(key.startswith("poison") for key in keys)
        if not poisoned:
            self.taken.update(keys)
        failed = {"FunctionError": "Unhandled"} if poisoned else {}
        return {
            "StatusCode": 200,
            "ExecutedVersion": "$LATEST",
            "ResponseMetadata": {},
            "Payload": io.BytesIO(b"{}"),
            **failed,
        }


def read_streams(place: Place, function: str) -> Any:
    """Reads each stream of a function from its beginning as the function's role, and keeps what it refuses."""
    found = place.stack.cloud.client("lambda").list_event_source_mappings(FunctionName=place.stack.output(function))
    return [_read_stream(place.stack, function, each) for each in found["EventSourceMappings"]]


def _read_stream(stack: Stack, function: str, configuration: Any) -> Any:
    number, table = next(_numbers), configuration["EventSourceArn"].split("/")[1]
    for key in (f"good-{number}", f"poison-{number}"):
        stack.cloud.client("dynamodb").put_item(TableName=table, Item={_key(stack, table): {"S": key}})
    mapping = dataclasses.replace(StreamMapping.from_configuration(configuration), maximum_retry_attempts=0)
    role, lambda_ = stack.cloud.as_role(stacks.role_of(stack, function)), _Refusing()
    streams, s3 = role.client("dynamodbstreams"), role.client("s3")
    poller = StreamPoller(mapping, Clients(streams, lambda_, s3), poll_seconds=0.02)
    poller.start()
    idle = poller.wait_idle(2)
    poller.stop()
    return idle, f"good-{number}" in lambda_.taken


def _key(stack: Stack, table: str) -> str:
    """Returns the name of a table's partition key."""
    return stack.cloud.client("dynamodb").describe_table(TableName=table)["Table"]["KeySchema"][0]["AttributeName"]


FUNCTIONS = (
    "streams.users.notifier_function_name",
    "streams.users.archiver_function_name",
    "imports.items.function_name",
    "reports.tables.function_name",
)
OF_MANY = (
    "streams.sales.notifier_function_name",
    "streams.sales.archiver_function_name",
    "streams.audit.archiver_function_name",
    "imports.products.function_name",
    "reports.shops.function_name",
)
"""Those of `stacks.MANY` that the stack `local` does not have."""


def _is_unjudged(function: str, permission: Permission) -> bool:
    name = f"{permission.sid} {permission.action}"
    return any(
        re.fullmatch(f"({function} )?{pattern}", f"{function} {name}") or re.fullmatch(pattern, name)
        for pattern in UNJUDGED
    )


def outcomes(place: Place, function: str) -> list[Any]:
    """What each journey of a function ends with."""
    section, pipeline, name = function.split(".")
    place = place._replace(pipeline=pipeline)
    if section == "imports":
        return [import_files(place)]
    if section == "reports":
        return [report(place)]
    return [(notify if name.startswith("notifier") else archive)(place), read_streams(place, function)]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_no_permission_of_a_role_is_spare(place, promised, function):
    judge(place, promised, function)


@pytest.mark.parametrize("function", sorted(OF_MANY))
def test_no_permission_of_a_role_is_spare_among_many_pipelines(request, full, promised, function):
    if not full:
        pytest.skip("in full: make proof")
    judge(request.getfixturevalue("many"), promised, function)


def judge(place: Place, promised: Any, function: str) -> None:
    """Takes each permission of a function's role away once, and asserts that something fails."""
    role = Role(place.stack, stacks.role_of(place.stack, function))
    whole = outcomes(place, function)
    assert outcomes(place, function) == whole, "a journey has to end the same way each time"
    spare = set()
    for permission in role.permissions:
        with role.without(permission):
            if outcomes(place, function) == whole:
                spare.add(permission)
    assert outcomes(place, function) == whole, "with its permissions back it does all again"
    unjudged = {permission for permission in role.permissions if _is_unjudged(function, permission)}
    promised(f"least privilege: {function.removesuffix('_function_name')}", cases=len(role.permissions), lost=0)
    assert spare - unjudged == set(), "nothing needs these: take them out of the role"
    assert unjudged - spare == set(), "these are judged after all: take them out of UNJUDGED"
