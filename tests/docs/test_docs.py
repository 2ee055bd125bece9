"""The README and docs/ hold against the code: links, settings, outputs, commands, alarms, numbers."""

import ast
import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml
from pydantic import BaseModel

from infra.settings import Settings, load
from sluice.cli import cli
from sluice.cloud.program.execution import stacks
from sluice.outputs import Import, Report, SluiceOutputs, Stream, StreamTable
from tests.docs.markdown import EVERY, PAGES, ROOT, anchors, blocks, links, prose, shell
from tests.infra.test_program_settings import graph_of as stack_of

README = (ROOT / "README.md").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()
COMPONENTS_OF_ALARMS = ("function-", "stream-", "queue-", "report-", "mail-")


def named(pages):
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages]


# ---- links


@pytest.mark.parametrize("page", named(EVERY))
def test_every_link_leads_somewhere(page):
    broken = []
    for link in links(page.read_text()):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path.read_text())):
            broken.append(link)
    assert broken == []


def test_the_index_links_every_page_and_the_readme_links_the_index():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index.read_text())}
    assert {*EVERY, ROOT / "README.md"} - {index, ROOT / "SECURITY.md", ROOT / "examples/orders/README.md"} <= linked
    assert "docs/README.md" in links(README)


def test_the_readme_is_short():
    assert len(README.splitlines()) < 200


@pytest.mark.parametrize("page", named(EVERY))
def test_every_test_that_is_named_exists(page):
    missing = []
    for name, target in re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", page.read_text()):
        tree = ast.parse((page.parent / target).read_text())
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree)):
            missing.append(name)
    assert missing == []


def test_every_fact_that_only_aws_can_prove_has_its_test():
    rows = [line for line in (ROOT / "docs" / "aws-only.md").read_text().splitlines() if line.startswith("| ")]
    facts = [row for row in rows if not row.startswith("| fact |")]
    assert facts
    assert [row for row in facts if "[`test_" not in row] == []


# ---- settings and outputs


