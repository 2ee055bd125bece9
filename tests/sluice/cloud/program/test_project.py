"""Programs as others have them: what their `Pulumi.yaml` says is heeded as Pulumi heeds it."""

import sys
from pathlib import Path

import pytest

from sluice.cloud.program import execution, project
from sluice.cloud.program.project import ProgramError
from sluice.cloud.program.recording import Recorder

PROJECT = "name: shop\nruntime: python\n"
SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def a_project(folder, project=PROJECT, settings="config: {}\n", **files):
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "Pulumi.test.yaml").write_text(settings)
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(root):
    return execution.run("test", Recorder("eu-north-1"), root=root)


def test_a_program_lies_where_main_says(tmp_path):
    main = "import pulumi, beside\npulumi.export('found', beside.FOUND)\n"
    root = a_project(tmp_path, f"{PROJECT}main: src\n", src__beside="FOUND = 'here'\n")
    (root / "src/__main__.py").write_text(main)
    assert run(root) == {"found": "here"}


def test_a_program_runs_in_its_folder_and_the_working_directory_is_as_before(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    root = a_project(tmp_path)
    (root / "text.txt").write_text("read")
    (root / "__main__.py").write_text(
        "import pathlib, pulumi\npulumi.export('text', pathlib.Path('text.txt').read_text())\n"
    )
    assert run(root) == {"text": "read"}
    assert Path.cwd() == elsewhere


def test_packages_of_its_virtual_environment_are_found_and_forgotten(tmp_path):
    runtime = "name: shop\nruntime: {name: python, options: {virtualenv: venv}}\n"
    root = a_project(tmp_path, runtime)
    (root / "venv" / SITE).mkdir(parents=True)
    (root / "venv" / SITE / "only_there.py").write_text("NAME = 'theirs'\n")
    (root / "__main__.py").write_text("import pulumi, only_there\npulumi.export('name', only_there.NAME)\n")
    before = list(sys.path)
    assert run(root) == {"name": "theirs"}
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: shop\nruntime: nodejs\n", "the runtime is nodejs, and only Python programs are run here"),
        ("runtime: python\n", "Pulumi.yaml has no name"),
        ("name: shop\nmain: src\n", "there is no program .*src"),
    ],
)
def test_what_cannot_be_run_is_refused_by_what_the_file_says(tmp_path, text, said):
    with pytest.raises(ProgramError, match=said):
        run(a_project(tmp_path, text))


def test_a_folder_without_a_program_is_named(tmp_path):
    (tmp_path / "Pulumi.test.yaml").write_text("config: {}\n")
    with pytest.raises(ProgramError, match=f"{tmp_path} has no Pulumi.yaml: name the folder of a Pulumi program"):
        run(tmp_path)


def test_settings_are_declared_in_any_of_pulumis_forms(tmp_path):
    declared = (
        "config:\n  size: {type: integer, default: 3}\n  aws:region: {value: eu-north-1}\n  shop:name: x\n  y: {}\n"
    )
    assert project.configuration("test", a_project(tmp_path, PROJECT + declared)) == {
        "shop:size": "3",
        "aws:region": "eu-north-1",
        "shop:name": "x",
    }


def test_a_secret_is_refused_by_name(tmp_path):
    root = a_project(tmp_path, settings="config: {shop:key: {secure: v1:abc}}\n")
    with pytest.raises(ProgramError, match=r"Pulumi\.test\.yaml: shop:key is a secret, which only Pulumi can read"):
        project.configuration("test", root)


def test_a_project_without_stack_files_is_told(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    with pytest.raises(ProgramError, match=r"there is no Pulumi\.local\.yaml; there are none"):
        project.configuration("local", tmp_path)
