"""`python -m sluice` where something is missing: D10 of the cases."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sluice.cloud.program.execution import ROOT

WAY_OUT = "run `make setup`, then this again"


@pytest.fixture
def fresh(tmp_path):
    """A checkout without `.venv`."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("sluice", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def run_bare(folder, *arguments, path=""):
    """Runs a command without what is installed beside Python."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "sluice", *arguments],
        cwd=folder, env={"PYTHONPATH": str(path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["outbox"], ["up"], ["--help"]])
def test_without_the_venv_it_says_how_to_get_one(fresh, arguments):
    ended = run_bare(fresh, *arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Error: {sys.executable} does not have the module click: {WAY_OUT}\n"


def test_the_tool_without_its_extra_says_which_install_has_it(fresh):
    (fresh / "pyproject.toml").unlink()
    ended = run_bare(fresh, "up")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"Error: {sys.executable} does not have the module click: install the tool with its extra: "
        "python -m pip install 'sluice-pipelines[cloud]'\n"
    )


def test_a_checkout_that_has_a_venv_uses_it_unasked(fresh):
    (fresh / ".venv").symlink_to(Path(sys.prefix))
    ended = run_bare(fresh, "outbox", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Usage: python -m sluice outbox")


def test_a_venv_that_lacks_something_itself_is_not_asked_again(fresh):
    (fresh / ".venv" / "bin").mkdir(parents=True)
    python = fresh / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -c "$CODE"\n')
    python.chmod(0o755)
    code = f"import runpy, sys; sys.prefix = {str(fresh / '.venv')!r}; runpy.run_module('sluice', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "sluice", "outbox"],
        cwd=fresh, env={"CODE": code}, capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.endswith(f" does not have the module click: {WAY_OUT}\n")


def test_with_a_part_of_it_too(fresh, tmp_path):
    click = Path(find_spec("click").origin).parent
    (tmp_path / "click").symlink_to(click)
    ended = run_bare(fresh, "outbox", path=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Error: {sys.executable} does not have the module rich: {WAY_OUT}\n"


def test_what_is_missing_of_sluice_itself_is_not_hidden(tmp_path):
    (tmp_path / "sluice").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (tmp_path / "sluice" / name).write_bytes((ROOT / "sluice" / name).read_bytes())
    ended = run_bare(tmp_path)
    assert ended.returncode == 1
    assert "No module named 'sluice.cli'" in ended.stderr


def test_an_older_python_is_told(fresh):
    code = "import runpy, sys; sys.version_info = (3, 10, 1); runpy.run_module('sluice', run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", code], cwd=fresh, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Error: Sluice needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {WAY_OUT}\n"
    )


def test_ctrl_c_before_there_is_a_command_is_one_line(fresh, tmp_path):
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")  # as it comes while the commands are loaded
    ended = run_bare(fresh, "status", path=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Interrupted.\n")


def test_nothing_is_imported_before_ctrl_c_is_heard():
    script = (
        "import os, sys; known = set(sys.modules); import sluice.__main__; print(*sorted(set(sys.modules) - known))"
    )
    ended = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["sluice", "sluice.__main__"]
