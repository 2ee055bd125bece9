"""The alarms of a stack: their meanings, runbooks and states."""

import re
from typing import Any, NamedTuple

from sluice.target import Target

_DESCRIPTION = re.compile(r"(?P<meaning>.*?) *Runbook: (?P<runbook>\S+) \((?P<owner>.*)\)", re.DOTALL)
RINGING = "ALARM"
_ORDER = (RINGING, "INSUFFICIENT_DATA", "OK")


class Alarm(NamedTuple):
    """One alarm."""

    name: str
    owner: str
    """What it watches, by its name in the program; empty for an alarm of another program."""
    meaning: str
    """What has happened when it rings, and where to look first."""
    runbook: str
    """Where the fix is described; empty for an alarm of another program."""
    state: str | None
    """`OK`, `ALARM` or `INSUFFICIENT_DATA`; None if alarms are not evaluated, as in the embedded cloud."""
    since: str | None
    """When it entered this state."""
    reason: str | None
    """Why, in CloudWatch's words."""


def alarms(target: Target) -> list[Alarm]:
    """Returns the alarms that go to a stack's topic, ringing ones first.

    Raises:
        ClientError: CloudWatch may not be asked.
        click.ClickException: the stack has no topic of alarms.
    """
    topic = target["alarm_topic_arn"]
    pages = target.client("cloudwatch").get_paginator("describe_alarms").paginate()
    found = [each for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for each in page.get(kind, [])]
    own = [_alarm(each, evaluated=not target.endpoint) for each in found if topic in each.get("AlarmActions", [])]
    return sorted(own, key=lambda alarm: (_ORDER.index(alarm.state) if alarm.state in _ORDER else 0, alarm.name))


def _alarm(found: dict[str, Any], *, evaluated: bool) -> Alarm:
    description = found.get("AlarmDescription") or ""
    parts = _DESCRIPTION.fullmatch(description)
    owner, meaning, runbook = parts.group("owner", "meaning", "runbook") if parts else ("", description, "")
    at = found.get("StateUpdatedTimestamp")
    state = (found["StateValue"], at and at.isoformat(), found.get("StateReason")) if evaluated else (None, None, None)
    return Alarm(found["AlarmName"], owner, meaning, runbook, *state)
