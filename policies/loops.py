"""No function writes something that triggers it again, unless the loop is listed with its bound.

The check follows a graph: what a function's role may write -> what that triggers -> the function reached, and so on.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from handlers.importer import environment as importer
from policies.documents import function_statements, reaches
from policies.model import UNKNOWN, Resource, Stack, may_be, stack_rule
from policies.resource_types import (
    BUCKET,
    BUCKET_NOTIFICATION,
    CONFIGURATION_SET,
    EVENT_RULE,
    EVENT_TARGET,
    FUNCTION,
    LOG_GROUP,
    LOG_SUBSCRIPTION,
    MAIL_EVENTS,
    MAPPING,
    QUEUE,
    RECURSION,
    TABLE,
    TOPIC,
    TOPIC_SUBSCRIPTION,
)


class Loop(NamedTuple):
    """An intended loop, and what ends it."""

    path: tuple[str, ...]
    """Patterns for the names of the resources that it passes, starting with the function."""
    limit: str
    """The function's environment variable that holds the maximum number of rounds."""
    reason: str


BOUNDED = (
    Loop(
        ("*-importer", "*-queue", "*-mapping"),
        importer.HOP_LIMIT,
        "the importer hands itself pieces of large files and what it has no time for; each message counts its hops",
    ),
)
"""The intended loops."""

_MOST_ROUNDS = 10_000

_S3_WRITES = ("s3:PutObject", "s3:DeleteObject", "s3:RestoreObject", "s3:ReplicateObject")
_TABLE_WRITES = (
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
)
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
"""Partitions where a bucket known only by name may be: a `*` for them would match across the parts of an ARN."""
_NOTIFIES = (
    ("queues", "queueArn", QUEUE),
    ("topics", "topicArn", TOPIC),
    ("lambdaFunctions", "lambdaFunctionArn", FUNCTION),
)
_MAILS = (
    "ses:SendEmail",
    "ses:SendRawEmail",
    "ses:SendTemplatedEmail",
    "ses:SendBulkEmail",
    "ses:SendBulkTemplatedEmail",
)


class Inlet(NamedTuple):
    """A write that becomes a trigger."""

    way: tuple[Resource, ...]
    """The resources that it passes: a queue; a notification and its queue; a mapping; ..."""
    actions: Sequence[str]
    """The actions that write."""
    arn: str
    """A pattern for the ARN that is written to."""


