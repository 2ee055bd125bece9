"""The last values of metrics in CloudWatch."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sluice.target import Target

_MOST = 500
"""Metrics that one call takes."""
_PERIOD_SECONDS = 60


class Metric(NamedTuple):
    """A metric of one thing, the greatest value of each minute of which counts."""

    namespace: str
    name: str
    dimension: str
    value: str


def latest(target: Target, metrics: Sequence[Metric], minutes: int = 10) -> list[float | None]:
    """Returns the newest value of each metric; None where the last minutes have none.

    Raises:
        ClientError: CloudWatch may not be asked.
    """
    end = datetime.now(UTC)
    values: dict[int, float] = {}
    for first in range(0, len(metrics), _MOST):
        queries = [_query(first + place, metric) for place, metric in enumerate(metrics[first : first + _MOST])]
        pages = target.client("cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=queries,
            StartTime=end - timedelta(minutes=minutes),
            EndTime=end,
            ScanBy="TimestampDescending",
        ):
            for result in page["MetricDataResults"]:
                if result["Values"]:  # the newest is the first, also of several pages
                    values.setdefault(int(result["Id"].removeprefix("m")), result["Values"][0])
    return [values.get(place) for place in range(len(metrics))]


def _query(place: int, metric: Metric) -> dict[str, Any]:
    of = {"Namespace": metric.namespace, "MetricName": metric.name}
    dimensions = [{"Name": metric.dimension, "Value": metric.value}]
    stat = {"Metric": {**of, "Dimensions": dimensions}, "Period": _PERIOD_SECONDS, "Stat": "Maximum"}
    return {"Id": f"m{place}", "MetricStat": stat}
