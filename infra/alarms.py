"""CloudWatch alarms: to the stack's topic, silent where there is no data, described for whoever is woken."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.operations import Operations


class AlarmArgs(TypedDict):
    """One metric, one threshold."""

    description: pulumi.Input[str]
    """What it means and where to look."""
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: float
    """The alarm goes off at this value or above."""
    statistic: NotRequired[str]
    """`Sum` (the default), `Maximum`, `Average`, ..."""
    period_seconds: NotRequired[int]
    """300 by default."""
    periods: NotRequired[int]
    """How many periods in a row; 1 by default."""


def alarm(name: str, args: AlarmArgs, parent: pulumi.Resource, operations: Operations) -> aws.cloudwatch.MetricAlarm:
    """An alarm on one metric; a period without data is a good one, since idle pipelines have none."""
    topic = operations.get("alarm_topic_arn")
    actions = [topic] if topic is not None else []
    return aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=args["description"],
        namespace=args["namespace"],
        metric_name=args["metric"],
        dimensions=args["dimensions"],
        statistic=args.get("statistic", "Sum"),
        period=args.get("period_seconds", 300),
        evaluation_periods=args.get("periods", 1),
        threshold=args["threshold"],
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=actions,
        ok_actions=actions,
        tags=operations.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
