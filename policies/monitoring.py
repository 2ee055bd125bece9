"""Monitoring: logs that are kept, alarms on everything that can fail, somebody who gets them.

Rules require the alarms that a stack promises: resources of a stack that does not promise all have the tag `alarms`.
"""

from collections.abc import Iterator
from datetime import timedelta

from policies.documents import lets, unread
from policies.model import UNKNOWN, Resource, Stack, may_be, may_hold, refers, resource_rule, stack_rule
from policies.reliability import is_stream
from policies.resource_types import (
    ALARM,
    CONFIGURATION_SET,
    FUNCTION,
    LOG_GROUP,
    MAIL_EVENTS,
    MAPPING,
    QUEUE,
    SCHEDULE,
    TOPIC,
    TOPIC_POLICY,
    TOPIC_SUBSCRIPTION,
)
from sluice.schedules import Expression

_ALL, _ESSENTIAL, _NONE = "all", "essential", "none"


def _promised(resource: Resource, alarms: str) -> bool:
    """Returns whether a resource's stack promises alarms of a sort: `all`, or only the `essential` ones."""
    said = resource.value("tags", "alarms")
    if said is UNKNOWN or said == _NONE:
        return False
    return said != _ESSENTIAL or alarms == _ESSENTIAL


@resource_rule("log-retention", "Log groups say how long they keep logs", LOG_GROUP)
def log_retention(group: Resource) -> Iterator[str]:
    """By default logs are kept for ever; they cost money every month, and hold data that should be deleted."""
    if not group.value("retentionInDays"):
        yield "set retention_in_days"


