from typing import Any

import pytest

from infra.function import Function
from infra.iam import allow
from tests.infra.reading import HANDLER, OPERATIONS, PROTECTED, TAGS, TOPIC, dependencies, record, statements, types

LAMBDA, ALARM = "aws:lambda/function:Function", "aws:cloudwatch/metricAlarm:MetricAlarm"


def function(**args: Any):
    made: Any = {"handler": HANDLER, "description": "Archives", **args}
    return record(lambda: Function("archiver", made))


def test_a_function_has_a_role_logs_code_and_alarms():
    assert types(function(), "archiver") == {
        "archiver": LAMBDA,
        "archiver-duration": ALARM,
        "archiver-errors": ALARM,
        "archiver-logs": "aws:cloudwatch/logGroup:LogGroup",
        "archiver-policy": "aws:iam/rolePolicy:RolePolicy",
        "archiver-role": "aws:iam/role:Role",
        "archiver-throttles": ALARM,
    }


def test_a_function_runs_on_arm_with_json_logs_and_without_traces_by_default():
    graph = function()
    inputs = dict(graph.named("archiver").inputs)
    del inputs["code"]
    assert inputs == {
        "architectures": ["arm64"],
        "description": "Archives",
        "handler": HANDLER,
        "loggingConfig": {"logFormat": "JSON", "logGroup": "archiver-logs"},
        "memorySize": 256,
        "role": graph.named("archiver-role").outputs["arn"],
        "runtime": "python3.14",
        "timeout": 60,
        "tracingConfig": {"mode": "PassThrough"},
    }


def test_a_function_gets_what_it_is_given():
    inputs = function(environment={"A": "1"}, timeout_seconds=120, memory_mib=1769).named("archiver").inputs
    assert inputs["environment"] == {"variables": {"A": "1"}}
    assert (inputs["timeout"], inputs["memorySize"]) == (120, 1769)


def test_a_function_comes_after_its_policy():
    graph = function()
    assert "archiver-policy" in dependencies(graph, graph.named("archiver"))


def test_only_lambda_assumes_the_role():
    assert statements(function().named("archiver-role"), "assumeRolePolicy") == {
        "Assume": {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    }


def test_the_role_may_write_its_own_logs_and_nothing_else_by_default():
    graph = function()
    logs = graph.named("archiver-logs").outputs["arn"]
    assert graph.named("archiver-policy").inputs["role"] == graph.named("archiver-role").outputs["name"]
    assert statements(graph.named("archiver-policy")) == {
        "WriteLogs": {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{logs}:log-stream:*"],
        }
    }


def test_the_role_may_do_what_is_stated():
    statement = allow("ReadUsers", ["dynamodb:GetItem"], ["arn:aws:dynamodb:eu-north-1:123456789012:table/Users"])
    found = statements(function(statements=[statement]).named("archiver-policy"))
    assert found["ReadUsers"] == {
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem"],
        "Resource": ["arn:aws:dynamodb:eu-north-1:123456789012:table/Users"],
    }


def test_a_traced_function_may_write_traces():
    graph = function(operations=PROTECTED)
    assert graph.named("archiver").inputs["tracingConfig"] == {"mode": "Active"}
    assert statements(graph.named("archiver-policy"))["WriteTraces"] == {
        "Effect": "Allow",
        "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "Resource": ["*"],
    }


@pytest.mark.parametrize(("operations", "days"), [({}, 30), ({"log_retention_days": 365}, 365)])
def test_logs_are_kept_for_as_long_as_set(operations, days):
    assert function(operations=operations).named("archiver-logs").inputs == {"retentionInDays": days}


def test_the_code_is_what_the_handler_imports():
    code = function().named("archiver").inputs["code"]
    assert ".build/archiver-" in code.path


@pytest.mark.parametrize(
    ("kind", "metric", "statistic", "threshold"),
    [("errors", "Errors", "Sum", 1), ("throttles", "Throttles", "Sum", 1), ("duration", "Duration", "Maximum", 27_000)],
)
def test_an_alarm_goes_off(kind, metric, statistic, threshold):
    inputs = dict(function(timeout_seconds=30, operations=OPERATIONS).named(f"archiver-{kind}").inputs)
    assert f"docs/operating.md#function-{kind} (archiver)" in inputs.pop("alarmDescription")
    assert inputs == {
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "dimensions": {"FunctionName": "archiver"},
        "evaluationPeriods": 1,
        "metricName": metric,
        "namespace": "AWS/Lambda",
        "period": 300,
        "statistic": statistic,
        "tags": TAGS,
        "threshold": threshold,
        "treatMissingData": "notBreaching",
    }


@pytest.mark.parametrize(("seconds", "longest"), [(20, 18), (60, 54), (100, 90), (300, 290), (900, 890)])
def test_the_duration_alarm_leaves_an_invocation_all_but_ten_seconds_or_a_tenth(seconds, longest):
    assert function(timeout_seconds=seconds).named("archiver-duration").inputs["threshold"] == longest * 1000


def test_an_alarm_goes_off_on_what_the_function_counts():
    own = {"odd": {"metric": "OddRecords", "meaning": "Odd records were seen.", "look": "Look at the log."}}
    inputs = function(alarms=own).named("archiver-odd").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("Sluice", "OddRecords")
    assert inputs["dimensions"] == {"FunctionName": "archiver"}
    assert (inputs["statistic"], inputs["threshold"]) == ("Sum", 1)
    assert inputs["alarmDescription"] == (
        "Odd records were seen. Look at the log. Runbook: docs/operating.md#function-odd (archiver)"
    )


def test_without_a_topic_alarms_tell_nobody():
    inputs = function().named("archiver-errors").inputs
    assert (inputs["alarmActions"], inputs["okActions"]) == ([], [])


def test_all_that_can_carries_the_tags():
    graph = function(operations=OPERATIONS)
    for name in ("archiver", "archiver-role", "archiver-logs", "archiver-errors"):
        assert graph.named(name).inputs["tags"] == TAGS


def test_a_function_tells_others_its_name_and_arn():
    graph = function()
    (component,) = graph.of_type("sluice:index:Function")
    assert component.outputs == {"name": "archiver", "arn": graph.named("archiver").outputs["arn"]}
