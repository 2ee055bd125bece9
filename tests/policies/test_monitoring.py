"""Which alarms the rules ask for: those that the tag of a resource promises."""

from dataclasses import replace

import pytest

from policies import resource_types as types
from policies.model import Stack
from policies.rules import violations
from tests.policies.editing import drop
from tests.policies.recording import stack

ARCHIVER, IMPORT, REPORT = "sluice-prod-stream-users-archiver", "sluice-prod-import-items", "sluice-prod-report-tables"
ESSENTIAL = [
    ("stream-alarms", f"{ARCHIVER}-dropped"),
    ("stream-alarms", f"{ARCHIVER}-failed"),
    ("queue-alarms", f"{IMPORT}-dead-letters-messages"),
    ("silence-alarms", f"{ARCHIVER}-silent"),
    ("silence-alarms", f"{IMPORT}-queue-silent"),
    ("silence-alarms", f"{REPORT}-silent"),
]
OTHERS = [
    ("function-alarms", f"{ARCHIVER}-errors"),
    ("stream-alarms", f"{ARCHIVER}-lag"),
    ("queue-alarms", f"{IMPORT}-queue-waiting"),
]


def promising(alarms: str) -> Stack:
    """The recorded stack, its resources tagged so."""
    made = stack("prod")
    tagged = [
        replace(each, inputs={**each.inputs, "tags": {**each.inputs["tags"], "alarms": alarms}})
        if each.inputs.get("tags")
        else each
        for each in made.resources
    ]
    return Stack(made.environment, tagged)


def missed(alarms: str, name: str) -> list[str]:
    """The rules that miss an alarm in a stack that promises these."""
    return [violation.rule for violation in violations(drop(types.ALARM, name)(promising(alarms)))]


@pytest.mark.parametrize(("rule", "name"), ESSENTIAL, ids=[name for _, name in ESSENTIAL])
def test_an_essential_alarm_is_missed_unless_none_is_promised(rule: str, name: str) -> None:
    assert (missed("all", name), missed("essential", name), missed("none", name)) == ([rule], [rule], [])


@pytest.mark.parametrize(("rule", "name"), OTHERS, ids=[name for _, name in OTHERS])
def test_another_alarm_is_missed_where_all_are_promised(rule: str, name: str) -> None:
    assert (missed("all", name), missed("essential", name), missed("none", name)) == ([rule], [], [])


def test_a_promise_that_nobody_knows_is_one_of_all() -> None:
    assert missed("few", f"{ARCHIVER}-errors") == ["function-alarms"]
