"""Every alarm of every stack: what it tells, and whom; that its runbook exists is held by tests/docs."""

import re

import pytest

from local.program import stacks

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
    assert {alarm.inputs["treatMissingData"] for alarm in alarms(graph_of(stack))} == {"notBreaching"}
