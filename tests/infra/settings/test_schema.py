import json
from pathlib import Path

import pytest
import yaml

from infra.settings import schema
from infra.settings.stack import Settings
from sluice.cloud.program.execution import ROOT
from tests.infra.settings.json_schema import violations

FOLDER = Path(schema.__file__).parent
SCHEMAS = {schema.PIPELINES: schema.pipelines, schema.STACK: schema.stack}
ROOTS = {name: made() for name, made in SCHEMAS.items()}
PIPELINES = [ROOT / "pipelines.yaml", *sorted(ROOT.glob("examples/*/pipelines.yaml"))]
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))


def wrong(value, name=schema.PIPELINES):
    return list(violations(value, ROOTS[name], ROOTS, name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_that_editors_read_is_that_of_the_models(name, request):
    made = json.dumps(ROOTS[name], indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--snapshot"):
        (FOLDER / name).write_text(made)
    assert (FOLDER / name).read_text() == made, f"write it: pytest {__file__} --snapshot"


def properties(value, at=""):
    """Each property with its place."""
    for name, held in value.get("properties", {}).items():
        yield f"{at}.{name}", held
    for name, definition in value.get("$defs", {}).items():
        yield from properties(definition, name)


def test_every_setting_has_a_description_and_a_default_unless_it_must_be_given():
    known = ROOTS[schema.PIPELINES]
    required = {"MailSettings.sender", "ReportSettings.groups"}
    for name, definition in known["$defs"].items():
        required |= {f"{name}.{key}" for key in definition.get("required", ())}
    found = dict(properties(known))
    assert len(found) > 60
    assert [place for place, held in found.items() if not held.get("description")] == []
    assert {place for place, held in found.items() if "default" not in held} == required


def test_every_section_is_there():
    sections = set(Settings.model_fields) - {"environment", "region"}
    assert set(ROOTS[schema.PIPELINES]["properties"]) == sections
    assert {name.removeprefix("sluice:") for name in ROOTS[schema.STACK]["properties"]["config"]["properties"]} == {
        *sections,
        "aws:region",
    }


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_pipelines_yaml_names_its_schema_and_is_valid_by_it(path):
    first, text = path.read_text().splitlines()[0], path.read_text()
    assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == FOLDER / schema.PIPELINES
    assert wrong(yaml.safe_load(text)) == []


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_every_stack_file_names_its_schema_and_is_valid_by_it(path):
    first, text = path.read_text().splitlines()[0], path.read_text()
    assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == FOLDER / schema.STACK
    assert wrong(yaml.safe_load(text), schema.STACK) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"streams": {"users": {"archives": []}}}, ".streams: none of the forms"),
        ({"imports": {"items": {"chunkMiB": 0}}}, ".imports: none of the forms"),
        ({"reports": {"tables": {"groups": [{"name": "RA"}]}}}, ".reports: none of the forms"),
        ({"tables": {}}, ".tables: unknown"),
    ],
)
def test_a_mistake_is_one_by_the_schema_too(value, said):
    assert wrong(value) == [said]


@pytest.mark.parametrize(
    "value", [{"streams": None}, {"streams": {"users": None}}, {"imports": {"a": {"table": None}}}]
)
def test_null_removes_a_setting_a_pipeline_and_a_section(value):
    assert wrong(value) == []
