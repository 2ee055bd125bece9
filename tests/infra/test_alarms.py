"""Every alarm of every stack: what it tells whoever is woken, and that somebody can act on it."""

import re
from pathlib import Path

import pytest

from local.program import ROOT, stacks

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
RUNBOOK = "docs/operating.md"
_DESCRIPTION = re.compile(rf".+[.] Look .+[.] Runbook: {RUNBOOK}#(?P<anchor>[a-z-]+) \((?P<owner>[a-z0-9-]+)\)")


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


@pytest.mark.skipif(not Path(ROOT, RUNBOOK).exists(), reason=f"{RUNBOOK} is being written")
def test_the_runbook_has_a_part_for_each_alarm_and_none_for_another(graph_of):
    wanted = {described(alarm)["anchor"] for stack in stacks() for alarm in alarms(graph_of(stack))}
    text = Path(ROOT, RUNBOOK).read_text()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    anchors |= set(re.findall(r'<a (?:id|name)="([a-z-]+)"', text))
    sections = {anchor.partition("-")[0] for anchor in wanted}
    written = {anchor for anchor in anchors if re.fullmatch(rf"({'|'.join(sections)})-[a-z-]+", anchor)}
    assert written == wanted
