"""Metrics of CloudWatch, as alarms watch them and dashboards show them."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi


class Metric(TypedDict):
    """One metric of one thing, and how its values are put together."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    label: str
    """What a graph calls it."""
    statistic: str
    """`Sum`, `Maximum`, `Average`, ..."""


def metric(
    namespace: str, name: str, dimensions: Mapping[str, pulumi.Input[str]], label: str = "", statistic: str = "Sum"
) -> Metric:
    """Returns a metric; its label is its name where none is given."""
    return {
        "namespace": namespace,
        "name": name,
        "dimensions": dimensions,
        "label": label or name,
        "statistic": statistic,
    }


def table_writes(table_name: pulumi.Input[str]) -> Metric:
    """Returns the metric of what a table is written."""
    return metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": table_name}, "table writes")


class Expression(TypedDict):
    """A formula over metrics, each of them named by the letter or word that the formula has for it."""

    expression: str
    metrics: Mapping[str, Metric]
