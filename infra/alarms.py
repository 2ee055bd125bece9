"""CloudWatch alarms: to the stack's topic, silent where there is no data, described for whoever is woken."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.metrics import Metric
from infra.operations import Operations


class AlarmArgs(TypedDict):
    """One metric, one threshold, and what to make of it."""

    metric: Metric
    meaning: str
    """What has happened; a sentence or two."""
    look: str
    """Where to look first; a sentence."""
    section: str
    """The part of `docs/operating.md` that has the fix, as in `docs/operating.md#<section>-<kind>`."""
    threshold: NotRequired[float]
    """The alarm goes off at this value or above; 1 by default."""
    period_seconds: NotRequired[int]
    """300 by default."""


def alarm(
    owner: str, kind: str, args: AlarmArgs, parent: pulumi.Resource, operations: Operations
) -> aws.cloudwatch.MetricAlarm:
    """An alarm on one metric; a period without data is a good one, since idle pipelines have none."""
    metric = args["metric"]
    topic = operations.get("alarm_topic_arn")
    actions = [topic] if topic is not None else []
    runbook = f"docs/operating.md#{args['section']}-{kind}"
    return aws.cloudwatch.MetricAlarm(
        f"{owner}-{kind}",
        alarm_description=f"{args['meaning']} {args['look']} Runbook: {runbook} ({owner})",
        namespace=metric["namespace"],
        metric_name=metric["name"],
        dimensions=metric["dimensions"],
        statistic=metric["statistic"],
        period=args.get("period_seconds", 300),
        evaluation_periods=1,
        threshold=args.get("threshold", 1),
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=actions,
        ok_actions=actions,
        tags=operations.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
