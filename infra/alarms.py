"""CloudWatch alarms on failures and on silence: they go to the stack's topic and say what to do."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.metrics import Expression, Metric
from infra.operations import Operations, has_alarm

_RUNBOOKS = "docs/operating.md"


class AlarmArgs(TypedDict):
    """One metric, one threshold, and a description."""

    metric: Metric | Expression
    meaning: str
    """What has happened, in a sentence or two."""
    look: str
    """Where to look first, in a sentence."""
    section: str
    """The section of the runbooks that has the fix, as in `docs/operating.md#<section>-<kind>`."""
    threshold: NotRequired[float]
    """The alarm goes off at this value or above; 1 by default."""
    period_seconds: NotRequired[int]
    """300 by default."""
    periods: NotRequired[int]
    """How many periods in a row have to breach the threshold; 1 by default."""
    suffix: NotRequired[str]
    """Distinguishes it from other alarms of the same kind and owner."""
    silence: NotRequired[bool]
    """True: the alarm goes off when none of the periods has data, whatever the metric's values."""
    essential: NotRequired[bool]
    """True: it reports a loss or silence, and is made even where only essential alarms are wanted."""


def alarm(
    owner: str, kind: str, args: AlarmArgs, parent: pulumi.Resource, operations: Operations
) -> aws.cloudwatch.MetricAlarm | None:
    """Makes an alarm; returns None where the stack has none of its sort.

    A period without data is a good one, since idle pipelines have none, unless the alarm is on silence.
    """
    if not has_alarm(operations, essential=args.get("essential", False)):
        return None
    topic = operations.get("alarm_topic_arn")
    actions = [topic] if topic is not None else []
    runbooks = operations.get("runbook_url") or _RUNBOOKS
    runbook = f"{runbooks}{'' if runbooks.endswith('/') else '#'}{args['section']}-{kind}"
    silence = args.get("silence", False)
    return aws.cloudwatch.MetricAlarm(
        f"{owner}-{kind}{args.get('suffix', '')}",
        alarm_description=f"{args['meaning']} {args['look']} Runbook: {runbook} ({owner})",
        **_metric_arguments(args),
        evaluation_periods=args.get("periods", 1),
        # CloudWatch cannot compare with missing data: a sample count is never below 1, and missing data breaches.
        threshold=1 if silence else args.get("threshold", 1),
        comparison_operator="LessThanThreshold" if silence else "GreaterThanOrEqualToThreshold",
        treat_missing_data="breaching" if silence else "notBreaching",
        alarm_actions=actions,
        ok_actions=actions,
        tags=operations.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _metric_arguments(args: AlarmArgs) -> dict[str, Any]:
    """Returns CloudWatch's arguments for what an alarm watches: one metric, or a formula over several."""
    metric, period = args["metric"], args.get("period_seconds", 300)
    if "expression" not in metric:
        return {
            "namespace": metric["namespace"],
            "metric_name": metric["name"],
            "dimensions": metric["dimensions"],
            "statistic": "SampleCount" if args.get("silence") else metric["statistic"],
            "period": period,
        }
    formula = {"id": "formula", "expression": metric["expression"], "label": "formula", "return_data": True}
    terms = [
        {
            "id": letter,
            "metric": {
                "namespace": term["namespace"],
                "metric_name": term["name"],
                "dimensions": term["dimensions"],
                "stat": term["statistic"],
                "period": period,
            },
        }
        for letter, term in metric["metrics"].items()
    ]
    return {"metric_queries": [formula, *terms]}
