import re
from dataclasses import replace

import pytest

from policies import resource_types as types
from policies.access import WILDCARDS
from policies.documents import statements
from policies.model import UNKNOWN, Stack
from policies.protection import EXPENDABLE
from policies.rules import RULES, violations
from sluice.cloud.program.execution import stacks
from sluice.cloud.program.plausible import ACCOUNT
from sluice.cloud.program.schema import properties
from tests.policies.breaks import ARCHIVE, BREAKS, SCHEDULE, TABLE
from tests.policies.editing import add, drop, found, put
from tests.policies.forms import FORMS, unsettled
from tests.policies.recording import stack

STACKS = stacks()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", STACKS)
def test_no_stack_breaks_a_rule(name, form):
    lines = [str(violation) for violation in violations(FORMS[form](stack(name)))]
    assert not lines, "\n".join(["", *lines])


@pytest.mark.parametrize("form", [*FORMS, "unsettled"])
@pytest.mark.parametrize("name", STACKS)
def test_a_preview_is_not_blamed_for_what_only_aws_can_say(name, form):
    """Also what the program gives is not known yet; and without the pack's help nobody is blamed."""
    shown = {**FORMS, "unsettled": unsettled}[form](stack(name, preview=True))
    lines = [str(violation) for violation in violations(shown)]
    assert not lines, "\n".join(["", *lines])


def leaves_blank(value):
    """A value of which nothing is known but its shape."""
    if isinstance(value, dict):
        return {name: leaves_blank(held) for name, held in value.items()}
    return [UNKNOWN for _ in value] if isinstance(value, list) else UNKNOWN


@pytest.mark.parametrize("blank", [lambda _: UNKNOWN, leaves_blank], ids=["whole", "leaves"])
def test_no_rule_blames_or_stumbles_over_what_is_not_known_yet(blank):
    prod = stack("prod")
    for resource in prod.resources:
        blanked = replace(resource, inputs={name: blank(value) for name, value in resource.inputs.items()})
        others = [each for each in prod.resources if each != resource]
        lines = [str(violation) for violation in violations(Stack("prod", [*others, blanked]))]
        assert not lines, "\n".join(["", *lines])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("rule", "edit", "resource", "remedy"), BREAKS, ids=[f"{number}-{case[0]}" for number, case in enumerate(BREAKS)]
)
def test_an_edit_that_breaks_a_rule_is_told_with_resource_rule_and_remedy(rule, edit, resource, remedy, form):
    lines = [str(violation) for violation in violations(FORMS[form](edit(stack("prod"))))]
    assert [line for line in lines if f" {resource}: {rule}: " in line and remedy in line], lines


def test_every_rule_has_an_edit_that_breaks_it():
    assert {case[0] for case in BREAKS} == {rule.name for rule in RULES}


@pytest.mark.parametrize("expression", ["rate(7 days)", "cron(0 8 1 * ? *)", "at(2026-11-21T12:00:00)"])
def test_a_schedule_of_rare_runs_needs_no_alarm_on_silence(expression):
    rare = put(types.SCHEDULE, SCHEDULE, "scheduleExpression", expression)
    assert violations(rare(drop(types.ALARM, "sluice-prod-report-tables-silent")(stack("prod")))) == []


def test_names_of_rules_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", ["recoverable", "protected", "alarm-heard", "traced"])
def test_what_prod_asks_for_is_not_asked_of_dev(rule):
    assert rule not in {violation.rule for violation in violations(stack("dev"))}
    assert stack("dev").environment == "dev"


def test_a_permission_for_one_rule_of_ones_own_account_is_fine():
    rule = "arn:aws:events:eu-north-1:123456789012:rule/new-objects"
    edit = add(types.PERMISSION, "new-objects", principal="events.amazonaws.com", sourceArn=rule)
    assert violations(edit(stack("prod"))) == []


def test_what_may_be_lost_is_there():
    for type_, name in EXPENDABLE:
        found(stack("prod"), type_, f"sluice-prod{name.removeprefix('*')}")


def test_every_listed_wildcard_is_in_use():
    """A reason that nothing needs any more would let the next wildcard in unseen."""
    given = [each for name in STACKS for resource in stack(name).resources for each in statements(resource)]
    unused = [
        known
        for known in WILDCARDS
        if not any(
            _matches(known, each.effect, action, target)
            for each in given
            for action in each.actions
            for target in each.resources
        )
    ]
    assert unused == []


def _matches(known, effect, action, target):
    return known.effect == effect and re.fullmatch(known.actions, action) and re.fullmatch(known.resource, target)


@pytest.mark.parametrize("token", types.KNOWN)
def test_what_is_known_of_a_type_is_what_pulumi_aws_says(token):
    assert types.KNOWN[token].taggable == ("tags" in properties(token))


def test_the_arns_of_the_recorded_graph_are_in_awss_form():
    arns = {found(stack("prod"), types.BUCKET, ARCHIVE).arn, found(stack("prod"), types.TABLE, TABLE).arn}
    assert arns == {
        "arn:aws:s3:::sluice-prod-archive",
        f"arn:aws:dynamodb:eu-north-1:{ACCOUNT}:table/sluice-prod-stream-users-table",
    }
