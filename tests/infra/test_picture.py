import json
from typing import Any

import pulumi
import pulumi_aws as aws

from tests.infra.picture import deviations, picture, text
from tests.infra.reading import record

METRIC = ["AWS/Lambda", "Errors", "FunctionName", "sluice-prod-f", {"stat": "Sum", "label": "errors"}]


def stack(name: str, **inputs: Any):
    def build():
        topic = aws.sns.Topic(f"sluice-{name}-topic", **inputs)
        aws.sns.Topic(f"sluice-{name}-other", display_name=f"of {name}", opts=pulumi.ResourceOptions(parent=topic))

    return picture(record(build))


def test_a_resource_lies_in_the_tree_with_a_value_a_line():
    assert text(stack("prod", fifo_topic=True, http_success_feedback_sample_rate=7)).splitlines()[1:] == [
        "  sluice-prod-topic (aws:sns/topic:Topic)",
        "      fifoTopic: true",
        "      httpSuccessFeedbackSampleRate: 7",
        "    sluice-prod-other (aws:sns/topic:Topic)",
        '        displayName: "of prod"',
    ]


def test_a_document_lies_in_lines_instead_of_its_json():
    document = json.dumps(
        {"widgets": [{"type": "metric", "x": 0, "y": 0, "metrics": [METRIC, METRIC]}], "title": "a\nb"}
    )
    assert text(stack("prod", policy=document)).splitlines()[2:-2] == [
        "      policy:",
        "        widgets:",
        '          * type: "metric"',
        "            x: 0",
        "            y: 0",
        "            metrics:",
        f"              * {json.dumps(METRIC)}",
        f"              * {json.dumps(METRIC)}",
        "        title:",
        "          | a",
        "          | b",
    ]


def test_another_stack_s_name_is_no_difference():
    assert deviations(stack("prod"), stack("dev"), names=("prod", "dev")) == ""


def test_what_another_stack_has_otherwise_stands_below_its_resource():
    one = stack("prod", fifo_topic=True, opts=pulumi.ResourceOptions(delete_before_replace=True))
    assert deviations(one, stack("dev", fifo_topic=False), names=("prod", "dev")).splitlines() == [
        "  sluice-dev-topic (aws:sns/topic:Topic)",
        "    - option delete_before_replace: true",
        "    - fifoTopic: true",
        "    + fifoTopic: false",
    ]


def test_a_resource_that_one_stack_alone_has_stands_for_itself():
    one, none = stack("prod"), {}
    assert deviations(one, none, names=("prod", "dev")).splitlines() == [
        f"- {heading.strip()}" for heading in sorted(one, key=str.strip)
    ]
    assert "+ sluice-prod-other (aws:sns/topic:Topic)" in deviations(none, one, names=("dev", "prod"))
