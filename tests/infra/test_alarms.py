"""Every alarm of every stack: what it tells, and whom; that its runbook exists is held by tests/docs."""

import re

import pytest

from sluice.cloud.program.execution import stacks

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_DESCRIPTION = re.compile(
    r".+[.] Look .+[.] Runbook: docs/operating[.]md#(?P<anchor>[a-z-]+) \((?P<owner>[a-z0-9-]+)\)"
)


def described(alarm):
    """The parts of an alarm's description."""
    found = _DESCRIPTION.fullmatch(alarm.inputs["alarmDescription"])
    assert found, alarm.inputs["alarmDescription"]
    return found


def alarms(graph):
    found = graph.of_type(ALARM)
    assert found
    return found


@pytest.mark.parametrize("stack", stacks())
def test_an_alarm_says_what_it_means_where_to_look_and_where_its_runbook_is(graph_of, stack):
    for alarm in alarms(graph_of(stack)):
        found = described(alarm)
        kind = alarm.name.removeprefix(f"{found['owner']}-")
        assert found["anchor"].endswith(f"-{kind}")
        assert len(found[0]) <= 1024  # what CloudWatch takes


@pytest.mark.parametrize("stack", stacks())
def test_an_alarm_and_its_end_tell_the_stack_s_topic(graph_of, stack):
    graph = graph_of(stack)
    (topic,) = graph.of_type("aws:sns/topic:Topic")
    told = {(*alarm.inputs["alarmActions"], *alarm.inputs["okActions"]) for alarm in alarms(graph)}
    assert told == {(topic.outputs["arn"],) * 2}


@pytest.mark.parametrize("stack", stacks())
def test_an_idle_pipeline_raises_no_alarm(graph_of, stack):
    missing = {alarm.inputs["treatMissingData"] for alarm in alarms(graph_of(stack)) if not is_on_silence(alarm)}
    assert missing == {"notBreaching"}


@pytest.mark.parametrize("stack", stacks())
def test_a_pipeline_that_stops_raises_an_alarm(graph_of, stack):
    """A stopped mapping has no lag and a stopped schedule no errors; only that there are no data tells of them."""
    graph = graph_of(stack)
    on_silence = {alarm.name.removeprefix(f"sluice-{stack}-"): alarm.inputs for alarm in alarms(graph)}
    on_silence = {name: inputs for name, inputs in on_silence.items() if name.endswith("-silent")}
    assert set(on_silence) == {
        "stream-users-archiver-silent",
        "stream-users-notifier-silent",
        "import-items-queue-silent",
        "report-tables-silent",
    }
    for name in ("stream-users-archiver-silent", "stream-users-notifier-silent", "report-tables-silent"):
        inputs = on_silence[name]
        assert (inputs["treatMissingData"], inputs["comparisonOperator"]) == ("breaching", "LessThanThreshold")
        assert (inputs["statistic"], inputs["threshold"]) == ("SampleCount", 1)
        assert "metricQueries" not in inputs
    for alarm in alarms(graph):
        inputs = alarm.inputs
        period = inputs.get("period") or next(q["metric"]["period"] for q in inputs["metricQueries"] if "metric" in q)
        assert inputs["evaluationPeriods"] * period <= (86_400 if period < 3600 else 604_800)  # what CloudWatch takes


def is_on_silence(alarm):
    return alarm.inputs["comparisonOperator"] == "LessThanThreshold"
