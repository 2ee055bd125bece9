"""Alarms of this project, which go to the same topic as those of the Sluice stack."""

from collections.abc import Mapping
from typing import NamedTuple

import pulumi
import pulumi_aws as aws


class Watch(NamedTuple):
    """The topic of alarms, and the tags of all resources."""

    topic_arn: pulumi.Input[str]
    tags: Mapping[str, str]


def alarm(
    name: str,
    metric: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    meaning: str,
    watch: Watch,
    opts: pulumi.ResourceOptions,
    threshold: float = 1,
) -> None:
    """Makes an alarm that goes off at a threshold in five minutes; an example of `metric` is `AWS/Lambda Errors`."""
    namespace, _, name_of_metric = metric.partition(" ")
    aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=f"{meaning} Runbook: README.md of the project roster ({name})",
        namespace=namespace,
        metric_name=name_of_metric,
        dimensions=dimensions,
        statistic="Sum" if threshold == 1 and namespace == "AWS/Lambda" else "Maximum",
        period=300,
        evaluation_periods=1,
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=[watch.topic_arn],
        ok_actions=[watch.topic_arn],
        tags=watch.tags,
        opts=opts,
    )
