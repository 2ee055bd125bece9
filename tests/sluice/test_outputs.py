import ast
import inspect
import json
from dataclasses import fields
from typing import Any

import pulumi
import pytest

from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import STACK_TYPE, Recorder
from sluice.outputs import Import, Report, SluiceOutputs, Stream, StreamTable

CONTRACT: dict[str, Any] = {
    "contract": 2,
    "streams": {
        "users": {
            "tables": [
                dict.fromkeys(("name", "arn", "stream_arn", "archiver_mapping_id", "notifier_mapping_id"), "text"),
            ],
            **dict.fromkeys(("archiver_function_name", "archiver_function_arn"), "text"),
            **dict.fromkeys(("notifier_function_name", "notifier_function_arn"), "text"),
        }
    },
    "imports": {
        "items": dict.fromkeys(
            (
                *("bucket_name", "prefix", "table_name", "table_arn", "function_name", "function_arn"),
                *("queue_url", "dead_letter_queue_url", "ledger_table_name"),
            ),
            "text",
        )
    },
    "reports": {
        "tables": {
            **dict.fromkeys(("bucket_name", "function_name", "function_arn", "schedule_name"), "text"),
            "totals_tables": {"RA": "text", "VR": "text"},
            "prefixes": {"RA": "text", "VR": "text"},
        }
    },
    **dict.fromkeys(("archive_bucket_name", "mail_sender", "mail_configuration_set_name"), "text"),
    **dict.fromkeys(("alarm_topic_arn", "dashboard_name", "region", "environment"), "text"),
}
"""Other projects rely on these names and shapes: a change needs an entry in CHANGELOG.md."""

STACKS = program.stacks()
NAME = "organization/sluice/dev"


def exported(graph):
    (stack,) = graph.of_type(STACK_TYPE)
    return stack.outputs


def shape(value):
    """The same with every text, which may not be empty, as `text`."""
    if isinstance(value, dict):
        return {name: shape(held) for name, held in value.items()}
    if isinstance(value, list):
        return [shape(held) for held in value]
    return "text" if isinstance(value, str) and value else value


def read(stacks, look, *, preview=False):
    """What a program exports that reads a stack: name -> output."""

    def build():
        for name, value in look(SluiceOutputs.from_stack(NAME)).items():
            pulumi.export(name, value)

    return program.run("test", Recorder("eu-north-1", stacks=stacks, preview=preview), config={}, program=build)


@pytest.mark.parametrize("kind", [SluiceOutputs, Stream, StreamTable, Import, Report])
def test_each_output_that_its_name_does_not_explain_is_documented(kind):
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    documented = {
        one.target.id
        for one, following in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    }
    undocumented = {field.name for field in fields(kind)} - documented
    assert all(name.endswith(("_arn", "name")) or name == "arn" for name in undocumented), undocumented


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_exports_the_contract_and_nothing_else(graph_of, stack):
    assert shape(exported(graph_of(stack))) == CONTRACT


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_exports_the_same(graph_of, stack):
    previewed, updated = exported(graph_of(stack, preview=True)), exported(graph_of(stack))
    assert previewed.keys() == updated.keys()
    assert previewed["environment"] == stack
    assert previewed["imports"]["items"].keys() == updated["imports"]["items"].keys()


@pytest.mark.parametrize(
    ("stack", "tables"),
    [
        ("local", {"RA": "RA_totales", "VR": "VR_totales"}),
        ("prod", {"RA": "RA_totales", "VR": "VR_totales"}),
        ("dev", {"RA": "RA_totales_dev", "VR": "VR_totales_dev"}),
        ("staging", {"RA": "RA_totales_staging", "VR": "VR_totales_staging"}),
    ],
)
def test_outputs_say_which_stack_it_is(graph_of, stack, tables):
    found = exported(graph_of(stack))
    assert (found["environment"], found["region"]) == (stack, "eu-north-1")
    assert found["reports"]["tables"]["totals_tables"] == tables
    assert found["reports"]["tables"]["prefixes"] == {"RA": "RA_", "VR": "VR_"}
    assert found["imports"]["items"]["prefix"] == "incoming/"


def test_what_is_absent_is_null(graph_of):
    config = program.configuration("dev")
    config["sluice:streams"] = json.dumps({"users": {"mails": None}})
    config["sluice:reports"] = "null"
    recorder = Recorder("eu-north-1")
    program.run("dev", recorder, config=config)
    found = exported(recorder.graph)
    assert not found.keys() & {"mail_sender", "mail_configuration_set_name"}  # Pulumi keeps no nulls
    assert found["reports"] == {}
    told = read(
        {NAME: found},
        lambda sluice: {
            "sender": sluice.mail_sender.apply(repr),
            "notifier": sluice.streams["users"].notifier_function_name.apply(repr),
            "mapping": sluice.streams["users"].tables[0].notifier_mapping_id.apply(repr),
            "archiver": sluice.streams["users"].archiver_function_name.apply(bool),
        },
    )
    assert told == {"sender": "None", "notifier": "None", "mapping": "None", "archiver": True}


# ---- read by another project


def some(sluice):
    return {
        "stream": sluice.streams["users"].tables[0].stream_arn,
        "archiver": sluice.streams["users"].archiver_function_name,
        "bucket": sluice.imports["items"].bucket_name,
        "totals": sluice.reports["tables"].totals_tables,
        "trail": sluice.archive_bucket_name,
    }


@pytest.mark.parametrize("preview", [False, True])
def test_another_project_reads_what_the_stack_exports(graph_of, preview):
    dev = exported(graph_of("dev"))
    assert read({NAME: dev}, some, preview=preview) == {
        "stream": dev["streams"]["users"]["tables"][0]["stream_arn"],
        "archiver": dev["streams"]["users"]["archiver_function_name"],
        "bucket": dev["imports"]["items"]["bucket_name"],
        "totals": {"RA": "RA_totales_dev", "VR": "VR_totales_dev"},
        "trail": dev["archive_bucket_name"],
    }


def test_missing_outputs_are_named_with_the_stack():
    outputs = {name: value for name, value in CONTRACT.items() if name not in ("imports", "dashboard_name")}
    with pytest.raises(program.ProgramError, match=f"stack {NAME} has no output imports, dashboard_name: it is no"):
        read({NAME: outputs}, some)


def test_outputs_of_the_first_version_say_what_to_do():
    with pytest.raises(program.ProgramError, match=f"stack {NAME} was deployed by Sluice 0.1, .* deploy it with this"):
        read({NAME: {"stream_table_name": "Users", "region": "eu-north-1"}}, some)


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (lambda sluice: {"x": sluice.streams["orders"].archiver_function_name}, "has no stream orders; it has users"),
        (lambda sluice: {"x": sluice.imports["orders"].table_name}, "has no import orders; it has items"),
        (
            lambda sluice: {"x": sluice.streams["users"].tables[1].name},
            "streams users has 1 tables; there is none at 1",
        ),
    ],
)
def test_a_pipeline_that_is_not_there_is_named_with_those_that_are(look, said):
    with pytest.raises(program.ProgramError, match=said):
        read({NAME: CONTRACT}, look)


def test_how_many_there_are_is_not_known_before_the_stack_is_read():
    with pytest.raises(program.ProgramError, match=r"the names of streams are known once stack .* has been read"):
        read({NAME: CONTRACT}, lambda sluice: dict(sluice.streams.items()))


def test_outputs_of_a_newer_version_do_no_harm(graph_of):
    dev = exported(graph_of("dev"))
    assert read({NAME: {**dev, "invented_later": "x"}}, some)["trail"] == dev["archive_bucket_name"]
