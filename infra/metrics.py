"""CloudWatch metrics, as alarms watch them and dashboards show them."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi


class Metric(TypedDict):
    """One metric of one resource, and the statistic of its values."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    label: str
    """Its name in graphs."""
    statistic: str
    """`Sum`, `Maximum`, `Average`, ..."""


def metric(
    namespace: str, name: str, dimensions: Mapping[str, pulumi.Input[str]], label: str = "", statistic: str = "Sum"
) -> Metric:
    """Returns a metric; the label is its name by default."""
    return {
        "namespace": namespace,
        "name": name,
        "dimensions": dimensions,
        "label": label or name,
        "statistic": statistic,
    }


def table_writes(table_name: pulumi.Input[str]) -> Metric:
    """Returns the metric of a table's consumed write units."""
    return metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": table_name}, "table writes")


class Expression(TypedDict):
    """A formula over metrics, by their names in the formula."""

    expression: str
    metrics: Mapping[str, Metric]
