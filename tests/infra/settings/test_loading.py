import json
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from infra.import_defaults import IGNORE
from infra.import_pipeline import ImportPipelineArgs
from infra.scheduled_reporter import ScheduledReporterArgs
from infra.settings import SettingsError, load, load_stack
from sluice import yaml_files
from sluice.cloud.program.execution import ROOT, configuration, stacks
from tests.infra.reading import record
from tests.infra.settings.making import REQUIRED, settings

SECTIONS = {"mail", "streams", "imports", "reports", "operations"}
FIELDS = [
    *(
        "sender",
        "domain",
        "createIdentity",
        "enabled",
        "onlyTo",
        "tableName",
        "partitionKey",
        "watch",
        "archive",
        "sortKey",
        "columns",
    ),
    *("chunkMiB", "groups", "every", "recipients", "alarmEmails", "logRetentionDays", "protect", "owner", "name"),
    *("prefix", "label", "maximumRetryAttempts"),
]


def test_a_sender_and_what_a_report_counts_for_whom_are_enough():
    assert settings(streams={}, imports={}).model_dump(by_alias=True) == {
        "environment": "dev",
        "region": "eu-north-1",
        "mail": {
            "sender": "no-reply@example.com",
            "fromName": "",
            "replyTo": None,
            "domain": None,
            "createIdentity": True,
            "hostedZone": "",
            "enabled": True,
            "templates": "infra/templates",
            "onlyTo": [],
        },
        "streams": {
            "users": {
                "tableName": None,
                "partitionKey": "userId",
                "sortKey": None,
                "tables": [],
                "archive": ["INSERT", "REMOVE"],
                "addressAttribute": "email",
                "nameAttribute": "name",
                "mails": [],
                "maximumRetryAttempts": 10,
                "maximumRecordAgeSeconds": 21_600,
                "batchSize": 100,
                "batchWindowSeconds": 0,
                "parallelizationFactor": 1,
                "memoryMiB": None,
                "timeoutSeconds": None,
            }
        },
        "imports": {
            "items": {
                "table": None,
                "bucket": None,
                "prefix": "incoming/",
                "partitionKey": "id",
                "sortKey": None,
                "columns": {},
                "set": {},
                "ordered": False,
                "chunkMiB": 32,
                "timeoutSeconds": 120,
                "maximumConcurrency": 10,
                "writeUnitsPerSecond": 0,
                "warmWriteUnits": 0,
                "gzipLimitMiB": 102_400,
                "transform": None,
                "format": {
                    "type": "auto",
                    "delimiter": None,
                    "header": [],
                    "quote": '"',
                    "escape": None,
                    "nulls": [],
                    "encoding": "utf-8",
                    "skipLines": 0,
                    "compression": "auto",
                    "wrapper": None,
                    "booleans": {},
                },
                "ignore": list(IGNORE),
            }
        },
        "reports": {
            "tables": {
                "groups": [{"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "expect": None}],
                "every": "rate(5 minutes)",
                "mail": "always",
                "recipients": ["team@example.com"],
                "nameAttribute": "name",
                "dateAttribute": "date",
                "readUnits": 20_000,
                "itemsPerTable": 200,
                "historyDays": 400,
                "kmsKeys": [],
            }
        },
        "operations": {
            "alarms": "all",
            "alarmEmails": [],
            "runbookUrl": "",
            "logRetentionDays": 30,
            "protect": False,
            "tracing": False,
            "owner": "unowned",
        },
    }


@pytest.mark.parametrize(
    ("args", "component"),
    [
        (settings(imports={}).imports["items"].args(), ImportPipelineArgs),
        (settings().reports["tables"].args("dev"), ScheduledReporterArgs),
    ],
)
def test_settings_have_the_names_of_their_components_arguments(args, component):
    assert args.keys() <= component.__annotations__.keys()


# ---- two files


PIPELINES: dict[str, Any] = {
    "streams": {"users": {"partitionKey": "userId", "archive": ["INSERT"]}},
    "imports": {"items": {"columns": {"price": "N", "paid": "BOOL"}, "chunkMiB": 8}},
}


def test_the_stack_file_lies_over_the_pipelines_key_by_key():
    own = {"imports": {"items": {"columns": {"price": "S"}, "ordered": True}, "orders": {}}}
    made = load({**REQUIRED, **{f"sluice:{section}": value for section, value in own.items()}}, "dev", PIPELINES)
    assert made.imports.keys() == {"items", "orders"}
    items = made.imports["items"]
    types = {name: column.type for name, column in items.columns.items()}
    assert (types, items.chunk_mib, items.ordered) == ({"price": "S", "paid": "BOOL"}, 8, True)
    assert made.streams["users"].archive == ["INSERT"]


def test_a_list_is_replaced_as_a_whole():
    made = load({**REQUIRED, "sluice:streams": {"users": {"archive": ["REMOVE"]}}}, "dev", PIPELINES)
    assert made.streams["users"].archive == ["REMOVE"]


def test_null_removes_a_setting_and_a_pipeline():
    own = {"sluice:imports": {"items": {"chunkMiB": None}}, "sluice:streams": {"users": None}}
    made = load({**REQUIRED, **own}, "dev", PIPELINES)
    assert made.streams == {}
    assert made.imports["items"].chunk_mib == 32


def test_null_removes_a_whole_section():
    assert load({**REQUIRED, "sluice:streams": "null"}, "dev", PIPELINES).streams == {}


def test_a_mistake_is_named_with_the_file_that_has_it():
    pipelines = {"streams": {"users": {"archive": ["UPSERT"]}}, "imports": {"items": {"chunkMiB": 0}}, "tables": {}}
    own = {"sluice:imports": {"items": {"timeoutSeconds": 1}}}
    with pytest.raises(SettingsError) as caught:
        load({**REQUIRED, **own}, "dev", pipelines)
    assert [line.strip().partition(": found")[0] for line in str(caught.value).splitlines()[1:]] == [
        "pipelines.yaml: tables: unknown; allowed: mail, streams, imports, reports, operations",
        "pipelines.yaml: streams.users.archive[0]",
        "pipelines.yaml: imports.items.chunkMiB",
        "Pulumi.dev.yaml: sluice:imports.items.timeoutSeconds",
    ]


# ---- settings of 0.1


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            {"sluice:stream": {"tableName": "Users"}},
            "sluice:stream: is streams: {users: {...}}, a name for each",
        ),
        ({"sluice:imports": {"columns": {"a": "N"}}}, "sluice:imports.columns: is written imports: {items: {columns: "),
        ({"sluice:reports": {"every": "rate(1 hour)"}}, "sluice:reports.every: is written reports: {tables: {every: "),
        ({"sluice:streams": {"users": {"watch": ["a"]}}}, "sluice:streams.users.watch: is written mails: [{template: "),
    ],
)
def test_a_setting_of_the_first_version_is_told_what_it_is_called_now(own, said):
    with pytest.raises(SettingsError) as caught:
        load({**REQUIRED, **own}, "dev")
    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  Pulumi.dev.yaml: {said}")


