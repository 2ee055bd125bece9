import ast
import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from infra.dashboard import Dashboard, graph
from infra.metrics import metric
from sluice.cloud.program.execution import ROOT, stacks
from tests.infra.reading import record

OF_AWS = {
    "AWS/Lambda": {"Errors", "Duration", "IteratorAge", "InvokedEventCount", "OnFailureDestinationDeliveredEventCount"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/DynamoDB": {"ConsumedWriteCapacityUnits"},
}
"""The metrics of AWS that the dashboards show; each name is from the service's documentation."""


def widgets(made):
    (dashboard,) = made.of_type("aws:cloudwatch/dashboard:Dashboard")
    return json.loads(dashboard.inputs["dashboardBody"])["widgets"]


def lines(made):
    """Each line of each graph: namespace, metric, dimensions."""
    for widget in widgets(made):
        for namespace, name, *dimensions, _ in widget["properties"].get("metrics", []):
            yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


def emitted(function: str) -> set[str]:
    """The metrics that a handler emits, read from its call of `emit`."""
    tree = ast.parse(Path(ROOT, "handlers", function, "handler.py").read_text())
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("emit", "observability.emit")
    ]
    metrics = call.args[1]
    assert isinstance(metrics, ast.Dict)
    environment = importlib.import_module(f"handlers.{function}.environment")
    return {_name(key, environment) for key in metrics.keys}


def _name(key: ast.expr | None, environment: ModuleType) -> str:
    if isinstance(key, ast.Constant):
        return str(key.value)
    assert isinstance(key, ast.Attribute)  # a constant of the function's environment
    return str(getattr(environment, key.attr))


def function_of(dimensions: dict[str, str]) -> str:
    """`importer`, for the function of that name in any stack."""
    return dimensions["FunctionName"].rpartition("-")[2]


@pytest.mark.parametrize("stack", stacks())
def test_each_pipeline_has_a_row(graph_of, stack):
    titles = [widget["properties"]["markdown"] for widget in widgets(graph_of(stack)) if widget["type"] == "text"]
    names = ("stream-users", "import-items", "report-tables")
    assert titles == [f"## sluice-{stack}-{name}" for name in names]


@pytest.mark.parametrize("stack", stacks())
def test_no_widget_covers_another_or_leaves_the_page(graph_of, stack):
    taken = set()
    for widget in widgets(graph_of(stack)):
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken, widget["properties"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells


@pytest.mark.parametrize("stack", stacks())
def test_every_metric_of_ours_that_is_shown_is_emitted(graph_of, stack):
    own = [(name, function_of(dimensions)) for space, name, dimensions in lines(graph_of(stack)) if space == "Sluice"]
    assert own
    assert [(name, function) for name, function in own if name not in emitted(function)] == []


@pytest.mark.parametrize("stack", stacks())
def test_every_metric_of_ours_that_has_an_alarm_is_emitted(graph_of, stack):
    alarms = [alarm.inputs for alarm in graph_of(stack).of_type("aws:cloudwatch/metricAlarm:MetricAlarm")]
    own = [(one["metricName"], function_of(one["dimensions"])) for one in alarms if one.get("namespace") == "Sluice"]
    assert own
    assert [(name, function) for name, function in own if name not in emitted(function)] == []


@pytest.mark.parametrize("stack", stacks())
def test_every_metric_of_aws_that_is_shown_exists(graph_of, stack):
    shown = {(space, name) for space, name, _ in lines(graph_of(stack)) if space != "Sluice"}
    assert shown == {(space, name) for space, names in OF_AWS.items() for name in names}


@pytest.mark.parametrize("stack", stacks())
def test_every_metric_is_of_something_in_the_stack(graph_of, stack):
    made = graph_of(stack)
    names = {resource.outputs.get("name") for resource in made.resources.values()}
    names |= {resource.outputs.get("uuid") for resource in made.resources.values()}
    for _, _, dimensions in lines(made):
        assert dimensions.keys() <= {"FunctionName", "QueueName", "TableName", "EventSourceMappingUUID"}
        assert set(dimensions.values()) <= names


def test_a_row_that_does_not_fit_is_refused():
    shown = [graph("Errors", metric("AWS/Lambda", "Errors", {"FunctionName": "f"}))] * 5
    args: Any = {"rows": [{"title": "Stream", "graphs": shown}], "region": "eu-north-1"}
    with pytest.raises(ValueError, match="the row Stream has 5 graphs: 4 fit"):
        record(lambda: Dashboard("watch", args))
