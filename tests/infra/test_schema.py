"""The pipelines as programs in other languages would see them: through the analyser of component packages."""

import json

import pytest
from pulumi.provider.experimental.component import ComponentProvider

from infra.import_pipeline import ImportPipeline
from infra.scheduled_reporter import ScheduledReporter
from infra.stream_pipeline import StreamPipeline

PIPELINES = [StreamPipeline, ImportPipeline, ScheduledReporter]


@pytest.fixture(scope="module")
def schema():
    return json.loads(ComponentProvider(PIPELINES, "sluice").schema)


def test_each_pipeline_is_a_component_of_the_package(schema):
    assert schema["resources"].keys() == {
        "sluice:index:StreamPipeline",
        "sluice:index:ImportPipeline",
        "sluice:index:ScheduledReporter",
    }


@pytest.mark.parametrize(
    ("pipeline", "required"),
    [
        ("StreamPipeline", ["consumers", "failuresBucketArn"]),
        ("ImportPipeline", ["partitionKey"]),
        ("ScheduledReporter", ["environment", "every", "groups", "recipients", "sending"]),
    ],
)
def test_only_what_has_no_default_is_required(schema, pipeline, required):
    assert sorted(schema["resources"][f"sluice:index:{pipeline}"]["requiredInputs"]) == required


def test_the_inputs_are_plain(schema):
    """Texts, numbers, choices, archives, and typed maps of these; nothing that only a Python program has."""
    names = set(schema["types"])
    text = json.dumps(schema)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        assert reference.removeprefix("#/types/") in names or reference in ("pulumi.json#/Archive", "pulumi.json#/Any")
