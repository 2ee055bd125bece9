"""The dashboard of a stack: a row a pipeline, from left to right flow, failures, lag, and what costs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

_WIDTH, _HEIGHT = 6, 6
_COLUMNS = 24


class Metric(TypedDict):
    """A line of a graph."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    label: str
    statistic: str


class Graph(TypedDict):
    """A graph of some metrics."""

    title: str
    metrics: Sequence[Metric]


class Row(TypedDict):
    """A pipeline's graphs, four at most."""

    title: str
    graphs: Sequence[Graph]


def metric(
    namespace: str, name: str, dimensions: Mapping[str, pulumi.Input[str]], label: str = "", statistic: str = "Sum"
) -> Metric:
    """A line of a graph; its label is the metric's name where none is given."""
    return {
        "namespace": namespace,
        "name": name,
        "dimensions": dimensions,
        "label": label or name,
        "statistic": statistic,
    }


class DashboardArgs(TypedDict):
    """What a dashboard shows."""

    rows: Sequence[Row]
    region: str


class Dashboard(pulumi.ComponentResource):
    """A dashboard (`sluice:index:Dashboard`). It makes:

    - a CloudWatch dashboard.
    """

    name: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Dashboard", name, None, opts)
        body = pulumi.Output.from_input(args["rows"]).apply(lambda rows: _body(rows, args["region"]))
        dashboard = aws.cloudwatch.Dashboard(
            f"{name}-overview",
            dashboard_name=f"{name}-overview",  # CloudWatch does not name it automatically
            dashboard_body=body,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = dashboard.dashboard_name
        self.register_outputs({"name": self.name})


def _body(rows: Sequence[Row], region: str) -> str:
    """The JSON of a dashboard:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    widgets: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        widgets.append(_widget("text", 0, y, _COLUMNS, 1, {"markdown": f"## {row['title']}"}))
        widgets += [
            _widget("metric", place * _WIDTH, y + 1, _WIDTH, _HEIGHT, _properties(graph, region))
            for place, graph in enumerate(row["graphs"])
        ]
        y += 1 + _HEIGHT
    return json.dumps({"widgets": widgets})


def _widget(kind: str, x: int, y: int, width: int, height: int, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties}


def _properties(graph: Graph, region: str) -> dict[str, Any]:
    return {
        "title": graph["title"],
        "region": region,
        "view": "timeSeries",
        "period": 300,
        "metrics": [_line(shown) for shown in graph["metrics"]],
    }


def _line(shown: Metric) -> list[Any]:
    named = [part for pair in shown["dimensions"].items() for part in pair]
    return [shown["namespace"], shown["name"], *named, {"stat": shown["statistic"], "label": shown["label"]}]
