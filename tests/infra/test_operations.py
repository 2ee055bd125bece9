import pulumi_aws as aws
import pytest

from infra.operations import AlarmChoice, data_options, has_alarm, promise, with_pipeline
from tests.infra.reading import OPERATIONS, TOPIC, record


def options(operations):
    """The options of a bucket that holds data."""

    def build():
        aws.s3.Bucket("data", opts=data_options(aws.s3.Bucket("parent"), operations))

    return record(build).named("data").options


def test_data_goes_with_the_stack_by_default():
    assert not options({}).keys() & {"protect", "retain_on_delete"}


def test_protected_data_is_neither_deleted_nor_forgotten():
    made = options({"protect": True})
    assert (made["protect"], made["retain_on_delete"]) == (True, True)


def test_a_pipeline_s_resources_carry_its_name():
    made = with_pipeline(OPERATIONS, "import")
    assert made.get("tags") == {**OPERATIONS.get("tags", {}), "pipeline": "import"}
    assert made.get("alarm_topic_arn") == TOPIC


def test_the_operations_of_other_pipelines_stay_as_they_are():
    with_pipeline(OPERATIONS, "import")
    assert OPERATIONS.get("tags", {})["pipeline"] == "stream"


@pytest.mark.parametrize(
    ("operations", "essential", "others"),
    [
        ({}, True, True),
        ({"alarms": AlarmChoice.ALL}, True, True),
        ({"alarms": AlarmChoice.ESSENTIAL}, True, False),
        ({"alarms": AlarmChoice.NONE}, False, False),
        ({"alarms": "essential"}, True, False),  # as a program in another language says it
    ],
)
def test_a_stack_has_the_alarms_that_it_wants(operations, essential, others):
    assert (has_alarm(operations, essential=True), has_alarm(operations, essential=False)) == (essential, others)


def test_a_tag_says_which_alarms_there_are_where_these_are_not_all():
    assert [promise(choice) for choice in AlarmChoice] == [{}, {"alarms": "essential"}, {"alarms": "none"}]
