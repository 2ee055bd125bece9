"""The dashboard of a stack: one row per pipeline, from left to right flow, failures, lag, and costs."""

import json
from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.metrics import Metric

_COLUMNS = 24
_GRAPHS = 4
_WIDTH, _HEIGHT = _COLUMNS // _GRAPHS, 6


class Graph(TypedDict):
    """A graph of some metrics."""

    title: str
    metrics: Sequence[Metric]


class Row(TypedDict):
    """A pipeline's graphs, four at most."""

    title: str
    graphs: Sequence[Graph]


def graph(title: str, *metrics: Metric) -> Graph:
    """Returns a graph with a line for each metric."""
    return {"title": title, "metrics": metrics}


class DashboardArgs(TypedDict):
    """Arguments of a dashboard."""

    rows: Sequence[Row]
    region: str


class Dashboard(Component):
    """A dashboard (`sluice:index:Dashboard`).

    It makes:

    - a CloudWatch dashboard.
    """

    name: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Dashboard", name, None, opts)
        _check_rows(args["rows"])
        self.name = self._create_dashboard(args).dashboard_name
        self.register_outputs({"name": self.name})

    def _create_dashboard(self, args: DashboardArgs) -> aws.cloudwatch.Dashboard:
        return aws.cloudwatch.Dashboard(
            f"{self._name}-overview",
            dashboard_name=f"{self._name}-overview",  # CloudWatch does not name it automatically
            dashboard_body=pulumi.Output.from_input(args["rows"]).apply(lambda rows: _body(rows, args["region"])),
            opts=self._child(),
        )


def _check_rows(rows: Sequence[Row]) -> None:
    for row in rows:
        if len(row["graphs"]) > _GRAPHS:
            raise ValueError(
                f"the row {row['title']} has {len(row['graphs'])} graphs: {_GRAPHS} fit; make two rows of it"
            )


def _body(rows: Sequence[Row], region: str) -> str:
    """Returns the JSON of a dashboard.

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
        "metrics": [_line(metric) for metric in graph["metrics"]],
    }


def _line(metric: Metric) -> list[Any]:
    dimensions = [part for pair in metric["dimensions"].items() for part in pair]
    return [metric["namespace"], metric["name"], *dimensions, {"stat": metric["statistic"], "label": metric["label"]}]