def test_keys_of_others_are_left_alone():
    assert load({**REQUIRED, "aws:profile": "dev", "other:mail": "x"}, "dev") == settings()


garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["INSERT", "a@example.com"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)


def refusal(config, stack="dev"):
    """What is said of a configuration, or nothing if it is taken; any other error fails the test."""
    try:
        load(config, stack)
    except SettingsError as error:
        return str(error)
    return None


@examples(deadline=None)
@given(section=st.sampled_from(sorted(SECTIONS)) | st.text(min_size=1), value=garbage, as_text=st.booleans())
def test_whatever_stands_under_a_key_is_taken_or_refused_with_the_key(section, value, as_text):
    config = {**REQUIRED, f"sluice:{section}": json.dumps(value) if as_text else value}
    found = refusal(config)
    assert found is None or f": sluice:{section}" in found


@examples(deadline=None)
@given(field=st.sampled_from(FIELDS), section=st.sampled_from(sorted(SECTIONS)), value=garbage)
def test_whatever_stands_in_a_field_is_taken_or_refused_with_the_field(field, section, value):
    config = {**REQUIRED, f"sluice:{section}": {**REQUIRED.get(f"sluice:{section}", {}), field: value}}
    found = refusal(config)
    assert found is None or f": sluice:{section}.{field}" in found


@examples(deadline=None)
@given(stack=st.text(), region=garbage)
def test_whatever_stack_and_region_are_they_are_taken_or_refused(stack, region):
    found = refusal({**REQUIRED, "aws:region": region}, stack)
    assert found is None or "  environment: " in found or ": aws:region: " in found


@pytest.mark.parametrize("stack", stacks())
def test_the_stack_files_are_valid(stack):
    assert load(configuration(stack), stack, yaml_files.read(ROOT / "pipelines.yaml")).environment == stack


def test_the_stacks_of_the_design_are_there():
    assert stacks() == ["dev", "local", "prod", "staging"]


def test_production_is_protected_and_traced_and_development_is_not():
    pipelines = yaml_files.read(ROOT / "pipelines.yaml")
    prod, dev = (load(configuration(stack), stack, pipelines).operations for stack in ("prod", "dev"))
    assert (prod.protect, prod.tracing, prod.log_retention_days) == (True, True, 365)
    assert (dev.protect, dev.tracing, dev.log_retention_days) == (False, False, 7)


def test_pulumi_is_told_of_the_mistakes_without_a_traceback():
    def build():
        with pytest.raises(pulumi.RunError, match=r"aws:region: missing"):
            load_stack(ROOT)

    record(build)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[", "pipelines.yaml is no YAML"), ("- a", "pipelines.yaml is not an object"), ("a: {}\na: {}", "is in line 1")],
)
def test_a_file_of_pipelines_that_cannot_be_read_is_named(tmp_path, text, said):
    (tmp_path / "pipelines.yaml").write_text(text)

    def build():
        with pytest.raises(pulumi.RunError, match=said):
            load_stack(tmp_path)

    record(build)
