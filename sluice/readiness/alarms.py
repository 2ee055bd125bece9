"""SNS: does anybody receive the alarms?"""

from collections.abc import Iterator

from sluice.readiness.finding import Finding, not_ready, only_aws_knows, ready
from sluice.target import Target
from sluice.terminal import plural


def subscriptions(target: Target) -> Iterator[Finding]:
    """Has anybody subscribed to the alarm topic, and confirmed the subscription?"""
    topic = target.outputs.get("alarm_topic_arn")
    if not topic:
        yield ready("alarms", "the stack has no alarm topic")
        return
    if target.endpoint:
        yield only_aws_knows("alarms", "it raises no alarm and mails no subscriber")
        return
    pages = target.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [subscription for page in pages for subscription in page["Subscriptions"]]
    waiting = [each["Endpoint"] for each in found if not each["SubscriptionArn"].startswith("arn:")]
    for address in waiting:
        yield not_ready(
            "alarms",
            f"{address} has not confirmed the subscription to the alarms",
            "open the link in the mail from SNS; if it has expired, `aws sns subscribe` sends another",
        )
    if confirmed := len(found) - len(waiting):
        yield ready("alarms", f"{plural(confirmed, 'subscription')} confirmed")
    elif not waiting:
        yield not_ready("alarms", "nobody is subscribed to the alarms", "name addresses in operations.alarmEmails")
