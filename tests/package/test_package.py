"""The pipelines for programs in other languages: what the package answers is what the components make."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
import yaml
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from infra.code import package
from infra.import_defaults import ColumnType
from infra.import_pipeline import ImportPipeline
from infra.operations import AlarmChoice
from infra.report_defaults import ReportMail
from infra.scheduled_reporter import ScheduledReporter
from infra.stream_consumer import StartingPosition
from infra.stream_pipeline import StreamPipeline
from infra.table import KeyType
from sluice.cloud.program.execution import ROOT
from sluice.cloud.program.graph import Graph
from sluice.cloud.program.recording import STACK_TYPE
from tests.infra.reading import record
from tests.package.plugin import Monitor, constructed, engine, plugin

pytestmark = pytest.mark.slow

FAILURES = "arn:aws:s3:::failures"
FILTER = '{"eventName":["INSERT","MODIFY"]}'


def plain(graph: Graph) -> dict[str, Any]:
    """A graph without the stack, by URN: what each resource is made of, archives by their content."""

    def show(value: Any) -> Any:
        return Path(value.path).name if isinstance(value, pulumi.FileArchive) else sorted(value)

    resources = [one for one in graph.resources.values() if one.type != STACK_TYPE]
    made = {one.urn: {"type": one.type, "inputs": one.inputs, "after": one.dependencies} for one in resources}
    return json.loads(json.dumps(made, default=show))


@pytest.fixture(scope="module")
def provider() -> Iterator[ResourceProviderStub]:
    with engine(Monitor("eu-north-1")) as address, plugin(address) as stub:
        yield stub


def test_a_stream_pipeline_is_the_components_own(provider: ResourceProviderStub, tmp_path: Path) -> None:
    code = str(package("handlers.archiver.handler.handle", build=tmp_path))
    consumer = {
        "handler": "handlers.archiver.handler.handle",
        "code": pulumi.FileArchive(code),
        "filters": [FILTER],
        "batchSize": 10,
        "startingPosition": "LATEST",
        "statements": [{"sid": "Read", "actions": ["s3:GetObject"], "resources": [f"{FAILURES}/x"]}],
    }
    inputs = {
        "partitionKey": {"name": "id", "type": "N"},
        "failuresBucketArn": FAILURES,
        "consumers": {"writer": consumer},
        "operations": {"tags": {"team": "shop"}, "logRetentionDays": 7, "protect": True},
    }
    ours = record(
        lambda: StreamPipeline(
            "sample",
            {
                "partition_key": {"name": "id", "type": KeyType.N},
                "failures_bucket_arn": FAILURES,
                "consumers": {
                    "writer": {
                        "handler": "handlers.archiver.handler.handle",
                        "code": pulumi.FileArchive(code),
                        "filters": [FILTER],
                        "batch_size": 10,
                        "starting_position": StartingPosition.LATEST,
                        "statements": [{"sid": "Read", "actions": ["s3:GetObject"], "resources": [f"{FAILURES}/x"]}],
                    }
                },
                "operations": {"tags": {"team": "shop"}, "log_retention_days": 7, "protect": True},
            },
        )
    )
    graph, answer = constructed(provider, "StreamPipeline", "sample", inputs)
    assert plain(graph) == plain(ours)
    assert answer.urn == "urn:pulumi:test::sluice::pulumi:pulumi:Stack$sluice:index:StreamPipeline::sample"
    assert answer.state["tables"]["made"]["name"] == "sample-table"


def test_an_import_pipeline_is_the_components_own(provider: ResourceProviderStub) -> None:
    inputs = {
        "partitionKey": {"name": "id"},
        "columns": {"price": {"type": "N"}, "paid": {"type": "BOOL"}},
        "ignore": ["*.tmp", "drafts/"],
        "chunkMib": 16,
        "maximumConcurrency": 4,
        "format": {"type": "csv", "skipLines": 2, "nulls": ["NULL"], "booleans": {"yes": True}},
    }
    ours = record(
        lambda: ImportPipeline(
            "sample",
            {
                "partition_key": {"name": "id"},
                "columns": {"price": {"type": ColumnType.N}, "paid": {"type": ColumnType.BOOL}},
                "ignore": ["*.tmp", "drafts/"],
                "chunk_mib": 16,
                "maximum_concurrency": 4,
                "format": {"type": "csv", "nulls": ["NULL"], "skip_lines": 2, "booleans": {"yes": True}},
            },
        )
    )
    assert plain(constructed(provider, "ImportPipeline", "sample", inputs)[0]) == plain(ours)


def test_a_reporter_is_the_components_own(provider: ResourceProviderStub) -> None:
    set_arn = "arn:aws:ses:eu-north-1:123456789012:configuration-set/mail"
    inputs = {
        "groups": [
            {"name": "RA", "prefix": "RA_", "label": "Tours", "expect": {"minimum": 5, "changeWithin": 20}},
            {"name": "VR", "prefix": "VR_", "label": "Rooms"},
        ],
        "mail": "changes",
        "every": "rate(1 hour)",
        "recipients": ["team@example.com", "boss@example.com"],
        "sending": {
            "sender": "no-reply@example.com",
            "configurationSetName": "mail",
            "configurationSetArn": set_arn,
            "onlyTo": ["example.com"],
        },
        "environment": "dev",
        "historyDays": 30,
        "operations": {"alarms": "essential", "runbookUrl": "https://wiki/"},
    }
    ours = record(
        lambda: ScheduledReporter(
            "sample",
            {
                "groups": [
                    {
                        "name": "RA",
                        "prefix": "RA_",
                        "label": "Tours",
                        "expect": {"minimum": 5, "change_within": 20},
                    },
                    {"name": "VR", "prefix": "VR_", "label": "Rooms"},
                ],
                "mail": ReportMail.CHANGES,
                "every": "rate(1 hour)",
                "recipients": ["team@example.com", "boss@example.com"],
                "sending": {
                    "sender": "no-reply@example.com",
                    "configuration_set_name": "mail",
                    "configuration_set_arn": set_arn,
                    "only_to": ["example.com"],
                },
                "environment": "dev",
                "history_days": 30,
                "operations": {"alarms": AlarmChoice.ESSENTIAL, "runbook_url": "https://wiki/"},
            },
        )
    )
    assert plain(constructed(provider, "ScheduledReporter", "sample", inputs)[0]) == plain(ours)


def test_an_input_that_is_missing_is_named(provider: ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        constructed(provider, "StreamPipeline", "sample", {"failuresBucketArn": FAILURES})
    error: Any = refused.value
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    assert b"Missing required input 'consumers' on 'StreamPipeline'" in details


def names(value: Any, schema: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    """The properties in a value of a program that the schema does not know."""
    token = spec.get("$ref", "").removeprefix("#/types/")
    if isinstance(value, dict) and token in schema["types"]:
        known = schema["types"][token]["properties"]
        yield from value.keys() - known.keys()
        for name, held in value.items():
            yield from names(held, schema, known.get(name, {}))
    elif isinstance(value, dict) and "additionalProperties" in spec:
        for held in value.values():
            yield from names(held, schema, spec["additionalProperties"])


def test_the_programs_of_the_readme_name_what_the_schema_has() -> None:
    schema = json.loads((ROOT / "package/schema.json").read_text())
    readme = (ROOT / "package/README.md").read_text()
    (program,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    (typescript,) = re.findall(r"```typescript\n(.*?)```", readme, re.DOTALL)
    properties = yaml.safe_load(program)["resources"]["orders"]["properties"]
    component = schema["resources"]["sluice:index:StreamPipeline"]
    assert set(component["requiredInputs"]) <= properties.keys() <= component["inputProperties"].keys()
    unknown = [names(held, schema, component["inputProperties"][name]) for name, held in properties.items()]
    assert [each for found in unknown for each in found] == []
    named = [*properties, *properties["consumers"]["writer"]]
    assert [name for name in named if f" {name}: " not in typescript] == []
