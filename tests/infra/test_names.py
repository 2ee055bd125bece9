import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.names import fitting
from sluice.cloud.program.execution import configuration, run
from sluice.cloud.program.recording import Recorder

LONGEST = {
    "aws:iam/role:Role": ("name", 64),
    "aws:lambda/function:Function": ("name", 64),
    "aws:s3/bucket:Bucket": ("bucket", 63),
    "aws:sqs/queue:Queue": ("name", 80),
    "aws:scheduler/schedule:Schedule": ("name", 64),
    "aws:ses/template:Template": ("name", 64),
    "aws:sesv2/configurationSet:ConfigurationSet": ("configurationSetName", 64),
    "aws:dynamodb/table:Table": ("name", 255),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", 255),
    "aws:sns/topic:Topic": ("name", 256),
}
"""Type -> what its physical name is called, and the most characters that its service takes, from the documentation."""
SUFFIX = 8
"""What Pulumi adds to a name that a program does not give."""


def test_a_name_that_fits_is_left_to_pulumi():
    assert fitting("a" * 56, 64) is None


@given(st.text("ab-", min_size=57, max_size=200), st.text("ab-", min_size=57, max_size=200))
def test_a_name_that_is_too_long_is_cut_and_two_do_not_become_one(one, other):
    made = fitting(one, 64)
    assert made is not None
    assert len(made) <= 64
    assert re.fullmatch(r"[ab-]*-[0-9a-f]{8}", made)
    assert (made == fitting(other, 64)) == (one == other)


@pytest.mark.parametrize("stack", ["e" * 16])
def test_the_longest_names_are_within_what_aws_takes(stack):
    config = {key: value for key, value in configuration("prod").items() if key not in ("sluice:reports",)}
    longest = "p" * 16
    report = {
        "groups": [{"name": "g" * 16, "prefix": "x" * 64, "label": "x"}],
        "recipients": ["team@example.com"],
    }
    config["sluice:streams"] = json.dumps({"users": None, longest: {"mails": MAILS}})
    config["sluice:imports"] = json.dumps({"items": None, longest: {}})
    config["sluice:reports"] = json.dumps({"tables": None, longest: report})
    recorder = Recorder("eu-north-1")
    run(stack, recorder, config=config)
    names = {}
    for resource in recorder.graph.resources.values():
        if resource.type in LONGEST:
            field, most = LONGEST[resource.type]
            given_name = resource.inputs.get(field)
            assert len(given_name or resource.name) + (0 if given_name else SUFFIX) <= most, resource.name
            assert names.setdefault((resource.type, given_name or resource.name), resource) is resource
    assert {kind for kind, _ in names} == LONGEST.keys()


MAILS = [
    {"template": "welcome", "events": ["INSERT"]},
    {"template": "profile-changed", "events": ["MODIFY"], "changed": ["email"]},
]