@stack_rule("no-write-loop", "No function writes what triggers it again, unless the loop is listed with its bound")
def no_write_loop(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """An endless loop uses up an account's concurrency in minutes, and costs money all night."""
    ways = _ways(stack)
    for function in stack.of_type(FUNCTION):
        for path in _cycles(function, ways):
            meant = next((loop for loop in BOUNDED if _is(loop, path)), None)
            if meant:
                yield from ((function, remedy) for remedy in _unbounded(stack, path, meant))
            else:
                way = " -> ".join(f"{step.name} ({step.type.rpartition(':')[2]})" for step in [*path, function])
                yield (
                    function,
                    f"it triggers itself: {way}; write elsewhere, or list it with its bound in policies/loops.py",
                )


@stack_rule("recursion-guarded", "AWS's guard against recursion is off only for functions whose loop is listed")
def recursion_guarded(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Lambda stops a loop after some 16 rounds, unless the function is configured otherwise."""
    starts = [loop.path[0] for loop in BOUNDED]
    for configuration in stack.of_type(RECURSION):
        function = stack.target(configuration, FUNCTION, "functionName")
        if configuration.value("recursiveLoop") == "Allow" and not (
            function and any(fnmatchcase(function.name, start) for start in starts)
        ):
            yield configuration, "leave it out, or list the function's loop with its bound in policies/loops.py"


def _is(loop: Loop, path: Sequence[Resource]) -> bool:
    return len(loop.path) == len(path) and all(
        fnmatchcase(step.name, name) for step, name in zip(path, loop.path, strict=True)
    )


def _unbounded(stack: Stack, path: Sequence[Resource], loop: Loop) -> Iterator[str]:
    function = path[0]
    limit = function.value("environment", "variables", loop.limit)
    if limit is not UNKNOWN and not (str(limit).isdecimal() and int(limit) <= _MOST_ROUNDS):
        yield f"its loop ends by {loop.limit}: set it to {_MOST_ROUNDS} rounds at most"
    configurations = stack.referring(function, RECURSION, "functionName")
    if not any(may_be(configuration.value("recursiveLoop"), "Allow") for configuration in configurations):
        yield "Lambda stops its loop after about 16 rounds: add a FunctionRecursionConfig that allows it"
    if any(step.type == QUEUE and not step.value("redrivePolicy") for step in path):
        yield "a message of its loop that fails is delivered endlessly: set redrive_policy of the queue"


Ways = Mapping[str, Sequence[tuple[Resource, ...]]]


def _cycles(start: Resource, ways: Ways) -> Iterator[list[Resource]]:
    """Yields each path from a function back to itself that passes nothing twice.

    A path passes no function whose URN sorts before it, so that a loop of several functions is found once.
    """
    waiting = [[start]]
    while waiting:
        path = waiting.pop()
        for way in ways.get(path[-1].urn, ()):
            end = way[-1]
            if end.urn == start.urn:
                yield [*path, *way[:-1]]
            elif end not in path and not (end.type == FUNCTION and end.urn < start.urn):
                waiting.append([*path, *way])


def _ways(stack: Stack) -> Ways:
    """Returns the ways from each URN to what it reaches."""
    inlets = list(_inlets(stack))
    ways: dict[str, list[tuple[Resource, ...]]] = {}
    for function in stack.of_type(FUNCTION):
        statements = function_statements(stack, function)
        reach = {
            tuple(step.urn for step in inlet.way): inlet.way
            for inlet in inlets
            if any(reaches(statements, action, inlet.arn) for action in inlet.actions)
        }
        ways[function.urn] = list(reach.values())
    for node in stack.resources:
        if node.type != FUNCTION:
            ways[node.urn] = [(step,) for step in _onward(stack, node)]
    return ways


def _inlets(stack: Stack) -> Iterator[Inlet]:
    for queue in stack.of_type(QUEUE):
        yield Inlet((queue,), ("sqs:SendMessage",), queue.arn or "")
    for topic in stack.of_type(TOPIC):
        yield Inlet((topic,), ("sns:Publish",), topic.arn or "")
    for function in stack.of_type(FUNCTION):
        yield Inlet((function,), ("lambda:InvokeFunction",), function.arn or "")
    for mapping in stack.of_type(MAPPING):
        table = stack.target(mapping, TABLE, "eventSourceArn")
        if table:
            yield Inlet((mapping,), _TABLE_WRITES, table.arn or "")
    for subscription in stack.of_type(LOG_SUBSCRIPTION):
        group = stack.target(subscription, LOG_GROUP, "logGroup")
        if group:
            yield Inlet((subscription,), ("logs:PutLogEvents",), f"{(group.arn or '').removesuffix(':*')}:*")
    for destination in stack.of_type(MAIL_EVENTS):
        configuration_set = stack.target(destination, CONFIGURATION_SET, "configurationSetName")
        if configuration_set:
            yield Inlet((destination,), _MAILS, configuration_set.arn or "")
    yield from _bucket_inlets(stack)
    yield from _event_inlets(stack)


def _bucket_inlets(stack: Stack) -> Iterator[Inlet]:
    """Yields the inlets of notifications, by prefix and suffix."""
    for notification in stack.of_type(BUCKET_NOTIFICATION):
        bucket = stack.target(notification, BUCKET, "bucket")
        for kind, member, type_ in _NOTIFIES:
            for entry in notification.value(kind) or []:
                target = stack.meant(notification, entry.get(member), type_)
                if bucket and target:
                    pattern = f"{bucket.arn}/{entry.get('filterPrefix') or ''}*{entry.get('filterSuffix') or ''}"
                    yield Inlet((notification, target), _S3_WRITES, pattern)


def _event_inlets(stack: Stack) -> Iterator[Inlet]:
    """Yields the inlets of rules: on S3's announcements, of the stack's buckets and others, and on custom events."""
    for rule in stack.of_type(EVENT_RULE):
        pattern = rule.document("eventPattern")
        if "aws.s3" in pattern.get("source", []):
            for arn in _announcing(stack, pattern.get("detail", {})):
                yield Inlet((rule,), _S3_WRITES, arn)
        elif pattern and not all(source.startswith("aws.") for source in pattern.get("source", [])):
            bus = str(rule.value("eventBusName") or "default")
            yield Inlet((rule,), ("events:PutEvents",), bus if bus.startswith("arn:") else f"arn:*:event-bus/{bus}")


def _announcing(stack: Stack, detail: Mapping[str, Any]) -> Iterator[str]:
    names = detail.get("bucket", {}).get("name")
    buckets = [
        bucket.arn
        for bucket in stack.of_type(BUCKET)
        if bucket.arn and (names is None or any(name in bucket.handles for name in names if isinstance(name, str)))
    ]
    elsewhere = [f"arn:{part}:s3:::{name}" for name in names or [] if isinstance(name, str) for part in _PARTITIONS]
    keys = detail.get("object", {}).get("key") or [{}]
    for arn in {*buckets, *elsewhere}:
        for key in keys:
            pattern = f"{key.get('prefix', '')}*{key.get('suffix', '')}" if isinstance(key, dict) else key
            yield f"{arn}/{pattern}"


def _onward(stack: Stack, node: Resource) -> Iterator[Resource]:
    """Yields the resources that a queue, a topic, a notification, ... passes its messages to."""
    for value in (*_handed_to(node), *_dead_letters(node)):
        target = stack.meant(node, value, FUNCTION, QUEUE, TOPIC)
        if target:
            yield target
    if node.type == QUEUE:
        yield from stack.referring(node, MAPPING, "eventSourceArn")
    elif node.type == TOPIC:
        yield from stack.referring(node, TOPIC_SUBSCRIPTION, "topic")
    elif node.type == EVENT_RULE:
        yield from stack.referring(node, EVENT_TARGET, "rule")


_HANDS_TO = {
    MAPPING: ("functionName",),
    TOPIC_SUBSCRIPTION: ("endpoint",),
    EVENT_TARGET: ("arn",),
    LOG_SUBSCRIPTION: ("destinationArn",),
    MAIL_EVENTS: ("eventDestination", "snsDestination", "topicArn"),
}


def _handed_to(node: Resource) -> Iterator[Any]:
    if node.type in _HANDS_TO:
        yield node.value(*_HANDS_TO[node.type])


def _dead_letters(node: Resource) -> Iterator[Any]:
    """Yields the dead-letter queue of a queue or a rule's target."""
    if node.type == QUEUE:
        yield node.document("redrivePolicy").get("deadLetterTargetArn")
    elif node.type == EVENT_TARGET:
        yield node.value("deadLetterConfig", "arn")
