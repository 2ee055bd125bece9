import json
from pathlib import Path

import pytest

from policies.resource_types import tagged
from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import STACK_TYPE, Recorder
from tests.infra.strictness import violations
from tests.policies.recording import neutral

CONSUMER = program.ROOT / "examples" / "consumer"
STACKS = program.stacks(CONSUMER)
FUNCTION = "roster-dev-changes-function"
TARGET = "roster-dev-changes-target"


def statements(resource, field="policy"):
    return {statement.pop("Sid"): statement for statement in json.loads(resource.inputs[field])["Statement"]}


def arn(graph, name):
    return graph.named(name).outputs["arn"]


def run(**changes):
    config = program.configuration("dev", CONSUMER) | changes
    return program.run("dev", Recorder("eu-north-1"), root=CONSUMER, config=config)


def test_there_is_a_stack_beside_sluices_own():
    assert STACKS == ["dev", "local"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_graph_keeps_every_rule(consumer_of, stack):
    assert violations(consumer_of(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_whatever_can_carry_tags_carries_them(consumer_of, stack):
    assert list(tagged.violations(neutral(consumer_of(stack), stack))) == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_registers_what_an_update_registers(consumer_of, stack):
    previewed, updated = consumer_of(stack, preview=True), consumer_of(stack)
    assert previewed.resources.keys() == updated.resources.keys()
    for urn, resource in updated.resources.items():
        assert previewed.resources[urn].inputs.keys() == resource.inputs.keys()
        assert previewed.resources[urn].dependencies == resource.dependencies


@pytest.mark.parametrize("stack", STACKS)
def test_it_reads_the_sluice_stack_of_its_environment_and_nothing_else(consumer_of, stack):
    assert list(consumer_of(stack).references.values()) == [f"organization/sluice/{stack}"]


def test_the_rule_matches_new_objects_of_the_archive_only(consumer_of, outputs_of):
    rule = consumer_of("dev").named("roster-dev-changes-rule")
    assert json.loads(rule.inputs["eventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [outputs_of("dev")["archive_bucket_name"]]},
            "object": {"key": [{"prefix": "changes/"}]},
        },
    }


def test_delivery_is_bounded_and_ends_among_the_dead_letters(consumer_of):
    graph = consumer_of("dev")
    target = graph.named(TARGET)
    assert target.inputs["arn"] == arn(graph, FUNCTION)
    assert target.inputs["retryPolicy"] == {"maximumRetryAttempts": 10, "maximumEventAgeInSeconds": 3600}
    assert target.inputs["deadLetterConfig"] == {"arn": arn(graph, "roster-dev-changes-dead-letters")}


def test_the_functions_own_failures_are_retried_and_end_among_the_dead_letters(consumer_of):
    graph = consumer_of("dev")
    retries = graph.named("roster-dev-changes-retries")
    assert retries.inputs["functionName"] == graph.named(FUNCTION).outputs["name"]
    assert (retries.inputs["maximumRetryAttempts"], retries.inputs["maximumEventAgeInSeconds"]) == (2, 3600)
    destination = retries.inputs["destinationConfig"]["onFailure"]["destination"]
    assert destination == arn(graph, "roster-dev-changes-dead-letters")


def test_only_the_rule_may_invoke_the_function(consumer_of):
    graph = consumer_of("dev")
    (permission,) = graph.of_type("aws:lambda/permission:Permission")
    assert permission.inputs == {
        "action": "lambda:InvokeFunction",
        "function": graph.named(FUNCTION).outputs["name"],
        "principal": "events.amazonaws.com",
        "sourceArn": arn(graph, "roster-dev-changes-rule"),
    }


def test_the_target_comes_after_what_it_needs(consumer_of):
    graph = consumer_of("dev")
    before = {graph.resources[urn].name for urn in graph.named(TARGET).dependencies}
    assert {"roster-dev-changes-permission", "roster-dev-changes-dead-letters-policy"} <= before


def test_the_rule_may_send_to_the_dead_letters(consumer_of):
    graph = consumer_of("dev")
    found = statements(graph.named("roster-dev-changes-dead-letters-policy"))
    assert found["Rules"] == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": [arn(graph, "roster-dev-changes-dead-letters")],
        "Condition": {"ArnEquals": {"aws:SourceArn": [arn(graph, "roster-dev-changes-rule")]}},
    }


def test_the_function_may_do_what_it_does_and_nothing_else(consumer_of, outputs_of):
    graph = consumer_of("dev")
    found = statements(graph.named(f"{FUNCTION}-policy"))
    logs = found.pop("WriteLogs")
    assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert {sid: (made["Action"], made["Resource"]) for sid, made in found.items()} == {
        "ReadArchive": (["s3:GetObject"], [f"arn:aws:s3:::{outputs_of('dev')['archive_bucket_name']}/changes/*"]),
        "KeepRows": (["dynamodb:BatchWriteItem"], [arn(graph, "roster-dev-days")]),
        "KeepFailures": (["sqs:SendMessage"], [arn(graph, "roster-dev-changes-dead-letters")]),
    }


def test_the_archive_of_the_function_holds_its_own_modules_only(consumer_of):
    held = consumer_of("dev").named(FUNCTION).inputs["code"].assets
    assert set(held) == {"roster/__init__.py", "roster/changes.py", "roster/environment.py", "roster/handler.py"}
    assert all(Path(asset.path) == CONSUMER / name for name, asset in held.items())


def test_the_function_is_told_its_table(consumer_of):
    graph = consumer_of("dev")
    variables = graph.named(FUNCTION).inputs["environment"]["variables"]
    assert variables == {"ROSTER_TABLE": graph.named("roster-dev-days").outputs["name"]}


def test_alarms_go_to_the_sluice_stacks_topic(consumer_of, outputs_of):
    alarms = consumer_of("dev").of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert {alarm.name.removeprefix("roster-dev-changes-") for alarm in alarms} == {
        "dead-letters-messages",
        "function-duration",
        "function-errors",
        "function-throttles",
    }
    assert all(alarm.inputs["alarmActions"] == [outputs_of("dev")["alarm_topic_arn"]] for alarm in alarms)


def test_the_uploader_may_upload_below_the_import_prefix_and_nothing_else(consumer_of, outputs_of):
    found = statements(consumer_of("dev").named("roster-dev-uploader-policy"))
    assert list(found) == ["Upload"]
    assert found["Upload"]["Action"] == ["s3:PutObject", "s3:AbortMultipartUpload"]
    assert found["Upload"]["Resource"] == [
        f"arn:aws:s3:::{outputs_of('dev')['imports']['items']['bucket_name']}/incoming/*"
    ]


def test_the_uploader_is_who_the_setting_names(consumer_of):
    found = statements(consumer_of("dev").named("roster-dev-uploader-role"), "assumeRolePolicy")
    assert found["Assume"]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert found["Assume"]["Action"] == ["sts:AssumeRole"]


def test_it_exports_what_its_readme_says(consumer_of):
    (stack,) = consumer_of("dev").of_type(STACK_TYPE)
    readme = (CONSUMER / "README.md").read_text()
    assert set(stack.outputs) == {
        "dead_letter_queue_url",
        "function_name",
        "table_name",
        "upload_to",
        "uploader_role_arn",
    }
    assert all(f"`{name}`" in readme for name in stack.outputs)


def test_a_sluice_stack_that_is_not_there_is_named():
    with pytest.raises(program.ProgramError, match="no stack organization/sluice/dev"):
        run()


def test_a_setting_that_is_wrong_is_named(outputs_of):
    recorder = Recorder("eu-north-1", stacks={program.full_name("dev"): outputs_of("dev")})
    config = {**program.configuration("dev", CONSUMER), "roster:uploader": "everybody"}
    with pytest.raises(program.ProgramError, match="roster:uploader: found 'everybody'"):
        program.run("dev", recorder, root=CONSUMER, config=config)
