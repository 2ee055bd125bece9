from datetime import UTC, datetime

import pytest

from sluice.alarms import Alarm, alarms
from tests.sluice.scripted import OUTPUTS, Scripted

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def found(
    name="a", state="OK", topic=OUTPUTS["alarm_topic_arn"], description="It broke. Look. Runbook: docs/x.md#y (o)"
):
    return {
        "AlarmName": name,
        "AlarmDescription": description,
        "AlarmActions": [topic],
        "StateValue": state,
        "StateReason": "why",
        "StateUpdatedTimestamp": AT,
    }


def told(*listed, **more):
    return alarms(Scripted({"cloudwatch.describe_alarms": {"MetricAlarms": list(listed)}}, **more))


def test_an_alarm_is_told_with_meaning_runbook_and_state():
    assert told(found()) == [
        Alarm("a", "o", "It broke. Look.", "docs/x.md#y", "OK", "2026-11-21T12:00:00+00:00", "why")
    ]


def test_those_that_ring_are_first():
    listed = [found("a"), found("b", "INSUFFICIENT_DATA"), found("d", "ALARM"), found("c", "ALARM")]
    assert [alarm.name for alarm in told(*listed)] == ["c", "d", "b", "a"]


def test_alarms_of_other_topics_are_left_out():
    assert told(found(topic="arn:aws:sns:eu-north-1:1:others")) == []


@pytest.mark.parametrize("description", ["", "Disk full (o)", None])
def test_an_alarm_that_others_made_has_no_runbook(description):
    (alarm,) = told(found(description=description))
    assert (alarm.owner, alarm.meaning, alarm.runbook) == ("", description or "", "")


def test_the_embedded_cloud_invents_no_state():
    (alarm,) = told(found(), endpoint="http://127.0.0.1:1")
    assert (alarm.state, alarm.since, alarm.reason) == (None, None, None)
