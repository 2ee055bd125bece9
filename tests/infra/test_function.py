import json
import re
from typing import Any

import pulumi_aws as aws
import pytest

from infra.code import archive
from infra.function import Function
from infra.iam import allow
from sluice.cloud.program.execution import ProgramError, configuration, run
from sluice.cloud.program.recording import Recorder
from tests.infra.reading import HANDLER, OPERATIONS, PROTECTED, TAGS, TOPIC, dependencies, record, statements, types

LAMBDA, ALARM = "aws:lambda/function:Function", "aws:cloudwatch/metricAlarm:MetricAlarm"


def function(**args: Any):
    made: Any = {"handler": HANDLER, "description": "Archives", **args}
    return record(lambda: Function("archiver", {"code": archive(HANDLER), **made}))


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


# ---- the environment, of which Lambda takes 4,096 bytes of JSON


@pytest.mark.parametrize(
    ("value", "bytes_"),
    [
        ("x" * 4088, 4096),  # {"A":"..."} has eight more
        ('"' * 2044, 4096),  # each quote is escaped
        ("é" * 2044, 4096),  # two bytes of UTF-8
    ],
    ids=["letters", "quotes", "accents"],
)
def test_an_environment_that_lambda_just_takes_is_taken_and_a_byte_more_is_not(value, bytes_):
    assert len(json.dumps({"A": value}, ensure_ascii=False, separators=(",", ":")).encode()) == bytes_
    assert function(environment={"A": value}).named("archiver").inputs["environment"] == {"variables": {"A": value}}
    with pytest.raises(ProgramError, match="4,097 bytes and Lambda has 4,096"):
        function(environment={"A": f"{value}x"})


def test_the_setting_that_is_too_large_is_named_before_anything_is_made():
    """A name that is not known before an update counts as empty."""

    def build():
        unknown = aws.sns.Topic("topic").arn
        given: Any = {
            "handler": HANDLER,
            "code": archive(HANDLER),
            "environment": {"TABLE": unknown, "COLUMNS": "c" * 5000, "PREFIX": "incoming/"},
            "settings": {"COLUMNS": "columns"},
        }
        Function("importer", given)

    with pytest.raises(ProgramError) as refusal:
        record(build, preview=True)
    assert str(refusal.value) == (
        "the environment of importer takes 5,046 bytes and Lambda has 4,096: "
        "COLUMNS, which holds the setting columns, takes 5,002. Shorten it"
    )


@pytest.mark.parametrize(
    ("section", "value", "setting"),
    [
        (
            "reports",
            {
                "tables": {
                    "groups": [{"name": f"G{n}", "prefix": f"{n:02}{'x' * 60}", "label": "l" * 80} for n in range(20)],
                    "recipients": ["team@example.com"],
                }
            },
            "groups",
        ),
        (
            "reports",
            {"tables": {"recipients": [f"{n}{'r' * 60}@{'d' * 60}.example.com" for n in range(50)]}},
            "recipients",
        ),
        ("mail", {"onlyTo": [f"team{n}@example{n}.com" for n in range(200)]}, "mail.onlyTo"),
    ],
)
def test_each_setting_that_can_grow_too_large_is_named_in_a_preview(section, value, setting):
    config = configuration("dev")
    config[f"sluice:{section}"] = json.dumps({**json.loads(config.get(f"sluice:{section}", "{}")), **value})
    with pytest.raises(ProgramError, match=f"which holds the setting {setting},"):
        run("dev", Recorder("eu-north-1", preview=True), preview=True, config=config)


def test_code_that_is_too_large_for_a_request_comes_from_a_bucket(monkeypatch):
    monkeypatch.setattr("infra.code.UPLOAD_BYTES", 1000)
    monkeypatch.setattr("infra.function.UPLOAD_BYTES", 1000)
    graph = function(operations=PROTECTED)
    inputs, stored = graph.named("archiver").inputs, graph.named("archiver-archive")
    assert "code" not in inputs
    assert (inputs["s3Bucket"], inputs["s3Key"]) == (stored.inputs["bucket"], stored.inputs["key"])
    assert re.fullmatch(r"archiver-[0-9a-f]{12}\.zip", stored.inputs["key"])
    assert stored.inputs["source"].path.endswith(stored.inputs["key"].removesuffix(".zip"))
    assert graph.named("archiver-code").inputs["forceDestroy"]
