import json
from types import SimpleNamespace

from handlers.shared.observability import emit

CONTEXT = SimpleNamespace(function_name="f", aws_request_id="r")


def test_one_line_holds_the_summary_and_the_metrics(capsys):
    emit(CONTEXT, {"Archived": (3, "Count")}, shard="s")
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    timestamp = document.pop("_aws")
    assert document == {"FunctionName": "f", "Archived": 3, "request_id": "r", "shard": "s"}
    assert timestamp["Timestamp"] > 1_700_000_000_000
    assert timestamp["CloudWatchMetrics"] == [
        {
            "Namespace": "Sluice",
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": "Archived", "Unit": "Count"}],
        }
    ]


def test_a_metric_that_is_not_a_number_of_json_is_still_one_line(capsys):
    emit(CONTEXT, {"Lag": (1.5, "Seconds")}, error=ValueError("a\nb"))
    assert len(capsys.readouterr().out.splitlines()) == 1
