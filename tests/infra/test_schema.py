"""The pipelines as programs in other languages would see them: through the analyser of component packages."""

import inspect
import json
import re

import pytest
from pulumi.provider.experimental.component import ComponentProvider

from infra import function, import_defaults, operations, report_defaults, stream_defaults
from infra.import_pipeline import ImportPipeline
from infra.scheduled_reporter import ScheduledReporter
from infra.stream_pipeline import StreamPipeline
from sluice import __version__
from sluice.cloud.program.execution import ROOT

PIPELINES = [StreamPipeline, ImportPipeline, ScheduledReporter]
FILE = ROOT / "package" / "schema.json"


@pytest.fixture(scope="module")
def schema():
    return cleaned(json.loads(ComponentProvider(PIPELINES, "sluice", version=__version__).schema))


def cleaned(value):
    """A schema whose texts have no indentation, as those of Python 3.13 and newer."""
    if isinstance(value, dict):
        return {name: cleaned(held) for name, held in value.items()}
    if isinstance(value, list):
        return [cleaned(held) for held in value]
    return inspect.cleandoc(value) if isinstance(value, str) else value


def test_the_schema_is_the_one_that_the_package_shows(schema, request):
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--snapshot"):
        FILE.write_text(text)
    assert FILE.read_text() == text, "run `pytest tests/infra/test_schema.py --snapshot`, and look at the difference"


def properties(schema):
    """Each input, output and field: what has it, its name, whether it has to be given, what is said of it."""
    for token, component in schema["resources"].items():
        for name, spec in component["inputProperties"].items():
            yield token, name, name in component["requiredInputs"], spec
        for name, spec in component["properties"].items():
            yield f"{token} output", name, True, spec
    for token, kind in schema["types"].items():
        for name, spec in kind.get("properties", {}).items():
            yield token, name, name in kind.get("required", []), spec


def test_every_property_is_described(schema):
    assert [(owner, name) for owner, name, _, spec in properties(schema) if not spec.get("description")] == []


def test_every_property_that_may_be_left_out_says_what_holds_then(schema):
    silent = [
        (owner, name)
        for owner, name, required, spec in properties(schema)
        if not required and not re.search(r"by\s+default|[Ll]eft\s+out", spec["description"])
    ]
    assert silent == []


DEFAULTS = {
    "batchSize": stream_defaults.BATCH_SIZE,
    "maximumRetryAttempts": stream_defaults.MAXIMUM_RETRY_ATTEMPTS,
    "maximumRecordAgeSeconds": stream_defaults.MAXIMUM_RECORD_AGE_SECONDS,
    "memoryMib": function.MEMORY_MIB,
    "logRetentionDays": operations.LOG_RETENTION_DAYS,
    "chunkMib": import_defaults.CHUNK_MIB,
    "gzipLimitMib": import_defaults.GZIP_LIMIT_MIB,
    "maximumConcurrency": import_defaults.MAXIMUM_CONCURRENCY,
    "readUnits": report_defaults.READ_UNITS,
    "itemsPerTable": report_defaults.ITEMS_PER_TABLE,
    "historyDays": report_defaults.HISTORY_DAYS,
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_that_is_described_is_the_one_that_holds(schema, name):
    (description,) = (spec["description"] for _, found, _, spec in properties(schema) if found == name)
    assert f"{DEFAULTS[name]:,} by default" in description


def test_no_list_is_of_choices_which_would_arrive_empty(schema):
    """The SDK hands a list of enums to a component as `[{}, {}]`."""
    choices = {token for token, kind in schema["types"].items() if "enum" in kind}
    lists = [spec.get("items", {}).get("$ref", "") for _, _, _, spec in properties(schema)]
    assert [item for item in lists if item.removeprefix("#/types/") in choices] == []


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
        ("ScheduledReporter", ["environment", "every", "groups"]),
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
