import ast
import inspect
from collections.abc import Mapping
from typing import get_type_hints

import pulumi
import pytest
from pulumi.output import Unknown

from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import STACK_TYPE, Recorder
from sluice.outputs import SluiceOutputs

TEXT, TEXT_BY_GROUP = pulumi.Output[str], pulumi.Output[Mapping[str, str]]
CONTRACT = {
    "stream_table_name": TEXT,
    "stream_table_arn": TEXT,
    "stream_arn": TEXT,
    "notifier_function_name": TEXT,
    "archiver_function_name": TEXT,
    "archive_bucket_name": TEXT,
    "import_bucket_name": TEXT,
    "import_prefix": TEXT,
    "import_table_name": TEXT,
    "import_table_arn": TEXT,
    "import_function_name": TEXT,
    "import_queue_url": TEXT,
    "import_dead_letter_queue_url": TEXT,
    "import_ledger_table_name": TEXT,
    "report_bucket_name": TEXT,
    "report_function_name": TEXT,
    "report_schedule_name": TEXT,
    "report_totals_tables": TEXT_BY_GROUP,
    "report_prefixes": TEXT_BY_GROUP,
    "mail_sender": TEXT,
    "mail_configuration_set_name": TEXT,
    "alarm_topic_arn": TEXT,
    "dashboard_name": TEXT,
    "region": TEXT,
    "environment": TEXT,
}
"""Other projects rely on these names and types: a change needs a note in the README."""

STACKS = program.stacks()
NAME = "organization/sluice/dev"


def exported(graph):
    (stack,) = graph.of_type(STACK_TYPE)
    return stack.outputs


def a_stack(**changes):
    made = {name: f"the {name}" if kind == TEXT else {"RA": f"the {name}"} for name, kind in CONTRACT.items()}
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def read(stacks, *, preview=False):
    """What a program gets that exports what it read."""

    def build():
        SluiceOutputs.from_stack(NAME).export()

    return program.run("test", Recorder("eu-north-1", stacks=stacks, preview=preview), config={}, program=build)


def test_the_definition_is_the_contract():
    assert get_type_hints(SluiceOutputs) == CONTRACT


def test_each_output_is_documented():
    (definition,) = ast.parse(inspect.getsource(SluiceOutputs)).body
    assert isinstance(definition, ast.ClassDef)
    documented = [
        one.target.id
        for one, following in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    ]
    assert documented == list(CONTRACT)


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_exports_the_contract_and_nothing_else(graph_of, stack):
    found = exported(graph_of(stack))
    assert found.keys() == CONTRACT.keys()
    for name, kind in CONTRACT.items():
        values = [found[name]] if kind == TEXT else [*found[name].keys(), *found[name].values()]
        assert values, name
        assert all(isinstance(value, str) and value for value in values), name


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_exports_the_same(graph_of, stack):
    previewed, updated = exported(graph_of(stack, preview=True)), exported(graph_of(stack))
    assert previewed.keys() == updated.keys()
    assert {
        name for name, value in previewed.items() if value != updated[name] and not isinstance(value, Unknown)
    } == set()


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
    assert found["report_totals_tables"] == tables
    assert found["report_prefixes"] == {"RA": "RA_", "VR": "VR_"}
    assert found["import_prefix"] == "incoming/"


@pytest.mark.parametrize("preview", [False, True])
def test_another_project_reads_what_the_stack_exports(preview):
    assert read({NAME: a_stack()}, preview=preview) == a_stack()


def test_what_is_exported_can_be_read(graph_of):
    assert read({NAME: exported(graph_of("dev"))}) == exported(graph_of("dev"))


def test_missing_outputs_are_named_with_the_stack():
    with pytest.raises(program.ProgramError, match=f"stack {NAME} has no output stream_arn, dashboard_name: it is no"):
        read({NAME: a_stack(stream_arn=None, dashboard_name=None)})


def test_outputs_of_a_newer_version_do_no_harm():
    assert read({NAME: a_stack(invented_later="x")}) == a_stack()