@stack_rule("log-group-owned", "Functions log to a group of the stack")
def log_group_owned(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """The group that Lambda creates by itself has no retention and outlives the stack."""
    for function in stack.of_type(FUNCTION):
        if not stack.target(function, LOG_GROUP, "loggingConfig", "logGroup"):
            yield function, "set logging_config log_group to a LogGroup with retention_in_days"


@stack_rule("function-alarms", "Every function has alarms on errors, throttles and duration")
def function_alarms(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Three kinds of failure that look alike from outside: nothing happens."""
    for function in stack.of_type(FUNCTION):
        if not _promised(function, _ALL):
            continue
        for metric in _unwatched(stack, function, "FunctionName", "AWS/Lambda", "Errors", "Throttles", "Duration"):
            yield function, f"add an alarm on AWS/Lambda {metric} with its name as FunctionName"


_MAPPING_METRICS = ("DroppedEventCount", "OnFailureDestinationDeliveredEventCount")


@stack_rule("stream-alarms", "Every mapping of a stream has alarms on lag and on records given up")
def stream_alarms(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """A partial batch response counts as a success: a function's errors do not include the records that it fails."""
    for mapping in filter(is_stream, stack.of_type(MAPPING)):
        if not may_hold(mapping.value("metricsConfig", "metrics"), "EventCount"):
            yield mapping, "set metrics_config metrics EventCount, or its failures have no metric"
        if not _promised(mapping, _ESSENTIAL):
            continue
        for metric in _unwatched(stack, mapping, "EventSourceMappingUUID", "AWS/Lambda", *_MAPPING_METRICS):
            yield mapping, f"add an alarm on AWS/Lambda {metric} with its uuid as EventSourceMappingUUID"
        function = stack.target(mapping, FUNCTION, "functionName") if _promised(mapping, _ALL) else None
        if function and _unwatched(stack, function, "FunctionName", "AWS/Lambda", "IteratorAge"):
            yield mapping, f"add an alarm on AWS/Lambda IteratorAge with {function.name} as FunctionName"


@stack_rule("queue-alarms", "Every queue has an alarm: on its oldest message, or on any, where it holds dead letters")
def queue_alarms(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """A work queue is fine while messages move; a dead letter is never fine."""
    for queue in stack.of_type(QUEUE):
        age, count = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
        redrive = queue.value("redrivePolicy")
        # While the redrive policy is not known yet, either may be right.
        metrics = [age, count] if redrive is UNKNOWN else [age] if redrive else [count]
        if not _promised(queue, _ESSENTIAL if metrics == [count] else _ALL):
            continue
        if len(_unwatched(stack, queue, "QueueName", "AWS/SQS", *metrics)) == len(metrics):
            yield queue, f"add an alarm on AWS/SQS {metrics[0]} with its name as QueueName"


@stack_rule("silence-alarms", "Every pipeline has an alarm for the case that nothing feeds it")
def silence_alarms(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """A stopped pipeline has no errors and no lag: alarms that treat missing data as good do not notice it."""
    for mapping in stack.of_type(MAPPING):
        if not _promised(mapping, _ESSENTIAL):
            continue
        if is_stream(mapping):
            if not _heard(stack, mapping, "EventSourceMappingUUID", "PolledEventCount"):
                yield (
                    mapping,
                    "add an alarm on AWS/Lambda PolledEventCount with its uuid that treats missing data as breaching",
                )
            continue
        queue = stack.target(mapping, QUEUE, "eventSourceArn")
        if queue and not any(_weighs(alarm, queue) for alarm in stack.of_type(ALARM)):
            yield queue, "add an alarm on messages that are visible while none are received"
    for schedule in stack.of_type(SCHEDULE):
        function = stack.target(schedule, FUNCTION, "target", "arn")  # a schedule has no tags
        if not function or not _promised(function, _ESSENTIAL) or not _within_reach(schedule):
            continue
        if not _heard(stack, function, "FunctionName", "Invocations"):
            yield (
                schedule,
                f"add an alarm on AWS/Lambda Invocations of {function.name} that treats missing data as breaching",
            )


def _heard(stack: Stack, target: Resource, dimension: str, metric: str) -> bool:
    """Returns whether an alarm goes off when a metric of a resource has no data."""
    return any(
        may_be(alarm.value("metricName"), metric)
        and may_be(alarm.value("namespace"), "AWS/Lambda")
        and may_be(alarm.value("treatMissingData"), "breaching")
        for alarm in stack.referring(target, ALARM, "dimensions", dimension)
    )


def _weighs(alarm: Resource, queue: Resource) -> bool:
    """Returns whether an alarm is a formula over a queue's visible and received messages."""
    queries = alarm.value("metricQueries")
    if queries is UNKNOWN:
        return queue.urn in alarm.dependencies
    terms = [Resource(alarm.urn, ALARM, alarm.name, term) for term in queries or ()]
    names = [
        term.value("metric", "metricName")
        for term in terms
        if refers(alarm, term.value("metric", "dimensions", "QueueName"), queue)
    ]
    metrics = ("ApproximateNumberOfMessagesVisible", "NumberOfMessagesReceived")
    return all(any(may_be(name, metric) for name in names) for metric in metrics)


def _within_reach(schedule: Resource) -> bool:
    """Returns whether an alarm can look back from one run to the next: CloudWatch looks back seven days at most."""
    try:
        return Expression.parse(str(schedule.value("scheduleExpression"))).longest_gap() < timedelta(days=7)
    except ValueError:  # one time only, or not known yet
        return False


def _unwatched(stack: Stack, target: Resource, dimension: str, namespace: str, *metrics: str) -> list[str]:
    """Returns those of a resource's metrics that have no alarm."""
    alarms = stack.referring(target, ALARM, "dimensions", dimension)
    names = [alarm.value("metricName") for alarm in alarms if may_be(alarm.value("namespace"), namespace)]
    return [metric for metric in metrics if not any(may_be(name, metric) for name in names)]


@resource_rule("alarm-tells", "Alarms tell somebody, and say what they mean", ALARM)
def alarm_tells(alarm: Resource) -> Iterator[str]:
    """An alarm that only shows in the console is seen only by those who happen to look."""
    if not alarm.value("alarmActions"):
        yield "set alarm_actions to the alarm topic"
    if not alarm.value("alarmDescription"):
        yield "set alarm_description to what it means and where to look"


@stack_rule("alarm-heard", "In prod somebody subscribes to the topic of the alarms")
def alarm_heard(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """A topic without subscribers accepts every alarm and notifies nobody."""
    if stack.environment != "prod":
        return
    for topic in stack.of_type(TOPIC):
        if alarms(stack, topic) and not stack.referring(topic, TOPIC_SUBSCRIPTION, "topic"):
            yield topic, "set sluice:operations alarmEmails, or subscribe in another way"


@stack_rule("traced", "In prod functions send traces")
def traced(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Without traces nobody can find out later where a slow invocation spent its time."""
    if stack.environment == "prod":
        for function in stack.of_type(FUNCTION):
            if not may_be(function.value("tracingConfig", "mode"), "Active"):
                yield function, "set tracing_config mode Active: sluice:operations tracing"


_MAIL_EVENTS = {"BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"}
_SUPPRESSED = {"BOUNCE", "COMPLAINT"}


@stack_rule(
    "mail-events",
    "Configuration sets report the outcome of mails, and do not mail addresses again that bounced or complained",
)
def mail_events(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """SES accepts a mail and reports failed delivery later; a template's missing variable shows in no other way."""
    for configuration_set in stack.of_type(CONFIGURATION_SET):
        reports = [
            destination.value("eventDestination", "matchingEventTypes")
            for destination in stack.referring(configuration_set, MAIL_EVENTS, "configurationSetName")
            if destination.value("eventDestination", "enabled")
        ]
        if missing := {event for event in _MAIL_EVENTS if not any(may_hold(events, event) for events in reports)}:
            yield configuration_set, f"add an enabled event destination for {', '.join(sorted(missing))}"
        suppressed = configuration_set.value("suppressionOptions", "suppressedReasons")
        if missing := {reason for reason in _SUPPRESSED if not may_hold(suppressed, reason)}:
            yield configuration_set, f"add {', '.join(sorted(missing))} to suppression_options suppressed_reasons"


@stack_rule("topic-publishers", "Topics let their services publish before these are configured to")
def topic_publishers(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """CloudWatch fails silently when it may not publish; SES refuses the event destination."""
    for topic in stack.of_type(TOPIC):
        policies = stack.referring(topic, TOPIC_POLICY, "arn")
        if any(map(unread, policies)) or not topic.arn:
            continue
        destinations = mail_destinations(stack, topic)
        for service, uses in (("cloudwatch.amazonaws.com", alarms(stack, topic)), ("ses.amazonaws.com", destinations)):
            if uses and not lets(policies, service, "sns:Publish", topic.arn):
                yield topic, f"let {service} sns:Publish in its TopicPolicy"
        for destination in destinations:
            if not any(policy.urn in destination.dependencies for policy in policies):
                yield destination, f"depend on the TopicPolicy of {topic.name}, or SES refuses the destination"


def mail_destinations(stack: Stack, topic: Resource) -> list[Resource]:
    """Returns the SES event destinations that publish to a topic."""
    return stack.referring(topic, MAIL_EVENTS, "eventDestination", "snsDestination", "topicArn")


def alarms(stack: Stack, topic: Resource) -> list[Resource]:
    """Returns the alarms that go to a topic."""
    return [
        alarm
        for alarm in stack.of_type(ALARM)
        if any(
            action in topic.handles or (action is UNKNOWN and topic.urn in alarm.dependencies)
            for action in alarm.value("alarmActions") or []
        )
    ]
