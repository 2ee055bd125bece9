"""Nothing is lost and nothing is retried for ever: failure destinations and bounds on every asynchronous path."""

from collections.abc import Iterator
from typing import Any

from policies.documents import covers, lets, role_statements, unread
from policies.model import UNKNOWN, Resource, Stack, may_hold, refers, resource_rule, stack_rule
from policies.resource_types import (
    BUCKET,
    BUCKET_NOTIFICATION,
    EVENT_INVOKE_CONFIG,
    EVENT_TARGET,
    FUNCTION,
    MAPPING,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    ROLE_POLICY,
    SCHEDULE,
    TOPIC_SUBSCRIPTION,
)

_MOST_RETRIES = 100
_MOST_AGE_SECONDS = 24 * 3600
"""How long a stream keeps its records: beyond that a retried record is gone, as are those that waited behind it."""
_MOST_RECEIVES = 20
_QUEUE_RETENTION_SECONDS = 345_600
"""SQS's default."""
_VISIBILITY_FACTOR = 6
"""AWS's advice: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""


@stack_rule("failure-destination", "Every asynchronous path ends in a dead letter queue or a failure destination")
def failure_destination(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Checks streams, queues that feed functions, asynchronous functions, schedules, rules and subscriptions."""
    for mapping in stack.of_type(MAPPING):
        yield from _mapping_destination(stack, mapping)
    for function in _invoked_asynchronously(stack):
        configurations = stack.referring(function, EVENT_INVOKE_CONFIG, "functionName")
        if not function.value("deadLetterConfig", "targetArn") and not any(
            each.value("destinationConfig", "onFailure", "destination") for each in configurations
        ):
            yield (
                function,
                "nobody waits for its result: add a FunctionEventInvokeConfig with destination_config on_failure",
            )
    for schedule in stack.of_type(SCHEDULE):
        if not schedule.value("target", "deadLetterConfig", "arn"):
            yield schedule, "set target dead_letter_config"
    for target in stack.of_type(EVENT_TARGET):
        if not target.value("deadLetterConfig", "arn"):
            yield target, "set dead_letter_config"
    for subscription in stack.of_type(TOPIC_SUBSCRIPTION):
        if subscription.value("protocol") in ("lambda", "sqs", "firehose") and not subscription.value("redrivePolicy"):
            yield subscription, "set redrive_policy with a deadLetterTargetArn"


def _mapping_destination(stack: Stack, mapping: Resource) -> Iterator[tuple[Resource, str]]:
    queue = stack.target(mapping, QUEUE, "eventSourceArn")
    if queue:
        if not queue.value("redrivePolicy"):
            yield queue, "it feeds a function: set redrive_policy with a deadLetterTargetArn"
    elif is_stream(mapping) and not mapping.value("destinationConfig", "onFailure", "destinationArn"):
        yield mapping, "set destination_config on_failure"


def is_stream(mapping: Resource) -> bool:
    """Returns whether a mapping reads a stream: only those have a starting position; in others it is `""`."""
    return bool(mapping.value("startingPosition"))


def _invoked_asynchronously(stack: Stack) -> Iterator[Resource]:
    """Yields the functions that a schedule, a rule, a bucket or a topic invokes."""
    for function in stack.of_type(FUNCTION):
        if (
            stack.referring(function, SCHEDULE, "target", "arn")
            or stack.referring(function, EVENT_TARGET, "arn")
            or stack.referring(function, TOPIC_SUBSCRIPTION, "endpoint")
            or any(
                refers(notification, entry.get("lambdaFunctionArn"), function)
                for notification in stack.of_type(BUCKET_NOTIFICATION)
                for entry in notification.value("lambdaFunctions") or []
            )
        ):
            yield function


