"""The settings for continuous integration: what they call exists, and no job has more rights than it needs."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from sluice.cli import cli
from sluice.cloud.program.execution import ROOT, stacks
from tests.docs.markdown import blocks

FOLDER = ROOT / "examples/ci"
FILES = {
    str(path.relative_to(FOLDER)): yaml.safe_load(path.read_text())
    for path in [*FOLDER.glob(".github/**/*.yml"), FOLDER / ".pre-commit-config.yaml"]
}
WORKFLOWS = {name: file for name, file in FILES.items() if "workflows" in name}
JOBS: dict[str, dict[str, Any]] = {
    f"{name}:{job}": held for name, file in WORKFLOWS.items() for job, held in file["jobs"].items()
}
STEPS = [step for job in JOBS.values() for step in job.get("steps", ())]
HOOKS: list[dict[str, Any]] = [
    hook for repository in FILES[".pre-commit-config.yaml"]["repos"] for hook in repository["hooks"]
]


def commands() -> Iterator[list[str]]:
    """The commands of all steps and hooks, as words."""
    lines = [line for step in STEPS for line in step.get("run", "").splitlines()]
    for line in [*lines, *(hook["entry"] for hook in HOOKS)]:
        if not line.startswith(("set ", "{")):
            words = shlex.split(line.partition("|")[0].partition(">")[0])
            yield words[1:] if words[0] == ".venv/bin/python" else words


COMMANDS = list(commands())


def called(*beginning: str) -> list[list[str]]:
    """What follows a beginning, of each command that has it."""
    count = len(beginning)
    return [words[count:] for words in COMMANDS if tuple(words[:count]) == beginning]


def test_all_files_are_read() -> None:
    assert sorted(FILES) == [
        ".github/dependabot.yml",
        ".github/workflows/pipelines.yml",
        ".github/workflows/stack.yml",
        ".pre-commit-config.yaml",
    ]


def test_nothing_else_is_called() -> None:
    assert {tuple(words[:2]) for words in COMMANDS} == {
        *((("make"), target) for target in ("lint", "check", "smoke")),
        *(("pulumi", command) for command in ("install", "preview", "up", "stack")),
        ("-m", "ruff"),
        ("-m", "pyright"),
        ("-m", "sluice"),
    }


def test_every_target_of_make_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {words[0] for words in called("make")} <= set(targets)


def test_every_command_of_sluice_and_its_stack_exist() -> None:
    for name, *rest in called("-m", "sluice"):
        command = cli.get_command(click.Context(cli), name)
        assert command
        made = command.make_context(name, rest)
        assert made.params["stack"] in stacks()


def test_each_stack_is_previewed_when_its_settings_change() -> None:
    watched = {hook["files"] for hook in HOOKS if "preview" in hook["entry"]}
    for stack in ("dev", "staging", "prod"):
        assert rf"^(pipelines|Pulumi\.{stack})\.yaml$" in watched
        assert ["--stack", stack] in called("-m", "sluice", "preview")
    assert len(watched) == 3


def test_every_preview_and_every_deployment_asks_the_policy_pack() -> None:
    asked = called("pulumi", "preview") + called("pulumi", "up")
    assert len(asked) == 2
    for words in asked:
        assert (ROOT / words[words.index("--policy-pack") + 1] / "PulumiPolicy.yaml").is_file()


def test_stacks_are_deployed_one_after_the_other() -> None:
    deployed = {name: job for name, job in JOBS.items() if job.get("with", {}).get("command") == "up"}
    assert [(job["with"]["stack"], job["needs"]) for job in deployed.values()] == [
        ("dev", "check"),
        ("staging", "dev"),
        ("prod", "staging"),
    ]
    assert JOBS[".github/workflows/pipelines.yml:dev"]["if"] == "github.event_name == 'push'"


def test_a_called_workflow_exists_and_gets_what_it_asks_for() -> None:
    for job in JOBS.values():
        if "uses" in job:
            path = job["uses"].removeprefix("./")
            inputs = WORKFLOWS[path][True]["workflow_call"]["inputs"]  # YAML reads `on` as true
            assert job["with"].keys() == inputs.keys()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_no_rights_but_those_of_its_jobs(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}


def test_jobs_read_and_only_those_with_an_environment_get_a_token() -> None:
    for name, job in JOBS.items():
        bound = "environment" in job or "environment" in job.get("with", {})
        assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if bound else {})}, name


def test_credentials_are_short_lived_and_nothing_is_a_secret() -> None:
    (given,) = [step["with"] for step in STEPS if "configure-aws-credentials" in step.get("uses", "")]
    assert given == {
        "role-to-assume": "${{ vars.AWS_ROLE }}",
        "aws-region": "${{ vars.AWS_REGION }}",
        "role-duration-seconds": 3600,
    }
    assert "secrets." not in "".join(path.read_text() for path in FOLDER.glob(".github/**/*.yml"))


def test_an_expression_reaches_no_shell() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []


def test_actions_are_pinned_to_commits_and_keep_no_token() -> None:
    used = [step for step in STEPS if "uses" in step]
    assert [step["uses"] for step in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])] == []
    checkouts = [step for step in used if step["uses"].startswith("actions/checkout@")]
    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}] * 2


def test_the_bot_finds_every_file_that_has_hashes() -> None:
    updates = FILES[".github/dependabot.yml"]["updates"]
    pip = [update for update in updates if update["package-ecosystem"] == "pip"]
    folders = [folder for update in pip for folder in update.get("directories", [update.get("directory")])]
    assert folders == ["/", "/handlers/*"]
    for name in ("requirements.txt", "requirements-cloud.txt", "requirements-dev.txt", "requirements-bench.txt"):
        assert "--hash=sha256:" in (ROOT / name).read_text()
    assert all(update["allow"] == [{"dependency-type": "all"}] for update in pip)  # what others need, too


def test_tools_of_hooks_are_locked() -> None:
    locked = (ROOT / "requirements-dev.txt").read_text()
    for module in {words[1] for words in COMMANDS if words[0] == "-m"} - {"sluice"}:
        assert re.search(rf"^{module}==", locked, re.MULTILINE)


def test_the_role_trusts_one_environment_of_one_repository() -> None:
    (policy,) = [json.loads(block.body) for block in blocks((FOLDER / "README.md").read_text()) if block.info == "json"]
    (statement,) = policy["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    ((kind, condition),) = statement["Condition"].items()
    assert kind == "StringEquals"
    assert {key.rpartition(":")[2] for key in condition} == {"aud", "sub"}
    assert not any("*" in value for value in condition.values())


def test_what_is_copied_is_there() -> None:
    (copying,) = [line for line in (FOLDER / "README.md").read_text().splitlines() if line.startswith("cp ")]
    for name in shlex.split(copying)[2:-1]:
        assert Path(ROOT, name).exists()