def keys(model: type[BaseModel], prefix=""):
    """The keys of a settings model, such as `imports.chunkMiB` and `reports.groups.prefix`."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        held = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if is_model(kind)]
        yield key
        for kind in held:
            yield from keys(kind, f"{key}.")


def is_model(kind):
    return isinstance(kind, type) and issubclass(kind, BaseModel)


ONLY = {"streams": "users", "imports": "items", "reports": "tables"}


def defaults():
    """All settings, where only what is required is given: section -> settings, those of pipelines of the only one."""
    group = {"name": "RA", "prefix": "RA_", "label": "x"}
    sections = {
        "mail": {"sender": "a@example.com"},
        "streams": {"users": {}},
        "imports": {"items": {}},
        "reports": {"tables": {"recipients": ["a@example.com"], "groups": [group]}},
    }
    made = load({"aws:region": "eu-north-1", **{f"sluice:{name}": value for name, value in sections.items()}}, "dev")
    return {
        name: value[ONLY[name]] if name in ONLY else value
        for name, value in made.model_dump(by_alias=True).items()
        if isinstance(value, dict)
    }


def test_a_setting_that_a_page_names_exists():
    known = set(keys(Settings))
    sections = "mail|streams|imports|reports|operations"
    for page in PAGES:
        for key in re.findall(rf"`(?:sluice:)?((?:{sections})\.\w+)", prose(page.read_text())):
            assert key in known or key.endswith(".py"), f"{page.name}: {key}"


def test_the_settings_tables_have_the_defaults():
    """The pages of the pipelines: `| key | default | what it does |`."""
    for page in PAGES:
        for key, shown in re.findall(r"^\| `(\w+\.\w+)` \| `([^`]+)` \|", page.read_text(), re.MULTILINE):
            section, _, name = key.partition(".")
            if key not in ("reports.groups", "reports.recipients"):
                assert yaml.safe_load(shown) == defaults()[section][name], f"{page.name}: {key}"


OUTPUTS = (ROOT / "docs" / "outputs.md").read_text()


def test_the_page_of_outputs_shows_every_one_and_no_other():
    rows = [line.split("|")[1] for line in OUTPUTS.splitlines() if line.startswith("| `")]
    shown = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(shown) == sorted(["contract", *(field.name for field in fields(SluiceOutputs))])


@pytest.mark.parametrize(("output", "kind"), [("streams", Stream), ("imports", Import), ("reports", Report)])
def test_the_page_of_outputs_shows_every_one_of_a_pipeline_and_no_other(output, kind):
    (row,) = re.findall(rf"^\| `{output}` \|(.*)", OUTPUTS, re.MULTILINE)
    known = {field.name for of in (kind, *([StreamTable] if kind is Stream else [])) for field in fields(of)}
    assert set(re.findall(r"`(\w+)`", row)) == known


# ---- commands

WRITTEN = re.compile(r"python -m sluice((?: [^`|;&>)\n]*)?)")
RUNS_HERE = ("make", "python", ".venv/bin/python", "eval", "export", "printf", "ls", "tail", "uv", ".")
NEEDS_AWS = ("aws", "pulumi", "make", "python")


def commands():
    """Page and arguments of each `python -m sluice ...` in prose and in blocks."""
    for page in PAGES:
        text = page.read_text()
        shown = [line for block in blocks(text) for line in block.body.splitlines()]
        for line in [*shown, *re.findall(r"`(python -m sluice[^`]*)`", prose(text))]:
            for found in WRITTEN.findall(line.partition("  # ")[0]):
                yield page.name, shlex.split(found.replace("[", " ").replace("]", " "))


def test_every_command_and_option_that_is_named_exists():
    for page, arguments in commands():
        if not arguments or arguments[0].startswith("..."):
            continue
        name, *rest = arguments
        command = cli.get_command(click.Context(cli), name)
        assert command, f"{page}: {name}"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {part for part in rest if part.startswith("--")} <= known, f"{page}: {arguments}"


COMMANDS = (ROOT / "docs" / "commands.md").read_text()


def test_every_command_and_option_has_its_row():
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        (row,) = re.findall(rf"^\| `python -m sluice {name}\b([^`]*)`", COMMANDS, re.MULTILINE)
        shared = {"--stack", "--outputs"}  # said once, below the table
        options = {part for made in command.params if not getattr(made, "hidden", False) for part in made.opts}
        wanted = {option for option in options if option.startswith("--")} - shared
        assert wanted <= set(re.findall(r"--[\w-]+", row)), name


def targets():
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_target_of_make_has_its_row_and_is_in_its_own_list():
    shown = re.findall(r"^\| `make ([a-z]+)\b", COMMANDS, re.MULTILINE)
    described = re.findall(r"^([a-z]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(described) == sorted(targets())


def test_every_target_of_make_that_is_named_exists():
    known = targets()
    for page in PAGES:
        text = page.read_text()
        spans = [line for block in blocks(text) for line in block.body.splitlines()]
        spans += re.findall(r"`([^`]+)`", prose(text))
        for span in spans:
            found = re.match(r"make ([a-z]+)", span)
            assert not found or found[1] in known, f"{page.name}: {span}"


def test_a_block_that_runs_here_needs_no_account():
    assert [(page, line) for page, line in shell("sh") if not line.startswith(RUNS_HERE)] == []


def test_a_block_that_needs_an_account_says_so():
    wrong = [(page, line) for page, line in shell("sh aws") if not line.startswith(NEEDS_AWS)]
    assert wrong == []


def test_every_shell_block_is_of_one_of_the_two_kinds():
    infos = {block.info for page in PAGES for block in blocks(page.read_text())}
    assert infos <= {"sh", "sh aws", "text", "json", "yaml", "python", "html", "diff", "sql", "mermaid"}


# ---- alarms


def alarm_anchors(graph):
    alarms = graph.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    found = [re.search(r"docs/operating\.md#([\w-]+)", alarm.inputs["alarmDescription"]) for alarm in alarms]
    assert all(found), "an alarm's description names no heading of docs/operating.md"
    return {one[1] for one in found if one}


@pytest.mark.parametrize("stack", stacks())
def test_every_alarm_has_its_heading(graph_of, stack):
    assert alarm_anchors(graph_of(stack)) <= set(anchors(OPERATING))


def test_every_heading_of_an_alarm_has_an_alarm(graph_of):
    of_alarms = {anchor for anchor in anchors(OPERATING) if anchor.startswith(COMPONENTS_OF_ALARMS)}
    expecting = {"name": "G", "prefix": "G_", "label": "x", "expect": {"minimum": 1}}
    more = stack_of({}, {}, {"expecting": {"groups": [expecting], "mail": "never"}})
    assert of_alarms == set.union(alarm_anchors(more), *(alarm_anchors(graph_of(stack)) for stack in stacks()))


def test_each_alarm_has_meaning_causes_look_fix_and_redrive():
    sections = re.split(r"^### ", OPERATING, flags=re.MULTILINE)[1:]
    for section in sections:
        name, _, body = section.partition("\n")
        if name.startswith(COMPONENTS_OF_ALARMS):
            found = re.findall(r"^- \*\*(\w+)\*\*:", body, re.MULTILINE)
            assert found == ["Means", "Causes", "Look", "Fix", "Redrive"], name


# ---- numbers that the code decides


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_costs_count_the_alarms_that_there_are(graph_of, stack):
    count = len(graph_of(stack).of_type("aws:cloudwatch/metricAlarm:MetricAlarm"))
    costs = (ROOT / "docs" / "first-deployment.md").read_text()
    assert f"| {count} x $0.10 | ${count / 10:.2f} |" in costs
    assert f"a stack has {count}" in costs


def test_the_costs_count_the_metrics_that_the_reporter_emits():
    tree = ast.parse((ROOT / "handlers" / "reporter" / "handler.py").read_text())
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "emit"]
    metrics = call.args[1]
    assert isinstance(metrics, ast.Dict)
    assert f"| {len(metrics.keys)} x $0.30;" in Path(ROOT / "docs" / "first-deployment.md").read_text()


def test_what_a_page_has_commands_write_is_ignored_by_git():
    lines = [line for kind in ("sh", "sh aws") for _, line in shell(kind)]
    written = {found for line in lines for found in re.findall(r"> ([\w./-]+)", line)} | {"build/x", "dist/x", "venv/x"}
    asked = subprocess.run(
        ["git", "check-ignore", *written], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    assert {"outputs.json", "customers.csv"} < written
    assert written - set(asked) == set()