@stack_rule("failure-permitted", "Roles may write to the failure destinations of their functions")
def failure_permitted(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Lambda and the scheduler use a role's permission, EventBridge the queue's policy; without, failures are lost."""
    for mapping in stack.of_type(MAPPING):
        yield from _permitted(stack, mapping, "functionName", ("destinationConfig", "onFailure", "destinationArn"))
    for configuration in stack.of_type(EVENT_INVOKE_CONFIG):
        yield from _permitted(stack, configuration, "functionName", ("destinationConfig", "onFailure", "destination"))
    for schedule in stack.of_type(SCHEDULE):
        role = stack.target(schedule, ROLE, "target", "roleArn")
        queue = stack.target(schedule, QUEUE, "target", "deadLetterConfig", "arn")
        if role and queue and _missing(stack, role, queue):
            yield schedule, f"allow {role.name} sqs:SendMessage on {queue.name}"
    for target in stack.of_type(EVENT_TARGET):
        queue = stack.target(target, QUEUE, "deadLetterConfig", "arn")
        if queue and not _lets(stack, queue, "events.amazonaws.com"):
            yield target, f"let events.amazonaws.com send to {queue.name} in its policy"


def _permitted(
    stack: Stack, resource: Resource, function_path: str, path: tuple[str, ...]
) -> Iterator[tuple[Resource, str]]:
    function = stack.target(resource, FUNCTION, function_path)
    role = stack.target(function, ROLE, "role") if function else None
    destination = stack.meant(resource, resource.value(*path), BUCKET, QUEUE)
    if function and role and destination and (missing := _missing(stack, role, destination)):
        yield resource, f"allow the role of {function.name} {' and '.join(missing)} on {destination.name}"


def _missing(stack: Stack, role: Resource, destination: Resource) -> list[str]:
    """Returns the actions that a role lacks to keep failures in a queue or bucket; none while it is not known yet."""
    arn = destination.arn
    if not arn or any(map(unread, stack.referring(role, ROLE_POLICY, "role"))):
        return []
    actions = (
        {"sqs:SendMessage": arn}
        if destination.type == QUEUE
        else {"s3:PutObject": f"{arn}/aws/lambda/*", "s3:ListBucket": arn}
    )
    statements = role_statements(stack, role)
    return [action for action, where in actions.items() if not covers(statements, action, where)]


@resource_rule("bounded-mapping", "Mappings of streams end their retries, and isolate the record that fails", MAPPING)
def bounded_mapping(mapping: Resource) -> Iterator[str]:
    """By default Lambda retries a batch until its records expire, and everything behind it waits."""
    if not may_hold(mapping.value("functionResponseTypes"), "ReportBatchItemFailures"):
        yield "set function_response_types ReportBatchItemFailures, or one bad record repeats its whole batch"
    if not is_stream(mapping):
        return
    if not _within(mapping.value("maximumRetryAttempts"), 0, _MOST_RETRIES):
        yield f"set maximum_retry_attempts to {_MOST_RETRIES} at most"
    if not _within(mapping.value("maximumRecordAgeInSeconds"), 60, _MOST_AGE_SECONDS):
        yield f"set maximum_record_age_in_seconds to {_MOST_AGE_SECONDS} at most"
    if not mapping.value("bisectBatchOnFunctionError"):
        yield "set bisect_batch_on_function_error"


@resource_rule("bounded-redrive", "A queue gives up a message after some receives", QUEUE)
def bounded_redrive(queue: Resource) -> Iterator[str]:
    """Limits receives, so that a bad message does not cost money for days."""
    redrive = queue.document("redrivePolicy")
    if redrive and not _within(redrive.get("maxReceiveCount"), 1, _MOST_RECEIVES):
        yield f"set maxReceiveCount of redrive_policy to {_MOST_RECEIVES} at most"


_RETRY_POLICIES = {SCHEDULE: ("target", "retryPolicy"), EVENT_TARGET: ("retryPolicy",), EVENT_INVOKE_CONFIG: ()}
"""Resource type -> the path of its bounds in the inputs."""


@resource_rule("bounded-invocations", "Asynchronous invocations and deliveries end their retries", *_RETRY_POLICIES)
def bounded_invocations(resource: Resource) -> Iterator[str]:
    """By default the scheduler retries 185 times, for a day."""
    path = _RETRY_POLICIES[resource.type]
    where = f"{path[0]} retry_policy " if len(path) > 1 else "retry_policy " if path else ""
    if not _within(resource.value(*path, "maximumRetryAttempts"), 0, _MOST_RETRIES):
        yield f"set {where}maximum_retry_attempts to {_MOST_RETRIES} at most"
    if not _within(resource.value(*path, "maximumEventAgeInSeconds"), 60, _MOST_AGE_SECONDS):
        yield f"set {where}maximum_event_age_in_seconds to {_MOST_AGE_SECONDS} at most"


@stack_rule("bounded-function", "A function that is invoked asynchronously ends its own retries")
def bounded_function(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """The retries of a schedule or a rule cover delivery only; the function's own failures come after that."""
    for function in _invoked_asynchronously(stack):
        if not stack.referring(function, EVENT_INVOKE_CONFIG, "functionName"):
            yield (
                function,
                "add a FunctionEventInvokeConfig with maximum_retry_attempts and maximum_event_age_in_seconds",
            )


@stack_rule(
    "queue-waits", "A queue hides a message for longer than its function runs, and keeps it among the dead letters"
)
def queue_waits(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Otherwise a message reappears while it is processed, or is deleted on the day that it is given up."""
    for mapping in stack.of_type(MAPPING):
        queue, function = (
            stack.target(mapping, QUEUE, "eventSourceArn"),
            stack.target(mapping, FUNCTION, "functionName"),
        )
        if queue and function:
            timeout = function.value("timeout") or 3
            least = UNKNOWN if timeout is UNKNOWN else _VISIBILITY_FACTOR * timeout
            if _below(queue.value("visibilityTimeoutSeconds") or 30, least):
                yield queue, f"set visibility_timeout_seconds to {least:.0f}, six times the timeout of {function.name}"
    for queue in stack.of_type(QUEUE):
        redrive = queue.document("redrivePolicy")
        dead_letters = stack.meant(queue, redrive.get("deadLetterTargetArn"), QUEUE) if redrive else None
        if dead_letters and _below(_retention(dead_letters), _retention(queue)):
            yield (
                dead_letters,
                f"set message_retention_seconds to that of {queue.name} at least: age counts from sending",
            )


@stack_rule("bucket-notifies", "A bucket has one notification configuration, created after its queues allow it to send")
def bucket_notifies(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """S3 has one configuration per bucket: a second one replaces the first. It tests each queue when it is set."""
    for bucket in stack.of_type(BUCKET):
        notifications = stack.referring(bucket, BUCKET_NOTIFICATION, "bucket")
        for surplus in notifications[1:]:
            yield (
                surplus,
                f"{notifications[0].name} configures {bucket.name} too, and one replaces the other: merge them",
            )
    for notification in stack.of_type(BUCKET_NOTIFICATION):
        for entry in notification.value("queues") or []:
            queue = stack.meant(notification, entry.get("queueArn"), QUEUE)
            if queue:
                yield from ((notification, remedy) for remedy in _deaf(stack, notification, queue))


def _deaf(stack: Stack, notification: Resource, queue: Resource) -> Iterator[str]:
    policies = stack.referring(queue, QUEUE_POLICY, "queueUrl")
    if not any(policy.urn in notification.dependencies for policy in policies):
        yield f"depend on the policy of {queue.name}, or S3 refuses it"
    if not _lets(stack, queue, "s3.amazonaws.com"):
        yield f"let s3.amazonaws.com send to {queue.name} in its policy"


def _lets(stack: Stack, queue: Resource, service: str) -> bool:
    return lets(stack.referring(queue, QUEUE_POLICY, "queueUrl"), service, "sqs:SendMessage", queue.arn)


def _below(value: Any, least: Any) -> bool:
    return UNKNOWN not in (value, least) and value < least


def _retention(queue: Resource) -> Any:
    return queue.value("messageRetentionSeconds") or _QUEUE_RETENTION_SECONDS


def _within(value: Any, least: float, most: float) -> bool:
    """Returns whether a number is given and within bounds; AWS's -1 means unlimited."""
    return value is UNKNOWN or (isinstance(value, (int, float)) and least <= value <= most)
